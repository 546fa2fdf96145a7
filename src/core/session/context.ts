import type { DataPlane } from './data/data-streams.js';
import type { FetchTable } from './fetch/fetch-table.js';
import type { LegacyNamespaces } from './namespaces/legacy-namespaces.js';
import type { NamespacePrefixes } from './namespaces/namespace-prefixes.js';
import type { RequestChannel } from './requests/exchange.js';
import type { SessionCore } from './session-core.js';
import type { Publications } from './tracks/publications.js';
import type { Subscriptions } from './tracks/subscriptions.js';

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
