import { toHex } from './bytes.js';

/** A SHA-256 (FIPS 180-4) that is fed piece by piece. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Of everything so far; more may follow. */
  hex(): string;
}

/** Node's own where there is one, for its speed; elsewhere written out, because WebCrypto takes no pieces. */
export function createSha256(): Sha256 {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const crypto = process?.getBuiltinModule?.('crypto') as typeof import('node:crypto') | undefined;
  if (crypto === undefined) return new PortableSha256();
  const hash = crypto.createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.copy().digest('hex') };
}

const BLOCK_BYTES = 64;
const PRIMES = firstPrimes(64);
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)));
const ROUND_CONSTANTS = Int32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));

/** Without anything but the language. */
export class PortableSha256 implements Sha256 {
  readonly #state = INITIAL.slice();
  readonly #schedule = new Int32Array(64);
  /** The beginning of a block that is not whole yet. */
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #length = 0;

  update(bytes: Uint8Array): void {
    let at = 0;
    const begun = this.#length % BLOCK_BYTES;
    this.#length += bytes.length;
    if (begun > 0) {
      at = Math.min(BLOCK_BYTES - begun, bytes.length);
      this.#rest.set(bytes.subarray(0, at), begun);
      if (begun + at < BLOCK_BYTES) return;
      this.#compress(this.#rest, 0, this.#state);
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#compress(bytes, at, this.#state);
    this.#rest.set(bytes.subarray(at));
  }

  hex(): string {
    const begun = this.#length % BLOCK_BYTES;
    const tail = new Uint8Array(begun < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES);
    tail.set(this.#rest.subarray(0, begun));
    tail[begun] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(this.#length) * 8n);
    const state = this.#state.slice();
    for (let at = 0; at < tail.length; at += BLOCK_BYTES) this.#compress(tail, at, state);
    const digest = new DataView(new ArrayBuffer(32));
    for (let i = 0; i < 8; i++) digest.setInt32(4 * i, state[i] as number);
    return toHex(new Uint8Array(digest.buffer));
  }

  #compress(bytes: Uint8Array, offset: number, state: Int32Array): void {
    const w = this.#schedule;
    for (let i = 0; i < 16; i++) {
      const at = offset + 4 * i;
      w[i] =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number);
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
    let e = state[4] as number;
    let f = state[5] as number;
    let g = state[6] as number;
    let h = state[7] as number;
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const choice = (e & f) ^ (~e & g);
      const t1 = (h + s1 + choice + (ROUND_CONSTANTS[i] as number) + (w[i] as number)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + s0 + majority) | 0;
    }
    const sums = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) state[i] = ((state[i] as number) + (sums[i] as number)) | 0;
  }
}

function rotate(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

/** The first 32 bits behind the point. */
function fractionBits(x: number): number {
  return ((x - Math.floor(x)) * 2 ** 32) | 0;
}
