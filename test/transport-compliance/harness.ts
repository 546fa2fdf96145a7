import type { BidiStream, RecvStream, SendStream, TransportSession } from '../../src/core/transport/transport.js';
import { concatBytes } from '../../src/core/util/bytes.js';
import { deferred } from '../../src/core/util/deferred.js';
import { soon, staysPending } from '../support/wait.js';

/** What one side of a connection allows the other. */
export interface SideLimits {
  readonly maxIncomingUni?: number;
  readonly maxIncomingBidi?: number;
  readonly streamWindow?: number;
  readonly connectionWindow?: number;
}

export interface ConnectedPair {
  readonly client: TransportSession;
  readonly server: TransportSession;
  /** Releases everything, however the sessions ended. */
  dispose(): Promise<void>;
}

/** What the suite needs to know of a transport. */
export interface TransportHarness {
  connect(limits?: { client?: SideLimits; server?: SideLimits }): Promise<ConnectedPair>;
  /** Largest code that streams and close carry. */
  readonly maxStreamCode: bigint;
  readonly maxCloseCode: bigint;
  /** What `delivered()` of a uni stream resolves with. */
  readonly uniDelivery: 'acknowledged' | 'handed-over';
  /**
   * False where STOP_SENDING can cost the credit of its stream for good, so that the transport sends only so many and
   * quietly reads further stopped streams to their end.
   */
  readonly everyStopArrives: boolean;
  /** Streams of the transport's own that count against the limits (HTTP/3's control stream, the CONNECT stream). */
  readonly reservedStreams: number;
  /** Bytes that may be under way beyond the receiver's stream window: queues in this process. */
  readonly sendBuffer: number;
  /** False where no stream opens without waiting, so that tryOpenUni gives none. */
  readonly opensAtOnce?: boolean;
  /** False where the transport knows of no packets. */
  readonly countsPackets?: boolean;
  /** False where one of the ends cannot tell where the other is, and numbers streams itself. */
  readonly sharesNames?: boolean;
  /** Cases that cannot pass with a foreign implementation, and what it is that it does; skipped aloud. */
  readonly broken?: readonly BrokenCase[];
}

export interface BrokenCase {
  /** Part of the case's full name, which begins with the acting role. */
  readonly name: string | RegExp;
  readonly reason: string;
}

/** Both ends by what they do in a test: each test runs with the client and with the server as `near`. */
export interface Ends {
  readonly near: TransportSession;
  readonly far: TransportSession;
}

export type Connect = (limits?: { near?: SideLimits; far?: SideLimits }) => Promise<Ends>;

/** A test body's view of the incoming side: streams in order of arrival, awaited one by one. */
export class Inbox<T> {
  readonly all: T[] = [];
  #taken = 0;
  #waiting = deferred();

  readonly add = (item: T): void => {
    this.all.push(item);
    this.#waiting.resolve();
    this.#waiting = deferred();
  };

  async next(what = 'something to arrive'): Promise<T> {
    while (this.#taken >= this.all.length) await soon(this.#waiting.promise, what);
    return this.all[this.#taken++] as T;
  }
}

export function uniInbox(session: TransportSession): Inbox<RecvStream> {
  const inbox = new Inbox<RecvStream>();
  session.onIncomingUni(inbox.add);
  return inbox;
}

/** Opens uni streams until no more can be opened, and writes a byte to each. */
export async function fillUniCredit(near: TransportSession, harness: TransportHarness): Promise<SendStream[]> {
  const open: SendStream[] = [];
  const begin = (stream: SendStream): void => {
    void stream.write(Uint8Array.of(0x78));
    open.push(stream);
  };
  for (let stream = near.tryOpenUni(); stream !== null; stream = near.tryOpenUni()) begin(stream);
  while (harness.opensAtOnce === false) {
    const controller = new AbortController();
    const opening = near.openUni({ signal: controller.signal });
    if (await staysPending(opening)) {
      controller.abort(new Error('no more'));
      await opening.catch(() => {});
      break;
    }
    begin(await opening);
  }
  return open;
}

export function bidiInbox(session: TransportSession): Inbox<BidiStream> {
  const inbox = new Inbox<BidiStream>();
  session.onIncomingBidi(inbox.add);
  return inbox;
}

export async function readAll(stream: RecvStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await soon(stream.read(), 'the next chunk or FIN');
    if (chunk === null) return plain(concatBytes(chunks));
    chunks.push(chunk);
  }
}

/** Reads until `length` bytes have come; fails on FIN. */
export async function readBytes(stream: RecvStream, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  while (have < length) {
    const chunk = await soon(stream.read(), `${length} bytes (${have} so far)`);
    if (chunk === null) throw new Error(`FIN after ${have} of ${length} bytes`);
    chunks.push(chunk);
    have += chunk.length;
  }
  return plain(concatBytes(chunks));
}

/** Writes all in pieces, waiting whenever the stream says so, and ends the stream. */
export async function writeAll(stream: SendStream, bytes: Uint8Array, piece = 64 * 1024): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    const wait = stream.write(bytes.subarray(at, at + piece));
    if (wait !== undefined) await soon(wait, 'room to write');
  }
  stream.end();
}

/**
 * Writes until the stream asks to wait and nothing but a reader can end the wait; gives what was written and the promise
 * that is pending. A transport may take some bytes on its own (the beginning of a stream says whose it is), so one wait
 * that ends proves nothing yet; `limit` bounds how many.
 */
export async function writeUntilBlocked(
  stream: SendStream,
  chunk: Uint8Array,
  limit: number,
): Promise<{ written: number; blocked: Promise<void> }> {
  let written = 0;
  while (written < limit) {
    const blocked = stream.write(chunk);
    written += chunk.length;
    if (blocked !== undefined && (await staysPending(blocked))) return { written, blocked };
  }
  throw new Error(`the stream took ${written} bytes that nobody reads`);
}

/** As a plain Uint8Array: some transports hand out Buffers, which an assertion does not take for equal. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
