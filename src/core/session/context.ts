import type { DataPlane } from './data-streams.js';
import type { RequestChannel } from './exchange.js';
import type { FetchTable } from './fetch-table.js';
import type { LegacyNamespaces } from './legacy-namespaces.js';
import type { NamespacePrefixes } from './namespace-prefixes.js';
import type { Publications } from './publications.js';
import type { SessionCore } from './session-core.js';
import type { Subscriptions } from './subscriptions.js';

/** The parts of a session, for those that need one another. */
export interface SessionContext {
  readonly core: SessionCore;
  readonly channel: RequestChannel;
  readonly data: DataPlane;
  readonly publications: Publications;
  readonly subscriptions: Subscriptions;
  readonly fetches: FetchTable;
  readonly prefixes: NamespacePrefixes;
  readonly legacyNamespaces: LegacyNamespaces;
}
