import { MoqtError } from '../errors/moqt-error.js';
import type {
  EndReason,
  GapExtent,
  RecordForwarding,
  RecordOrigin,
  RecordProperty,
  RecordStatus,
  TrackRecord,
} from '../records/object-record.js';
import { concatBytes, fromBase64, fromHex, fromUtf8, utf8 } from '../util/bytes.js';
import { RECORD_VERSION } from './jsonl.js';

const MAX_INTEGER = (1n << 64n) - 1n;
const HEAD = ['v', 'kind', 'namespace', 'track', 'receivedAt'];
const FORWARDINGS: readonly RecordForwarding[] = ['subgroup', 'datagram'];
const STATUSES: readonly RecordStatus[] = ['normal', 'does-not-exist', 'end-of-group', 'end-of-track'];
const REASONS: readonly EndReason[] = ['track', 'count', 'time', 'stopped', 'failed'];

/**
 * The record that a line of JSON says, or null for a line of white space. `namespace`, `track` and `receivedAt` may be
 * absent, since who publishes gives its own; every other field must be there, and no further ones. Throws MOQT_E_USAGE that
 * names the line (counted from 1) and the field.
 */
export function parseRecord(line: Uint8Array, lineNumber: number): TrackRecord | null {
  const text = fromUtf8(line);
  if (text === null) throw badLine(lineNumber, 'is not UTF-8');
  if (text.trim() === '') return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badLine(lineNumber, 'is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw badLine(lineNumber, 'is not a JSON object');
  return new FieldReader(json as Readonly<Record<string, unknown>>, lineNumber).record();
}

/** Reads the fields of one record, and remembers which there may be. */
class FieldReader {
  constructor(
    private readonly json: Readonly<Record<string, unknown>>,
    private readonly line: number,
  ) {}

  record(): TrackRecord {
    if (this.json.v !== RECORD_VERSION) throw this.bad('v', `must be ${RECORD_VERSION}`);
    const kind = this.choice('kind', ['object', 'gap', 'end'] as const);
    const origin: RecordOrigin = {
      namespace: this.has('namespace') ? this.names('namespace') : [],
      track: this.has('track') ? this.name('track', this.json.track) : new Uint8Array(0),
      receivedAt: this.has('receivedAt') ? this.time('receivedAt') : null,
    };
    if (kind === 'object') return this.object(origin);
    if (kind === 'gap') return { ...origin, kind, ...this.gap() };
    this.only('why');
    return { ...origin, kind, why: this.choice('why', REASONS) };
  }

  private object(origin: RecordOrigin): TrackRecord {
    this.only('group', 'subgroup', 'object', 'priority', 'forwarding', 'status', 'properties', 'encoding', 'payload');
    const forwarding = this.choice('forwarding', FORWARDINGS);
    const subgroup = this.optionalInteger('subgroup');
    if (forwarding === 'datagram' && subgroup !== null) throw this.bad('subgroup', 'must be null for a datagram');
    if (forwarding === 'subgroup' && subgroup === null)
      throw this.bad('subgroup', 'must not be null but for a datagram');
    const status = this.choice('status', STATUSES);
    const payload = this.payload();
    if (status !== 'normal' && payload.length > 0) throw this.bad('payload', `must be empty with status ${status}`);
    return {
      ...origin,
      kind: 'object',
      group: this.integer('group'),
      subgroup,
      object: this.integer('object'),
      priority: this.priority(),
      forwarding,
      status,
      properties: this.properties(),
      payload,
    };
  }

  private gap(): GapExtent {
    const what = this.choice('what', ['groups', 'objects', 'stream', 'streams'] as const);
    switch (what) {
      case 'groups':
        this.only('what', 'group', 'lastGroup');
        return { what, firstGroup: this.integer('group'), lastGroup: this.atLeast('lastGroup', 'group') };
      case 'objects':
        this.only('what', 'group', 'object', 'lastObject');
        return {
          what,
          group: this.integer('group'),
          firstObject: this.integer('object'),
          lastObject: this.atLeast('lastObject', 'object'),
        };
      case 'stream': {
        this.only('what', 'group', 'subgroup', 'code');
        const extent = { what, group: this.integer('group'), subgroup: this.optionalInteger('subgroup') };
        return this.has('code') ? { ...extent, code: this.integer('code') } : extent;
      }
      case 'streams':
        this.only('what', 'count');
        return { what, count: this.integer('count') };
    }
  }

  private has(name: string): boolean {
    return Object.hasOwn(this.json, name);
  }

  /** Refuses fields beside those of every record and these. */
  private only(...names: readonly string[]): void {
    for (const name of Object.keys(this.json)) {
      if (!HEAD.includes(name) && !names.includes(name)) throw this.bad(name, 'is not known here');
    }
  }

  private required(name: string): unknown {
    if (!this.has(name)) throw this.bad(name, 'is missing');
    return this.json[name];
  }

  private text(name: string): string {
    const value = this.required(name);
    if (typeof value !== 'string') throw this.bad(name, 'must be a string');
    return value;
  }

  private choice<T extends string>(name: string, values: readonly T[]): T {
    const value = this.required(name);
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.bad(name, `must be one of ${values.join(' ')}`);
    return found;
  }

  private integer(name: string): bigint {
    return this.toInteger(name, this.required(name));
  }

  private optionalInteger(name: string): bigint | null {
    return this.required(name) === null ? null : this.integer(name);
  }

  private atLeast(name: string, other: string): bigint {
    const value = this.integer(name);
    if (value < this.integer(other)) throw this.bad(name, `must not be below ${other}`);
    return value;
  }

  private toInteger(name: string, value: unknown): bigint {
    if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value) || BigInt(value) > MAX_INTEGER) {
      throw this.bad(name, 'must be an unsigned integer of at most 64 bits as a decimal string');
    }
    return BigInt(value);
  }

  private priority(): number {
    const value = this.required('priority');
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) {
      throw this.bad('priority', 'must be a number from 0 to 255');
    }
    return value;
  }

  private properties(): RecordProperty[] {
    const list = this.required('properties');
    if (!Array.isArray(list)) throw this.bad('properties', 'must be a list');
    return list.map((item: unknown, i) => this.property(`properties[${i}]`, item));
  }

  private property(name: string, item: unknown): RecordProperty {
    if (typeof item !== 'object' || item === null || Object.keys(item).sort().join() !== 'type,value') {
      throw this.bad(name, 'must be an object with type and value');
    }
    const { type: typeText, value } = item as { type: unknown; value: unknown };
    if (typeof typeText !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(typeText)) {
      throw this.bad(`${name}.type`, 'must be a hex string of at most 64 bits, such as "0x3c"');
    }
    const type = BigInt(typeText);
    if ((type & 1n) === 0n) return { type, value: this.toInteger(`${name}.value`, value) };
    const bytes = typeof value === 'string' ? fromHex(value) : null;
    if (bytes === null) throw this.bad(`${name}.value`, 'must be a string of hex digits, since the type is odd');
    return { type, value: bytes };
  }

  private payload(): Uint8Array {
    const encoding = this.choice('encoding', ['utf8', 'base64'] as const);
    const text = this.text('payload');
    if (encoding === 'utf8') {
      if (!isWellFormed(text)) throw this.bad('payload', 'has a lone surrogate, which UTF-8 cannot carry');
      return utf8(text);
    }
    const bytes = fromBase64(text);
    if (bytes === null) throw this.bad('payload', 'must be base64');
    return bytes;
  }

  private names(name: string): Uint8Array[] {
    const list = this.json[name];
    if (!Array.isArray(list)) throw this.bad(name, 'must be a list of strings');
    return list.map((item: unknown, i) => this.name(`${name}[${i}]`, item));
  }

  private name(name: string, value: unknown): Uint8Array {
    if (typeof value !== 'string' || !isWellFormed(value)) throw this.bad(name, 'must be a string');
    const parts = value.split(/(%[0-9a-f]{2})/i).map((part) => {
      if (/^%[0-9a-f]{2}$/i.test(part)) return Uint8Array.of(Number.parseInt(part.slice(1), 16));
      if (part.includes('%')) throw this.bad(name, 'has a % without two hex digits behind it');
      return utf8(part);
    });
    return concatBytes(parts);
  }

  private time(name: string): number {
    const text = this.text(name);
    const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
    const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
    if (Number.isNaN(seconds)) throw this.bad(name, 'must be a time as RFC 3339 writes it');
    return seconds + Number(`0.${match?.[2] ?? 0}`) * 1000;
  }

  private bad(field: string, problem: string): MoqtError {
    return badLine(this.line, `${JSON.stringify(field)} ${problem}`);
  }
}

function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function badLine(line: number, problem: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `line ${line}: ${problem}`, {
    stage: 'io',
    cause: 'jsonl.record',
    hint: 'each line is one record as `moqt subscribe --frame jsonl` writes it',
  });
}
