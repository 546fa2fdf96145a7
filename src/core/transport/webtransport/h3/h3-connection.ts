import { concatBytes } from '../../../util/bytes.js';
import { deferred, ignorable } from '../../../util/deferred.js';
import { settlesWithin } from '../../../util/timeout.js';
import type { BidiStream, CloseInfo, RecvStream, TransportSession } from '../../transport.js';
import { SessionClosed, StreamReset } from '../../transport-errors.js';
import { BUFFERED_STREAM_REJECTED, SESSION_GONE, sessionCloseInfo } from '../stream-codes.js';
import { EarlyArrivals } from './early-arrivals.js';
import { controlStreamPolicy, encodeFrame, FRAME, UNI_STREAM } from './frames.js';
import { H3_CODES, H3Error } from './h3-error.js';
import { decodeSettings, encodeSettings, type H3Settings, ourSettings } from './settings.js';
import { TlvDecoder } from './tlv-decoder.js';
import { encodeVarints, takeVarint } from './varint.js';

/** What the connection hands to a WebTransport session. `rest` is what was read behind the stream's prefix, if anything. */
export interface SessionPort {
  acceptUni(stream: RecvStream, rest: Uint8Array | null): void;
  acceptBidi(stream: BidiStream, rest: Uint8Array | null): void;
  /** False when it was dropped. */
  acceptDatagram(bytes: Uint8Array): boolean;
  /** The peer asks to finish: GOAWAY. */
  drained(): void;
  connectionClosed(info: CloseInfo): void;
}

export interface H3ConnectionOptions {
  readonly role: 'client' | 'server';
  /** WebTransport sessions at a time that we announce to accept. */
  readonly maxSessions: number;
  /** Server: a request stream, with its first bytes. Must not throw. */
  readonly onRequest?: (stream: BidiStream, firstBytes: Uint8Array) => void;
}

/** Sessions that have ended are remembered, so that their late streams are refused at once instead of held. */
const MAX_REMEMBERED = 64;
/** A peer that leaves closes its control stream and the connection at the same time, in any order. */
const CONTROL_END_GRACE_MS = 250;

const code = (name: keyof typeof H3_CODES): bigint => BigInt(H3_CODES[name]);

/**
 * HTTP/3 (RFC 9114) on a QUIC connection, as far as WebTransport needs it: control streams and SETTINGS, and the routing
 * of streams and datagrams to sessions. It opens no QPACK streams: without a dynamic table there is nothing to say on
 * them, and some peers take the first unidirectional streams of a session for them.
 */
export class H3Connection {
  readonly quic: TransportSession;
  readonly role: 'client' | 'server';
  readonly #options: H3ConnectionOptions;
  readonly #settings = deferred<H3Settings>();
  readonly #sessions = new Map<number, SessionPort>();
  readonly #ended = new Set<number>();
  readonly #early = new EarlyArrivals();
  readonly #critical = new Set<number>();
  #failure: H3Error | null = null;
  #closeInfo: CloseInfo | null = null;
  #droppedDatagrams = 0;
  #unknownStreams = 0;

  constructor(quic: TransportSession, options: H3ConnectionOptions) {
    this.quic = quic;
    this.role = options.role;
    this.#options = options;
    void ignorable(this.#settings.promise);
    void quic.closed.then((info) => this.#onClosed(info));
    this.#openControlStream();
    quic.onIncomingUni((stream) => void this.#routeUni(stream).catch((error) => this.#onStreamError(error)));
    quic.onIncomingBidi((stream) => {
      this.#routeBidi(stream).catch((error: unknown) => {
        stream.send.reset(code('H3_REQUEST_INCOMPLETE'));
        this.#onStreamError(error);
      });
    });
    quic.onDatagram((bytes) => this.#routeDatagram(bytes));
  }

  /** The peer's SETTINGS. Rejects with H3Error or SessionClosed when they never come. */
  get settings(): Promise<H3Settings> {
    return this.#settings.promise;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** What was refused or dropped on this connection, by name. */
  counters(): Readonly<Record<string, number>> {
    return {
      earlyStreamsRejected: this.#early.rejected.stream,
      datagramsDropped: this.#early.rejected.datagram + this.#droppedDatagrams,
      unknownStreams: this.#unknownStreams,
    };
  }

  /** From now on the streams and datagrams of session `id` go to `port`, those that came early first. */
  addSession(id: number, port: SessionPort): void {
    this.#sessions.set(id, port);
    if (this.#closeInfo !== null) port.connectionClosed(this.#closeInfo);
    else this.#early.release(id);
  }

  /** What still comes for this session, which ended or was refused, is turned away. */
  removeSession(id: number): void {
    this.#sessions.delete(id);
    this.#ended.add(id);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MAX_REMEMBERED) break;
      this.#ended.delete(oldest);
    }
    this.#early.drop(id);
  }

  /** A rule was broken: the connection is closed with the error's code, and every session on it ends. */
  fail(error: H3Error): void {
    if (this.#failure !== null || this.#closeInfo !== null) return;
    this.#failure = error;
    this.#onClosed({ by: 'local', isApplication: false, code: error.code, reason: error.message });
    void this.quic.close(error.code, error.message).catch(() => {});
  }

  #onClosed(info: CloseInfo): void {
    if (this.#closeInfo !== null) return;
    this.#closeInfo = sessionCloseInfo(info);
    this.#settings.reject(this.#failure ?? new SessionClosed(this.#closeInfo));
    this.#early.dropAll();
    for (const session of [...this.#sessions.values()]) session.connectionClosed(this.#closeInfo);
    this.#sessions.clear();
  }

  #onStreamError(error: unknown): void {
    if (error instanceof H3Error) this.fail(error);
    // A stream that is reset before its first bytes said what it is concerns nobody.
    else if (!(error instanceof StreamReset || error instanceof SessionClosed)) {
      this.fail(new H3Error('H3_INTERNAL_ERROR', 'internal error'));
    }
  }

  #openControlStream(): void {
    const payload = encodeSettings(ourSettings(this.role, this.#options.maxSessions));
    const begin = concatBytes([encodeVarints(UNI_STREAM.CONTROL), encodeFrame(FRAME.SETTINGS, payload)]);
    const stream = this.quic.tryOpenUni();
    if (stream !== null) {
      stream.write(begin)?.catch(() => {});
      return;
    }
    this.quic.openUni().then(
      (late) => void late.write(begin)?.catch(() => {}),
      () => {},
    );
  }

  async #routeUni(stream: RecvStream): Promise<void> {
    let bytes = await stream.read();
    while (bytes !== null) {
      const cursor = { offset: 0 };
      const type = takeVarint(bytes, cursor);
      if (type !== null && type !== UNI_STREAM.WEBTRANSPORT) return this.#h3Stream(type, stream, bytes, cursor.offset);
      const id = type === null ? null : takeVarint(bytes, cursor);
      if (id !== null) {
        const rest = cursor.offset < bytes.length ? bytes.subarray(cursor.offset) : null;
        const session = this.#sessions.get(id);
        if (session !== undefined) return session.acceptUni(stream, rest);
        this.#withoutSession(id, {
          deliver: (port) => port.acceptUni(stream, rest),
          refuse: (reason) => stream.stop(reason),
        });
        return;
      }
      const more = await stream.read();
      bytes = more === null ? null : concatBytes([bytes, more]);
    }
  }

  async #routeBidi(stream: BidiStream): Promise<void> {
    let bytes = await stream.recv.read();
    while (bytes !== null) {
      const cursor = { offset: 0 };
      const type = takeVarint(bytes, cursor);
      if (type !== null && type !== FRAME.WT_STREAM) {
        // RFC 9114 §6.1: servers open bidirectional streams only where an extension says so.
        if (this.#options.onRequest === undefined) {
          throw new H3Error('H3_STREAM_CREATION_ERROR', 'the server opened a stream that is not of WebTransport');
        }
        this.#options.onRequest(stream, bytes);
        return;
      }
      const id = type === null ? null : takeVarint(bytes, cursor);
      if (id !== null) {
        const rest = cursor.offset < bytes.length ? bytes.subarray(cursor.offset) : null;
        const session = this.#sessions.get(id);
        if (session !== undefined) return session.acceptBidi(stream, rest);
        this.#withoutSession(id, {
          deliver: (port) => port.acceptBidi(stream, rest),
          refuse: (reason) => {
            stream.recv.stop(reason);
            stream.send.reset(reason);
          },
        });
        return;
      }
      const more = await stream.recv.read();
      bytes = more === null ? null : concatBytes([bytes, more]);
    }
    stream.send.reset(code('H3_REQUEST_INCOMPLETE'));
  }

  /** A stream whose session is not there: not yet, no more, or never. */
  #withoutSession(id: number, stream: { deliver(port: SessionPort): void; refuse(code: bigint): void }): void {
    // Session IDs are those of client-initiated bidirectional streams.
    if (id % 4 !== 0 || !Number.isSafeInteger(id)) throw new H3Error('H3_ID_ERROR', `no session can have the ID ${id}`);
    if (this.#ended.has(id) || this.#closeInfo !== null) {
      stream.refuse(SESSION_GONE);
      return;
    }
    this.#early.add(id, {
      kind: 'stream',
      deliver: () => stream.deliver(this.#sessions.get(id) as SessionPort),
      reject: () => stream.refuse(BUFFERED_STREAM_REJECTED),
    });
  }

  #routeDatagram(bytes: Uint8Array): void {
    const cursor = { offset: 0 };
    const quarter = takeVarint(bytes, cursor);
    if (quarter === null || quarter >= 2 ** 60) {
      this.fail(new H3Error('H3_DATAGRAM_ERROR', 'datagram without a quarter stream ID'));
      return;
    }
    const id = quarter * 4;
    const payload = bytes.subarray(cursor.offset);
    const session = this.#sessions.get(id);
    if (session !== undefined) {
      if (!session.acceptDatagram(payload)) this.#droppedDatagrams++;
    } else if (this.#ended.has(id) || this.#closeInfo !== null) {
      this.#droppedDatagrams++;
    } else {
      this.#early.add(id, {
        kind: 'datagram',
        deliver: () => void this.#sessions.get(id)?.acceptDatagram(payload),
        reject: () => {},
      });
    }
  }

  async #h3Stream(type: number, stream: RecvStream, bytes: Uint8Array, offset: number): Promise<void> {
    switch (type) {
      case UNI_STREAM.CONTROL:
        this.#onlyOnce(type);
        return this.#readControl(stream, bytes.subarray(offset));
      case UNI_STREAM.QPACK_ENCODER:
      case UNI_STREAM.QPACK_DECODER:
        this.#onlyOnce(type);
        // With a table of capacity 0 nothing on them can matter; they are read so that they do not fill the window.
        while ((await stream.read()) !== null);
        return;
      case UNI_STREAM.PUSH:
        // RFC 9114 §6.2.2: no client may push, and no server without the MAX_PUSH_ID that we never send.
        if (this.role === 'server') throw new H3Error('H3_STREAM_CREATION_ERROR', 'the client opened a push stream');
        throw new H3Error('H3_ID_ERROR', 'push stream without permission');
      default:
        // RFC 9114 §6.2: unknown and reserved types are no error.
        this.#unknownStreams++;
        stream.stop(code('H3_STREAM_CREATION_ERROR'));
    }
  }

  #onlyOnce(type: number): void {
    if (this.#critical.has(type)) throw new H3Error('H3_STREAM_CREATION_ERROR', `second stream of type ${type}`);
    this.#critical.add(type);
  }

  async #readControl(stream: RecvStream, first: Uint8Array): Promise<void> {
    const frames = new TlvDecoder(controlStreamPolicy());
    for (let bytes: Uint8Array | null = first; bytes !== null; bytes = await this.#readCritical(stream)) {
      for (const event of frames.push(bytes)) {
        if (event.kind === 'item') this.#onControlFrame(event.type, event.value);
      }
    }
    if (await settlesWithin(this.quic.closed, CONTROL_END_GRACE_MS, { background: true })) return;
    throw new H3Error('H3_CLOSED_CRITICAL_STREAM', 'the peer closed its control stream');
  }

  async #readCritical(stream: RecvStream): Promise<Uint8Array | null> {
    try {
      return await stream.read();
    } catch (error) {
      if (error instanceof StreamReset) return null;
      throw error;
    }
  }

  #onControlFrame(type: number, value: Uint8Array): void {
    if (type === FRAME.SETTINGS) {
      this.#settings.resolve(decodeSettings(value));
      return;
    }
    const cursor = { offset: 0 };
    if (takeVarint(value, cursor) === null || cursor.offset !== value.length) {
      throw new H3Error('H3_FRAME_ERROR', `frame 0x${type.toString(16)} does not hold one integer`);
    }
    if (type === FRAME.MAX_PUSH_ID && this.role === 'client') {
      throw new H3Error('H3_FRAME_UNEXPECTED', 'MAX_PUSH_ID from a server');
    }
    if (type === FRAME.GOAWAY) for (const session of [...this.#sessions.values()]) session.drained();
  }
}
