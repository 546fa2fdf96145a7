import type { DraftCodecs, MessageSpec } from '../control/layout.js';
import { MessageLayout } from '../control/layout.js';
import { type NamespaceRules, namespaceTuple } from '../control/names.js';
import { type PairDefinition, type PairListRules, pairList } from '../control/pairs.js';
import type { DataDefinition } from '../data-layout.js';
import type { ControlMessageType, RequestKind } from '../messages/control-message.js';
import type { CodeSpace, CodeTable, ControlTables, DraftFeatures, DraftProfile } from '../profile.js';
import type { VarintCodec } from '../varint.js';
import { type Codes, createCodeTable } from './code-table.js';

/** A list of pairs: which a draft defines, and how it writes them. */
export interface PairListDefinition {
  readonly definitions: readonly PairDefinition[];
  readonly rules: PairListRules;
}

/** Where a message differs per request, its key is `TYPE:REQUEST`. */
export type MessageKey = ControlMessageType | `REQUEST_OK:${RequestKind}` | `REQUEST_ERROR:${RequestKind}`;
export type MessageSpecs = Readonly<Partial<Record<MessageKey, MessageSpec>>>;

/** What a draft file states: plain data, so that the next draft is this one with some entries replaced. */
export interface DraftDefinition {
  readonly draft: string;
  readonly alpn: string;
  readonly webtransportProtocol: string | null;
  readonly versionCode: bigint;
  readonly varint: VarintCodec;
  readonly features: DraftFeatures;
  readonly data: DataDefinition;
  readonly messages: MessageSpecs;
  readonly namespace: NamespaceRules;
  /** Prefixes and suffixes. */
  readonly partialNamespace: NamespaceRules;
  readonly parameters: PairListDefinition;
  readonly options: PairListDefinition;
  readonly trackProperties: PairListDefinition;
  readonly sessionCodes: Codes;
  /** The registry of request errors; `perRequest` replaces it for requests that have one of their own (14). */
  readonly requestErrorCodes: {
    readonly common: Codes;
    readonly perRequest?: Readonly<Partial<Record<RequestKind, Codes>>>;
    readonly neutral?: Readonly<Record<string, string>>;
  };
  readonly publishDoneCodes: Codes;
  readonly streamResetCodes: Codes;
  /** Where the draft defines them; in 14 per message. */
  readonly codeSections: Readonly<Record<CodeSpace, string>> & {
    readonly perRequest?: Readonly<Partial<Record<RequestKind, string>>>;
  };
  readonly greaseSection: string | null;
}

/** A copy of `record` without the given keys: for a draft that drops entries of its neighbour. */
export function without<T extends object, K extends keyof T>(record: T, ...keys: readonly K[]): Omit<T, K> {
  const copy = { ...record };
  for (const key of keys) delete copy[key];
  return copy;
}

export function createProfile(definition: DraftDefinition): DraftProfile {
  const control = createControlTables(definition);
  return {
    draft: definition.draft,
    alpn: definition.alpn,
    webtransportProtocol: definition.webtransportProtocol,
    versionCode: definition.versionCode,
    features: definition.features,
    varint: definition.varint,
    data: { ...definition.data, varints: definition.varint },
    control,
    codes: createCodeLookup(definition),
    codeSection: (space, message) => {
      const { perRequest } = definition.codeSections;
      const own = space === 'request-error' && message !== undefined ? perRequest?.[message] : undefined;
      return own ?? definition.codeSections[space];
    },
    greaseSection: definition.greaseSection,
    messageType: (type, request) => control.layout(type, request)?.id,
  };
}

function createCodeLookup(definition: DraftDefinition): DraftProfile['codes'] {
  const { common, perRequest = {}, neutral } = definition.requestErrorCodes;
  const requestErrors = createCodeTable(common, neutral);
  const requestErrorsOf = new Map<string, CodeTable>();
  for (const [request, codes] of Object.entries(perRequest)) {
    requestErrorsOf.set(request, createCodeTable(codes, neutral));
  }
  const tables: Record<Exclude<CodeSpace, 'request-error'>, CodeTable> = {
    session: createCodeTable(definition.sessionCodes),
    'publish-done': createCodeTable(definition.publishDoneCodes),
    'stream-reset': createCodeTable(definition.streamResetCodes),
  };
  return (space, message) => {
    if (space !== 'request-error') return tables[space];
    return (message === undefined ? undefined : requestErrorsOf.get(message)) ?? requestErrors;
  };
}

function createControlTables(definition: DraftDefinition): ControlTables {
  const { parameters, options, trackProperties } = definition;
  const codecs: DraftCodecs = {
    namespace: namespaceTuple(definition.namespace),
    partialNamespace: namespaceTuple(definition.partialNamespace),
    parameters: (message) => pairList(parameters.rules, parameters.definitions, message),
    options: pairList(options.rules, options.definitions, ''),
    trackProperties: pairList(trackProperties.rules, trackProperties.definitions, ''),
  };
  const byKey = new Map<string, MessageLayout>();
  const byId = new Map<bigint, MessageLayout>();
  const byView = new Map<string, MessageLayout>();
  for (const [key, spec] of Object.entries(definition.messages)) {
    const [type, request] = key.split(':') as [ControlMessageType, RequestKind | undefined];
    const layout = new MessageLayout(spec, type, request, codecs);
    byKey.set(key, layout);
    byId.set(layout.id, layout);
    byView.set(layout.view, layout);
  }
  return {
    parameters: parameters.definitions,
    options: options.definitions,
    trackProperties: trackProperties.definitions,
    layout: (type, request) => (request === undefined ? undefined : byKey.get(`${type}:${request}`)) ?? byKey.get(type),
    layoutById: (id) => byId.get(BigInt(id)),
    layoutByView: (view) => byView.get(view),
    layouts: () => byKey.values(),
  };
}
