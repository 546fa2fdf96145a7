import { MoqtError } from '../errors/moqt-error.js';
import type { Timer } from '../util/clock.js';
import type { ControlMessage, GoAway } from '../wire/messages/control-message.js';
import type { RequestChannel } from './requests/exchange.js';
import type { GoAwayEvent } from './session.js';
import type { SessionCore } from './session-core.js';
import { goAwayHint, shownUri } from './unanswered.js';

/** GOAWAY both ways, on the control stream (draft-18 §10.4). */
export class GoAwayState {
  #isSent = false;

  constructor(
    private readonly core: SessionCore,
    private readonly channel: RequestChannel,
    private readonly write: (message: ControlMessage) => void,
  ) {}

  get received(): GoAwayEvent | null {
    return this.core.goAway;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Idempotent, because a second GOAWAY would be a violation. Closes the session when requests outlive `timeoutMs`; 0: never. */
  send(newSessionUri: string, timeoutMs: number): void {
    if (this.#isSent || this.core.ending !== null) return;
    if (this.core.role === 'client' && newSessionUri !== '') {
      throw new MoqtError('MOQT_E_USAGE', 'a client cannot name a URI in GOAWAY', { stage: 'session' });
    }
    const { goAwayTimeout, goAwayRequestId } = this.core.profile.features;
    this.write({
      type: 'GOAWAY',
      newSessionUri,
      ...(goAwayTimeout && { timeout: BigInt(Math.ceil(timeoutMs)) }),
      ...(goAwayRequestId && { requestId: this.channel.nextPeerRequestId }),
    });
    this.#isSent = true;
    if (timeoutMs > 0) this.#closeAfter(timeoutMs);
  }

  onMessage(message: GoAway): void {
    const { core } = this;
    if (core.goAway !== null) {
      core.fail('PROTOCOL_VIOLATION', 'a second GOAWAY');
      return;
    }
    if (core.role === 'server' && message.newSessionUri !== '') {
      core.fail('PROTOCOL_VIOLATION', 'a client sent GOAWAY with a URI');
      return;
    }
    const ownParity = core.role === 'client' ? 0n : 1n;
    if (message.requestId !== undefined && (message.requestId & 1n) !== ownParity) {
      core.fail('INVALID_REQUEST_ID', `GOAWAY names Request ID ${message.requestId}, which is not one of ours`);
      return;
    }
    const { timeout } = message;
    const event: GoAwayEvent = {
      newSessionUri: message.newSessionUri,
      // 0 says that there is no particular deadline.
      timeoutMs: timeout === undefined || timeout === 0n ? null : Number(timeout),
    };
    core.goAway = event;
    core.count('goaway-received');
    core.guard('onGoAway', () => core.handlers.onGoAway?.(event));
  }

  /** The peer is leaving, so it must get no new requests. */
  assertMayRequest(): void {
    const { goAway } = this.core;
    if (goAway === null) return;
    throw new MoqtError('MOQT_E_CLOSED', 'the peer has sent GOAWAY and takes no new requests', {
      stage: 'session',
      cause: 'session.goaway',
      hint: goAwayHint(shownUri(goAway.newSessionUri)),
    });
  }

  #closeAfter(ms: number): void {
    const timer: Timer = this.core.clock.after(
      ms,
      () => {
        if (this.channel.openCount > 0)
          this.core.fail('GOAWAY_TIMEOUT', `requests are still open ${ms} ms after GOAWAY`);
      },
      { background: true },
    );
    this.core.onShutdown(() => timer.cancel());
  }
}
