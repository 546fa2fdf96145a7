/** QUIC version 1 (RFC 9000). */
export const QUIC_V1 = 1;

/**
 * The versions in a Version Negotiation packet (RFC 9000 §17.2.1), or null when `bytes` is none. `ourId` and `theirId` are
 * the connection IDs that it must echo: an attacker who has not seen our packet cannot forge it.
 */
export function readVersionNegotiation(
  bytes: Uint8Array,
  ourId: Uint8Array,
  theirId: Uint8Array,
): readonly number[] | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 7 || ((view[0] as number) & 0x80) === 0 || view.readUInt32BE(1) !== 0) return null;
  let at = 5;
  const take = (): Buffer | null => {
    const length = view[at];
    if (length === undefined || at + 1 + length > view.length) return null;
    const id = view.subarray(at + 1, at + 1 + length);
    at += 1 + length;
    return id;
  };
  const destination = take();
  const source = take();
  if (destination === null || source === null) return null;
  if (!destination.equals(ourId) || !source.equals(theirId)) return null;
  const versions: number[] = [];
  for (; at + 4 <= view.length; at += 4) versions.push(view.readUInt32BE(at));
  return versions;
}

export function formatVersion(version: number): string {
  if ((version & 0x0f0f0f0f) === 0x0a0a0a0a) return 'a reserved one';
  if (version === 0x6b3343cf) return 'v2';
  if (version === QUIC_V1) return 'v1';
  const hex = `0x${version.toString(16).padStart(8, '0')}`;
  // Versions of the IETF's drafts are 0xff000000 plus their number; Google's are four characters.
  if (version >>> 8 === 0xff0000) return `draft-${version & 0xff} (${hex})`;
  const text = String.fromCharCode(version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff, version & 0xff);
  return /^[QT]0\d\d$/.test(text) ? `${text} (${hex})` : hex;
}
