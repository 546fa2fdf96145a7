// What went through: counted, and kept for its hash as long as it is not too much.
import { hex, size } from './text.js';

const KEPT_BYTES = 128 * 1024 * 1024;

export class Payload {
  objects = 0;
  bytes = 0;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #chunks = [];

  /** @param {Uint8Array} chunk */
  add(chunk) {
    this.objects++;
    this.bytes += chunk.length;
    if (this.bytes <= KEPT_BYTES) this.#chunks.push(/** @type {Uint8Array<ArrayBuffer>} */ (chunk));
    else this.#chunks = [];
  }

  /** Null when it was too much to keep. */
  get blob() {
    return this.bytes > KEPT_BYTES ? null : new Blob(this.#chunks);
  }

  async sha256() {
    const { blob } = this;
    if (blob === null) return `not computed: more than ${size(KEPT_BYTES)}`;
    const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
    return hex(new Uint8Array(digest)).join('');
  }
}
