import type { RecvStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import { concatBytes } from '../../util/bytes.js';
import { ByteReader } from '../../wire/reader.js';
import { WireError } from '../../wire/wire-error.js';
import { codeFor, nameCode } from '../codes.js';
import type { FetchRouter } from '../data/data-streams.js';
import type { RequestChannel } from '../requests/exchange.js';
import type { SessionCore } from '../session-core.js';
import type { FetchRequest } from './fetch-request.js';

/** FETCH requests of ours by Request ID, and the streams that answer them. */
export class FetchTable implements FetchRouter {
  readonly #requests = new Map<bigint, FetchRequest>();
  #channel: RequestChannel | null = null;

  constructor(private readonly core: SessionCore) {}

  bind(channel: RequestChannel): void {
    this.#channel = channel;
  }

  add(request: FetchRequest): void {
    this.#requests.set(request.requestId, request);
  }

  delete(request: FetchRequest): void {
    if (this.#requests.get(request.requestId) === request) this.#requests.delete(request.requestId);
  }

  onFetchStream(stream: RecvStream, bytes: Uint8Array): void {
    void this.#route(stream, bytes).catch((error) => {
      if (error instanceof WireError) this.core.failWith(error);
      else {
        this.core.count('stream-reset-before-header');
        if (error instanceof StreamReset) this.#lost(error, true);
      }
    });
  }

  onUnknownReset(code: bigint): void {
    // No other stream is reset with it (draft-18 §10.12.3). Any other code may be that of a subgroup's stream, or of padding,
    // which may be cancelled without a meaning (draft-18 §11.5.1).
    const { name } = nameCode(this.core.profile, 'stream-reset', code);
    this.#lost(new StreamReset(code), name === 'UNKNOWN_OBJECT_STATUS');
  }

  /** A stream that may have been the answer to a FETCH, or was one, and does not say to which. */
  #lost(reset: StreamReset, isFetch: boolean): void {
    const waiting = [...this.#requests.values()].filter(({ awaitsStream }) => awaitsStream);
    for (const request of waiting) request.onLostStream(reset, isFetch && waiting.length === 1);
  }

  async #route(stream: RecvStream, firstBytes: Uint8Array): Promise<void> {
    let bytes = firstBytes;
    let requestId = this.#requestId(bytes);
    while (requestId === null) {
      const chunk = await stream.read();
      if (chunk === null) throw new WireError('a FETCH stream ended within its header');
      bytes = concatBytes([bytes, chunk]);
      requestId = this.#requestId(bytes);
    }
    const request = this.#requests.get(requestId);
    if (request !== undefined) {
      if (!request.attach(stream, bytes)) {
        this.core.fail('PROTOCOL_VIOLATION', `a second stream answers FETCH ${requestId}`);
      }
    } else if (this.#channel?.wasIssued(requestId)) {
      this.core.count('late-stream');
      stream.stop(codeFor(this.core.profile, 'stream-reset', 'CANCELLED').code);
    } else this.core.fail('PROTOCOL_VIOLATION', `a FETCH stream for Request ID ${requestId}, which never existed`);
  }

  #requestId(bytes: Uint8Array): bigint | null {
    const reader = new ByteReader(this.core.profile.varint, bytes);
    try {
      reader.varint();
      return reader.bigVarint();
    } catch (error) {
      if (error instanceof WireError && error.incomplete) return null;
      throw error;
    }
  }
}
