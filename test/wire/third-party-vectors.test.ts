import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import { decodeView, type Json, type JsonObject } from '../../src/core/wire/view/index.js';
import { WireError } from '../../src/core/wire/wire-error.js';

/*
 * Vectors that are not part of this repository: they are read from MOQT_VECTORS, and their absence is said and counted.
 * They show parameters as an object by name, this project as a list in wire order.
 */

interface Vector {
  readonly id: string;
  readonly hex: string;
  readonly decoded?: JsonObject;
  readonly error?: string;
  /** False where the hex is not the shortest form. */
  readonly canonical?: boolean;
}

const ROOT = process.env.MOQT_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');
const EXPECTED_COUNTS: Readonly<Record<string, number>> = { '14': 117, '16': 94 };

/** Vectors on which a draft's text decides otherwise. */
const OVERRULED: Readonly<Record<string, string>> = {
  // draft-14 §9.29: SUBSCRIBE_NAMESPACE_OK is a Request ID and nothing else.
  '14 subscribe-namespace-ok basic': 'PROTOCOL_VIOLATION',
  // draft-14 §9.8: a Group Order of 0 in SUBSCRIBE_OK is a protocol error.
  '14 subscribe-ok no-content': 'PROTOCOL_VIOLATION',
  // draft-16 §1.4.2: types are deltas; 0x20 and then 0x22 is parameter 0x42, which is not defined.
  '16 publish-ok with-params': 'PROTOCOL_VIOLATION',
  // draft-16 §9.2: an unknown Message Parameter closes the session.
  '16 subscribe unknown-extension-param': 'PROTOCOL_VIOLATION',
};

function load(draft: string): [string, string, Vector][] {
  const directory = join(ROOT, `draft${draft}`, 'codec', 'messages');
  return readdirSync(directory)
    .sort()
    .flatMap((file) => {
      const { vectors } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as { vectors: Vector[] };
      return vectors.map((vector): [string, string, Vector] => [file.replace('.json', ''), vector.id, vector]);
    });
}

/** A list of pairs as an object by name, the unknown ones together under `unknown`. */
function byName(pairs: readonly JsonObject[]): JsonObject {
  const named: Record<string, Json> = {};
  const unknown: Json[] = [];
  for (const { type, name, value, raw_hex } of pairs) {
    if (typeof name === 'string') named[name] = value ?? raw_hex ?? null;
    else if (typeof raw_hex === 'string')
      unknown.push({ id: type ?? null, length: String(raw_hex.length / 2), raw_hex });
    else throw new Error(`an unknown pair with an integer value: ${String(type)}`);
  }
  return unknown.length === 0 ? named : { ...named, unknown };
}

function theirShape(decoded: JsonObject): JsonObject {
  const { message_type: _type, parameters, track_extensions, ...fields } = decoded;
  return {
    ...fields,
    ...(parameters === undefined ? {} : { parameters: byName(parameters as readonly JsonObject[]) }),
    ...(track_extensions === undefined ? {} : { track_extensions: byName(track_extensions as readonly JsonObject[]) }),
  };
}

function check(draft: string, message: string, { id, hex, decoded, error, canonical }: Vector): void {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no profile for draft ${draft}`);
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
  const overruled = OVERRULED[`${draft} ${message} ${id}`];
  if (overruled !== undefined) {
    expect(() => decodeView(profile, 'control', bytes)).toThrow(expect.objectContaining({ closeWith: overruled }));
  } else if (error !== undefined) {
    // They call a body that its length cuts short incomplete; for the drafts it is a violation. Both are refusals.
    expect(() => decodeView(profile, 'control', bytes)).toThrow(WireError);
  } else {
    const view = decodeView(profile, 'control', bytes);
    expect(theirShape(view.decoded)).toEqual(decoded);
    expect(view.rest).toBe(0);
    expect(Buffer.from(view.canonical).toString('hex') === hex).toBe(canonical ?? true);
  }
}

describe.each(['14', '16'])('third-party control vectors of draft %s', (draft) => {
  if (!existsSync(join(ROOT, `draft${draft}`))) {
    const count = EXPECTED_COUNTS[draft];
    console.warn(`SKIPPED: ${count} third-party vectors of draft ${draft}: not found in ${ROOT} (set MOQT_VECTORS)`);
    it.skip(`${count} vectors that are not in ${ROOT} (set MOQT_VECTORS)`, () => {});
    return;
  }
  const vectors = load(draft);

  it('are all there', () => {
    expect(vectors).toHaveLength(EXPECTED_COUNTS[draft] as number);
  });

  it.each(vectors)('%s: %s', (message, _id, vector) => check(draft, message, vector));
});
