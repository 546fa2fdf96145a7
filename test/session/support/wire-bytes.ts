import { utf8 } from '../../../src/core/util/bytes.js';
import type { DraftProfile } from '../../../src/core/wire/profile.js';
import { encodeSubgroupHeader, SubgroupEncoder } from '../../../src/core/wire/subgroup.js';

export interface SubgroupBytesOptions {
  readonly alias: bigint;
  readonly group?: bigint;
  readonly priority?: number | null;
}

/** A subgroup stream as a publisher would write it: the header, then one object per text. */
export function subgroupBytes(profile: DraftProfile, options: SubgroupBytesOptions, ...texts: string[]): Uint8Array {
  const { alias, group = 0n, priority = 128 } = options;
  const header = { hasProperties: false, endOfGroup: false, firstObject: false };
  const chunks = [encodeSubgroupHeader(profile, { ...header, trackAlias: alias, group, subgroup: 0n, priority })];
  const encoder = new SubgroupEncoder(profile, header);
  texts.forEach((text, i) => {
    const payload = utf8(text);
    chunks.push(encoder.objectHeader({ object: BigInt(i) }, payload.length), payload);
  });
  return Buffer.concat(chunks);
}
