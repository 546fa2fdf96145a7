// What arrived in the last half minute, for the pictures.

export const WINDOW_MS = 30_000;
const BIN_MS = 500;
const MAX_POINTS = 4000;

/** What arrived in the last half minute, for the pictures. */
export class Arrivals {
  /** Objects and bytes by half second. @type {Map<number, { objects: number, bytes: number }>} */
  #bins = new Map();
  /** At most MAX_POINTS of them. @type {{ at: number, ms: number }[]} */
  points = [];

  /**
   * @param {number} at
   * @param {number} bytes
   * @param {number | null} ms its latency
   */
  add(at, bytes, ms) {
    const key = Math.floor(at / BIN_MS);
    const bin = this.#bins.get(key) ?? { objects: 0, bytes: 0 };
    bin.objects++;
    bin.bytes += bytes;
    this.#bins.set(key, bin);
    if (ms !== null) this.points.push({ at, ms });
  }

  /** @param {number} time */
  forget(time) {
    for (const key of this.#bins.keys()) if ((key + 1) * BIN_MS < time - WINDOW_MS) this.#bins.delete(key);
    const from = this.points.findIndex(({ at }) => at >= time - WINDOW_MS);
    this.points.splice(0, Math.max(from === -1 ? this.points.length : from, this.points.length - MAX_POINTS));
  }

  /**
   * Per second, in whole bins, the oldest first; the one under way is left out.
   * @param {number} time
   */
  rates(time) {
    const last = Math.floor(time / BIN_MS);
    return Array.from({ length: WINDOW_MS / BIN_MS }, (_, i) => {
      const bin = this.#bins.get(last - WINDOW_MS / BIN_MS + i);
      return { objects: ((bin?.objects ?? 0) * 1000) / BIN_MS, bytes: ((bin?.bytes ?? 0) * 1000) / BIN_MS };
    });
  }
}

/**
 * When its publisher says that an object was made, ms; null when it does not say.
 * @param {Uint8Array} bytes
 */
export function madeAt(bytes) {
  const head = new TextDecoder().decode(bytes.subarray(0, 64));
  // The comment of a picture of ours, a time as in RFC 3339, or nanoseconds since the epoch.
  const comment = bytes[0] === 0xff && bytes[1] === 0xd8 ? /moqt (\d+(?:\.\d+)?)/.exec(head) : null;
  if (comment) return Number(comment[1]);
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z/.exec(head);
  if (time) return Date.parse(`${time[1]}Z`) + Number(`0${time[2] ?? ''}`) * 1000;
  const nanos = /^(\d{19})\b/.exec(head);
  return nanos ? Number(nanos[1]) / 1e6 : null;
}
