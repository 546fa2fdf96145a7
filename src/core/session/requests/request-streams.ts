import type { BidiStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { DraftProfile } from '../../wire/profile.js';
import { codeFor } from '../codes.js';
import type { SessionCore } from '../session-core.js';
import type { MessageReader } from './control-stream.js';

// The profile is given where it is needed: that of the session is not agreed on before SETUP in draft 14.

/**
 * The first message of a bidirectional stream of the peer's. Null when the stream ended before, or the message did not come
 * within the deadline for requests; the stream is over then.
 */
export async function firstMessage(
  core: SessionCore,
  profile: DraftProfile,
  bidi: BidiStream,
  reader: MessageReader,
): Promise<ControlMessage | null> {
  const { requestMs } = core.timeouts;
  const onTimeout = (): void => {
    core.notice('request-stream-timeout', `stream ${bidi.id} brought no request within ${requestMs} ms`);
    giveUp(profile, bidi);
  };
  const timer = requestMs > 0 ? core.clock.after(requestMs, onTimeout) : null;
  try {
    const first = await reader.first();
    if (first === null) giveUp(profile, bidi);
    return first;
  } catch (error) {
    if (error instanceof StreamReset) giveUp(profile, bidi);
    else core.failWith(error);
    return null;
  } finally {
    timer?.cancel();
  }
}

/** Requests on streams of their own that come before SETUP is complete, in order and bounded. */
export class HeldRequests {
  #held: (() => void)[] | null = [];

  constructor(
    private readonly core: SessionCore,
    private readonly profile: DraftProfile,
  ) {}

  /** Calls `go` once requests are let in; drops the stream when too many wait already. */
  whenReady(bidi: BidiStream, go: () => void): void {
    if (this.#held === null) go();
    else if (this.#held.length < this.core.limits.maxRequests) this.#held.push(go);
    else {
      this.core.notice('early-request-dropped', `stream ${bidi.id} came before SETUP, when too many were held already`);
      giveUp(this.profile, bidi);
    }
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
  }
}

function giveUp(profile: DraftProfile, bidi: BidiStream): void {
  const { code } = codeFor(profile, 'stream-reset', 'CANCELLED');
  bidi.recv.stop(code);
  bidi.send.reset(code);
}
