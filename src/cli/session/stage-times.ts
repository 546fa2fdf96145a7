import type { ConnectStage } from '../../core/session/connect/connect-settings.js';

/** Collects the times of the stages of a command, for --write-out; those that were not reached stay empty. */
export class StageTimes {
  readonly #ends = new Map<string, number>();

  add(stage: ConnectStage): void {
    // After a fallback the name is looked up again: what counts is when it was known.
    if (!this.#ends.has(stage.stage)) this.#ends.set(stage.stage, stage.endMs);
  }

  /** Seconds since the start until the end of each stage, as curl prints times. */
  values(extra: { subscribeOkMs?: number | null; firstObjectMs?: number | null } = {}): Record<string, string | null> {
    const seconds = (ms: number | null | undefined) =>
      ms === null || ms === undefined ? null : (ms / 1_000).toFixed(6);
    return {
      time_dns: seconds(this.#ends.get('dns')),
      time_quic: seconds(this.#ends.get('quic')),
      time_tcp: seconds(this.#ends.get('tcp')),
      time_tls: seconds(this.#ends.get('tls')),
      time_http2: seconds(this.#ends.get('http2')),
      time_webtransport: seconds(this.#ends.get('webtransport')),
      time_setup: seconds(this.#ends.get('setup')),
      time_subscribe_ok: seconds(extra.subscribeOkMs),
      time_first_object: seconds(extra.firstObjectMs),
    };
  }
}
