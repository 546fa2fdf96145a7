import type { RecvStream } from '../../transport.js';
import { requestStreamPolicy } from './frames.js';
import { H3Error } from './h3-error.js';
import { TlvDecoder, type TlvEvent } from './tlv-decoder.js';

/** The frames of a request stream one by one: HEADERS whole, DATA in the pieces in which it comes. */
export class RequestReader {
  readonly #recv: RecvStream;
  readonly #frames = new TlvDecoder(requestStreamPolicy());
  #ready: TlvEvent[];

  /** `firstBytes` is what was read of the stream already. */
  constructor(recv: RecvStream, firstBytes: Uint8Array = new Uint8Array(0)) {
    this.#recv = recv;
    this.#ready = this.#frames.push(firstBytes);
  }

  /** The next frame or piece; null after FIN. Rejects with H3Error, StreamReset or SessionClosed. */
  async next(): Promise<TlvEvent | null> {
    for (;;) {
      const event = this.#ready.shift();
      if (event !== undefined) return event;
      const bytes = await this.#recv.read();
      if (bytes === null) {
        if (this.#frames.atBoundary) return null;
        // RFC 9114 §7.1: a frame cut short by the end of the stream.
        throw new H3Error('H3_FRAME_ERROR', 'the request stream ends inside a frame');
      }
      this.#ready = this.#frames.push(bytes);
    }
  }
}
