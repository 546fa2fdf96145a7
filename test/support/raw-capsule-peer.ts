import { CapsuleDecoder, type StreamKind } from '../../src/core/transport/webtransport-h2/capsule-decoder.js';
import type { CapsuleSession } from '../../src/core/transport/webtransport-h2/index.js';
import { capsuleSession, type SessionSetup } from './capsule-sessions.js';
import { type MemoryPipe, type PipeOptions, pipePair } from './pipe-pair.js';

/** A capsule as it was read. */
export type Seen =
  | { readonly type: 'stream'; readonly id: number; readonly length: number; readonly fin: boolean }
  | { readonly type: 'reset'; readonly id: number; readonly code: bigint; readonly reliableSize: number | null }
  | { readonly type: 'stop'; readonly id: number; readonly code: bigint }
  | { readonly type: 'max-data' | 'datagram'; readonly value: number }
  | { readonly type: 'max-stream-data'; readonly id: number; readonly value: number }
  | { readonly type: 'max-streams'; readonly kind: StreamKind; readonly value: number }
  | { readonly type: 'close'; readonly code: bigint; readonly reason: string }
  | { readonly type: 'drain' | 'streams-blocked' | 'datagram-too-large' };

/** Puts whatever a decoder says into a list. */
export function capsuleLog(seen: Seen[]): CapsuleDecoder {
  return new CapsuleDecoder({
    onStream: (id, bytes, fin) => void seen.push({ type: 'stream', id, length: bytes.length, fin }),
    onReset: (id, code, reliableSize) => void seen.push({ type: 'reset', id, code, reliableSize }),
    onStopSending: (id, code) => void seen.push({ type: 'stop', id, code }),
    onMaxData: (value) => void seen.push({ type: 'max-data', value }),
    onMaxStreamData: (id, value) => void seen.push({ type: 'max-stream-data', id, value }),
    onMaxStreams: (kind, value) => void seen.push({ type: 'max-streams', kind, value }),
    onStreamsBlocked: () => void seen.push({ type: 'streams-blocked' }),
    onDatagram: (bytes) => void seen.push({ type: 'datagram', value: bytes.length }),
    onDatagramTooLarge: () => void seen.push({ type: 'datagram-too-large' }),
    onClose: (code, reason) => void seen.push({ type: 'close', code, reason }),
    onDrain: () => void seen.push({ type: 'drain' }),
  });
}

/** A session whose peer is the test itself, which writes and reads capsules. */
export interface RawPeer {
  readonly session: CapsuleSession;
  /** The test's end; what it writes is what the session reads. */
  readonly wire: MemoryPipe;
  /** The session's end. */
  readonly pipe: MemoryPipe;
  /** What the session has sent. */
  readonly seen: Seen[];
  /** All bytes that the session has sent. */
  readonly bytes: Uint8Array[];
}

export function rawPeer(setup: SessionSetup, options?: PipeOptions): RawPeer {
  const pipes = pipePair(options);
  const seen: Seen[] = [];
  const bytes: Uint8Array[] = [];
  const decoder = capsuleLog(seen);
  pipes.client.onData((chunk) => {
    bytes.push(chunk);
    decoder.push(chunk);
  });
  return { session: capsuleSession(pipes.server, setup), wire: pipes.client, pipe: pipes.server, seen, bytes };
}
