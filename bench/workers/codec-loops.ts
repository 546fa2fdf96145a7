import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../../src/core/wire/subgroup.js';

export interface LoopOptions {
  /** `ours`, or the least that has to be done. */
  readonly arm: 'ours' | 'floor';
  readonly objects: number;
  readonly payload: number;
  readonly draft: string;
}

const OBJECTS_PER_CHUNK = 64;
const LIMITS = { maxObjectBytes: 1 << 24, maxPropertiesBytes: 1 << 16 };

/** Decodes so many objects in memory; how many instructions that takes is counted from outside. */
export function decodeLoop(options: LoopOptions): void {
  const { header, body } = streamOf(options);
  const rounds = options.objects / OBJECTS_PER_CHUNK;
  let bytes = 0;
  if (options.arm === 'ours') {
    const profile = profileOf(options.draft);
    const decoder = new SubgroupDecoder(profile, LIMITS);
    decoder.push(header);
    for (let i = 0; i < rounds; i++) for (const fragment of decoder.push(body)) bytes += fragment.bytes.length;
  } else {
    for (let i = 0; i < rounds; i++) bytes += floorDecode(body);
  }
  if (bytes !== options.objects * options.payload) throw new Error(`decoded ${bytes} bytes`);
}

/** Encodes so many object headers. */
export function encodeLoop(options: LoopOptions): void {
  const payload = new Uint8Array(options.payload);
  let bytes = 0;
  if (options.arm === 'ours') {
    const encoder = new SubgroupEncoder(profileOf(options.draft), { hasProperties: false });
    for (let i = 0; i < options.objects; i++) {
      bytes += encoder.objectHeader({ object: BigInt(i) }, payload.length).length;
    }
  } else {
    // Three varints, and the one copy of a payload that the library makes anyway.
    const target = new Uint8Array(64 + options.payload);
    for (let i = 0; i < options.objects; i++) {
      let at = putVarint(target, 0, 0);
      at = putVarint(target, at, options.payload);
      at = putVarint(target, at, i & 0x3f);
      target.set(payload, at);
      bytes += at;
    }
  }
  if (bytes === 0) throw new Error('nothing was encoded');
}

/** A stream header, and a piece of stream that holds whole objects and can be repeated. */
function streamOf({ draft, payload }: LoopOptions): { header: Uint8Array; body: Uint8Array } {
  const profile = profileOf(draft);
  const header = encodeSubgroupHeader(profile, {
    trackAlias: 1n,
    group: 0n,
    subgroup: 0n,
    priority: 128,
    hasProperties: false,
    endOfGroup: false,
    firstObject: false,
  });
  const encoder = new SubgroupEncoder(profile, { hasProperties: false });
  const parts: Uint8Array[] = [];
  for (let i = 0; i < OBJECTS_PER_CHUNK; i++) {
    parts.push(encoder.objectHeader({ object: BigInt(i) }, payload), new Uint8Array(payload));
  }
  return { header, body: Buffer.concat(parts) };
}

function profileOf(draft: string) {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no draft ${draft}`);
  return profile;
}

/** Two varints of the header and a third for good measure (an extensions length), then a view of the payload. */
function floorDecode(body: Uint8Array): number {
  let bytes = 0;
  for (let at = 0; at < body.length; ) {
    const [delta, afterDelta] = [body[at] as number, at + 1];
    const first = body[afterDelta] as number;
    let length = first;
    at = afterDelta + 1;
    if (first >= 0x80) {
      length = ((first & 0x3f) << 8) | (body[at] as number);
      at++;
    }
    const view = new Uint8Array(body.buffer, body.byteOffset + at, length);
    bytes += view.length + delta * 0;
    at += length;
  }
  return bytes;
}

function putVarint(target: Uint8Array, at: number, value: number): number {
  if (value < 0x40) {
    target[at] = value;
    return at + 1;
  }
  target[at] = 0x40 | (value >> 8);
  target[at + 1] = value;
  return at + 2;
}
