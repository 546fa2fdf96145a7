const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One buffer with all chunks behind one another; a single chunk is returned as it is, not copied. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Lower-case hex without separators. */
export function toHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

/** Strict: an even number of hex digits of either case and nothing else, else null. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null;
  return copy(Buffer.from(text, 'hex'));
}

/** Standard alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/** Strict: canonical standard or URL-safe base64, with or without padding, else null. */
export function fromBase64(text: string): Uint8Array | null {
  const standard = text.replace(/-/g, '+').replace(/_/g, '/');
  const bare = standard.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || (bare.length !== standard.length && standard.length % 4 !== 0)) return null;
  const bytes = Buffer.from(bare, 'base64');
  // Node skips what does not fit; a round trip shows that nothing was skipped and no stray bits were set.
  return bytes.toString('base64').replace(/=+$/, '') === bare ? copy(bytes) : null;
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text, or null when the bytes are not well-formed UTF-8. A byte order mark is kept. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// Small Buffers share a pool with others; what leaves this module stands alone.
function copy(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
