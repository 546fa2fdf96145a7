import type { StageTiming, TransportSession } from '../transport/transport.js';
import type { ControlMessage } from '../wire/messages/control-message.js';
import type { DatagramObject, ObjectFragment, ObjectStatus } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import type { SessionCloseInfo } from './outcome.js';

/** A data stream whose header was written or read. */
export interface ObservedStream {
  readonly streamId: bigint;
  readonly direction: 'sent' | 'received';
  readonly type: 'subgroup' | 'fetch';
  readonly trackAlias?: bigint;
  readonly group?: bigint;
  readonly subgroup?: bigint | null;
  /** Request ID of the FETCH. */
  readonly requestId?: bigint;
  /** The header's bytes, where they are at hand. */
  readonly header?: Uint8Array;
}

/** What an object that is sent says of itself. */
export interface ObservedObject {
  readonly streamId: bigint;
  readonly group: bigint;
  readonly object: bigint;
  readonly priority: number;
  readonly status: ObjectStatus;
}

/**
 * Sees everything that a session says and hears: for traces. It is told and never asked, so it cannot change the outcome; its
 * methods must not throw, and must not keep the bytes that they are given. A session without one pays a null check.
 */
export interface SessionObserver {
  /** A stage of connecting has ended; ms since it began. */
  stage(stage: {
    readonly stage: StageTiming['stage'] | string;
    readonly startMs: number;
    readonly endMs: number;
    readonly detail?: string;
  }): void;
  /** The transport is open; SETUP begins. */
  opened(role: 'client' | 'server', transport: TransportSession): void;
  /** SETUP has been exchanged. */
  established(profile: DraftProfile): void;
  /** A control message, with its bytes as they are on the wire. */
  controlMessage(
    direction: 'sent' | 'received',
    message: ControlMessage,
    raw: Uint8Array,
    streamId: bigint,
    profile: DraftProfile,
  ): void;
  /** The header of a stream was sent, or has come. */
  streamOpened(stream: ObservedStream): void;
  /**
   * A stream is over.
   *
   * @param code 0 for FIN, else that of the reset, or of our STOP_SENDING.
   */
  streamClosed(streamId: bigint, code: bigint): void;
  /**
   * An object that is sent begins.
   *
   * @param payload all of it, or null when it follows.
   */
  objectSent(object: ObservedObject, payloadLength: number, payload: Uint8Array | null): void;
  /** Payload that follows; the last piece makes the object complete. */
  payloadSent(object: ObservedObject, bytes: Uint8Array, complete: boolean, payloadLength: number): void;
  /**
   * Pieces of objects as they came, or as they are passed on.
   *
   * @param priority that of all of them, where it is not the one in their headers.
   */
  fragments(streamId: bigint, pieces: readonly ObjectFragment[], priority?: number): void;
  /** An object in a datagram. */
  datagram(direction: 'sent' | 'received', trackAlias: bigint, object: DatagramObject): void;
  /** See SessionNotice. */
  notice(kind: string, message: string): void;
  /** The session has ended. */
  closed(close: SessionCloseInfo): void;
}
