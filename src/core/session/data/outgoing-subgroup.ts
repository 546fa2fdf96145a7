import type { Delivery, SendStream } from '../../transport/transport.js';
import type { FragmentRun } from '../../wire/encoded-run.js';
import type { ObjectFragment } from '../../wire/messages/object.js';
import type { DraftProfile } from '../../wire/profile.js';
import { DEFAULT_PRIORITY, encodeSubgroupHeader, SubgroupEncoder } from '../../wire/subgroup.js';
import { EncodeError } from '../../wire/wire-error.js';
import { codeFor, nameCode } from '../codes.js';
import type { SessionObserver } from '../observer.js';
import type { NamedCode, OutgoingObject, OutgoingSubgroup, OutgoingSubgroupHeader } from '../session.js';
import { SubgroupTap } from './subgroup-tap.js';

/** A subgroup stream that we write. Its header leaves with the first object, in one write. */
export class SubgroupWriter implements OutgoingSubgroup {
  readonly #encoder: SubgroupEncoder;
  /** Null once it was written. */
  #streamHeader: Uint8Array | null;
  /** Payload bytes still owed to the object that was begun. */
  #owed = 0;
  #closed = false;
  #onClosed: ((writer: SubgroupWriter) => void) | null;
  readonly #tap: SubgroupTap | null;

  constructor(
    private readonly profile: DraftProfile,
    private readonly stream: SendStream,
    readonly header: OutgoingSubgroupHeader,
    trackAlias: bigint,
    /** Called once, when the stream was ended or reset. */
    onClosed: (writer: SubgroupWriter) => void,
    observer: SessionObserver | null = null,
  ) {
    this.#streamHeader = encodeSubgroupHeader(profile, {
      trackAlias,
      group: header.group,
      subgroup: header.subgroup,
      priority: header.priority === undefined ? DEFAULT_PRIORITY : header.priority,
      hasProperties: header.hasProperties,
      endOfGroup: header.endOfGroup ?? false,
      firstObject: header.firstObject ?? false,
    });
    this.#encoder = new SubgroupEncoder(profile, header);
    this.#onClosed = onClosed;
    this.#tap = observer === null ? null : new SubgroupTap(observer, stream.id, header, trackAlias);
  }

  get queuedBytes(): number {
    return this.stream.queuedBytes;
  }

  get stopped(): Promise<NamedCode> {
    return this.stream.stopped.then((code) => nameCode(this.profile, 'stream-reset', code));
  }

  writeObject(object: OutgoingObject, payload: Uint8Array): Promise<void> | undefined {
    this.#assertBetweenObjects();
    const chunks = this.#begin();
    chunks.push(this.#encoder.objectHeader(object, payload.length));
    if (payload.length > 0) chunks.push(payload);
    const written = this.#write(chunks);
    this.#tap?.object(object, payload.length, payload);
    return written;
  }

  beginObject(object: OutgoingObject, payloadLength: number): Promise<void> | undefined {
    this.#assertBetweenObjects();
    const chunks = this.#begin();
    chunks.push(this.#encoder.objectHeader(object, payloadLength));
    this.#owed = payloadLength;
    const written = this.#write(chunks);
    this.#tap?.object(object, payloadLength, null);
    return written;
  }

  writePayload(bytes: Uint8Array): Promise<void> | undefined {
    this.#owe(bytes.length);
    this.#tap?.payload(bytes, this.#owed === 0);
    return this.stream.write(bytes);
  }

  writeFragments(fragments: FragmentRun): Promise<void> | undefined {
    const chunks = this.#begin();
    const encoded = this.#isDue(fragments[0]) ? this.#encoder.encodedAlready(fragments) : null;
    if (encoded !== null) {
      const last = fragments[fragments.length - 1] as ObjectFragment;
      this.#owed = last.header.payloadLength - last.offset - last.bytes.length;
      chunks.push(encoded);
      const written = this.#write(chunks);
      this.#tap?.fragments(fragments);
      return written;
    }
    try {
      for (const { header, offset, bytes } of fragments) {
        if (offset === 0) {
          this.#assertBetweenObjects();
          chunks.push(this.#encoder.objectHeader(header, header.payloadLength));
          this.#owed = header.payloadLength;
        }
        if (bytes.length === 0) continue;
        this.#owe(bytes.length);
        chunks.push(bytes);
      }
    } catch (error) {
      // What precedes the piece that does not fit is encoded already, so it must go out.
      void this.#write(chunks)?.catch(() => {});
      throw error;
    }
    const written = this.#write(chunks);
    this.#tap?.fragments(fragments);
    return written;
  }

  end(): void {
    if (this.#closed) return;
    if (this.#owed > 0) throw new EncodeError(`the stream cannot end ${this.#owed} bytes before the end of an object`);
    const [header] = this.#begin();
    if (header !== undefined) void this.#write([header])?.catch(() => {});
    this.stream.end();
    this.#tap?.closed(0n);
    this.#close();
  }

  reset(name: string): void {
    // After FIN as well: what the transport has not sent yet is discarded.
    const { code } = codeFor(this.profile, 'stream-reset', name);
    this.stream.reset(code);
    this.#tap?.closed(code);
    this.#close();
  }

  delivered(): Promise<Delivery> {
    return this.stream.delivered();
  }

  /** The stream's header, where it has not been written yet. */
  #begin(): Uint8Array[] {
    return this.#streamHeader === null ? [] : [this.#streamHeader];
  }

  #write(chunks: Uint8Array[]): Promise<void> | undefined {
    if (this.#streamHeader !== null) this.#tap?.opened(this.#streamHeader);
    this.#streamHeader = null;
    return this.stream.writev(chunks);
  }

  /** The piece is the one that the stream goes on with, or begins an object where one may begin. */
  #isDue(piece: ObjectFragment | undefined): boolean {
    if (piece === undefined || this.#closed) return false;
    return this.#owed === (piece.offset === 0 ? 0 : piece.header.payloadLength - piece.offset);
  }

  #assertBetweenObjects(): void {
    if (this.#closed) throw new EncodeError('the subgroup has ended');
    if (this.#owed > 0) throw new EncodeError(`${this.#owed} bytes of the previous object are missing`);
  }

  #owe(length: number): void {
    if (length > this.#owed) throw new EncodeError(`${length} bytes of payload where ${this.#owed} were announced`);
    this.#owed -= length;
  }

  #close(): void {
    this.#closed = true;
    this.#onClosed?.(this);
    this.#onClosed = null;
  }
}
