/** Tables for eight bytes at a time ("slicing by 8"): entry 256·n + b is what byte b does n bytes before the end. */
const TABLES = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  TABLES[byte] = crc;
}
for (let at = 256; at < TABLES.length; at++) {
  const before = TABLES[at - 256] as number;
  TABLES[at] = (before >>> 8) ^ (TABLES[before & 255] as number);
}

/** CRC-32 (IEEE 802.3) of `bytes` behind others whose sum is `previous`; unsigned. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const tables = TABLES;
  const whole = bytes.length & ~7;
  let crc = ~previous;
  let i = 0;
  for (; i < whole; i += 8) {
    crc =
      (tables[1792 + ((crc ^ (bytes[i] as number)) & 255)] as number) ^
      (tables[1536 + (((crc >>> 8) ^ (bytes[i + 1] as number)) & 255)] as number) ^
      (tables[1280 + (((crc >>> 16) ^ (bytes[i + 2] as number)) & 255)] as number) ^
      (tables[1024 + ((crc >>> 24) ^ (bytes[i + 3] as number))] as number) ^
      (tables[768 + (bytes[i + 4] as number)] as number) ^
      (tables[512 + (bytes[i + 5] as number)] as number) ^
      (tables[256 + (bytes[i + 6] as number)] as number) ^
      (tables[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}
