import type { DataDefinition } from '../data-layout.js';
import type { ControlMessageType, RequestKind } from '../messages/control-message.js';
import type { CodeSpace, CodeTable, DraftFeatures, DraftProfile } from '../profile.js';
import type { VarintCodec } from '../varint.js';
import { type Codes, createCodeTable } from './code-table.js';

/**
 * What a draft file states: plain data, so that the next draft is this one with some entries replaced.
 * A message that differs per request has the key `TYPE:REQUEST`.
 */
export interface DraftDefinition {
  readonly draft: string;
  readonly alpn: string;
  readonly webtransportProtocol: string | null;
  readonly versionCode: bigint;
  readonly varint: VarintCodec;
  readonly features: DraftFeatures;
  readonly data: DataDefinition;
  readonly messageTypes: Readonly<Partial<Record<MessageKey, number>>>;
  readonly sessionCodes: Codes;
  /** The registry of request errors; `perRequest` replaces it for requests that have one of their own (14). */
  readonly requestErrorCodes: {
    readonly common: Codes;
    readonly perRequest?: Readonly<Partial<Record<RequestKind, Codes>>>;
    readonly neutral?: Readonly<Record<string, string>>;
  };
  readonly publishDoneCodes: Codes;
  readonly streamResetCodes: Codes;
}

export type MessageKey = ControlMessageType | `REQUEST_OK:${RequestKind}` | `REQUEST_ERROR:${RequestKind}`;

/** A copy of `record` without the given keys: for a draft that drops entries of its neighbour. */
export function without<T extends object, K extends keyof T>(record: T, ...keys: readonly K[]): Omit<T, K> {
  const copy = { ...record };
  for (const key of keys) delete copy[key];
  return copy;
}

export function createProfile(definition: DraftDefinition): DraftProfile {
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
  const types = definition.messageTypes;
  return {
    draft: definition.draft,
    alpn: definition.alpn,
    webtransportProtocol: definition.webtransportProtocol,
    versionCode: definition.versionCode,
    features: definition.features,
    varint: definition.varint,
    data: { ...definition.data, varints: definition.varint },
    codes(space, message) {
      if (space !== 'request-error') return tables[space];
      return (message === undefined ? undefined : requestErrorsOf.get(message)) ?? requestErrors;
    },
    messageType(type, request) {
      const own = request === undefined ? undefined : types[`${type}:${request}` as MessageKey];
      const number = own ?? types[type];
      return number === undefined ? undefined : BigInt(number);
    },
  };
}
