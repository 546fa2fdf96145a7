import { arrayFromJson, integerFromJson } from '../view/json.js';
import type { ValueCodec } from './value-codec.js';

/** No client offers more; every version has a byte or more, so a larger count is refused before it is counted out. */
const MAX_VERSIONS = 0xffff;

/** The versions that CLIENT_SETUP of 14 offers, behind their number. */
export const versionList: ValueCodec<readonly bigint[]> = {
  read(reader) {
    const count = reader.count(MAX_VERSIONS, 'the number of versions');
    const versions: bigint[] = [];
    for (let i = 0; i < count; i++) versions.push(reader.bigVarint());
    return versions;
  },
  write(writer, versions) {
    writer.varint(versions.length);
    for (const version of versions) writer.varint(version);
  },
  toJson: (versions) => versions.map(String),
  fromJson: (json, what) => arrayFromJson(json, what).map((entry, i) => integerFromJson(entry, `${what}[${i}]`)),
};
