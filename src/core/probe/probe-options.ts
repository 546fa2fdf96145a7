import type { Cause } from '../errors/causes.js';
import type { Detail, ProbeWarning, RoundtripFacts, ThresholdFacts } from '../records/probe-report.js';
import type { ConnectedSession, ConnectSettings } from '../session/connect/connect-settings.js';
import type { StageLog } from './stage-log.js';

/** What a probe of one URL is to do; everything has a default. */
export interface ProbeOptions {
  /**
   * As for connect(): drafts, transport, trust, network, timeouts, tokens. `auto` is what the scheme says and nothing else:
   * a probe never falls back to another transport.
   */
  readonly connect?: Omit<ConnectSettings, 'signal' | 'observer' | 'onStage' | 'onWarning'> | undefined;
  /** What to ask the peer once the session is open; called with SETUP done, before the session is closed. */
  readonly requests?: ProbeRequests | undefined;
  /** A certificate that is valid for less than this from now is warned of, ms; default 7 days. */
  readonly expiryWarningMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Requests of a probe: stages after `setup`. */
export interface ProbeRequests {
  /** Records its stages in `context.stages`; throws MoqtError for the stage that fails. */
  run(context: ProbeContext): Promise<void>;
}

/** The open session of a probe, and where its findings go. */
export interface ProbeContext {
  readonly url: string;
  readonly session: ConnectedSession;
  readonly options: ProbeOptions;
  readonly stages: StageLog;
  /** Milliseconds since the probe began. */
  elapsed(): number;
  /** Something that fails nothing. */
  warn(warning: ProbeWarning): void;
  /** Kept for the report. */
  setRoundtrip(facts: RoundtripFacts): void;
  /** A limit, and what was measured against it. */
  addThreshold(facts: ThresholdFacts): void;
  readonly signal: AbortSignal | undefined;
}

/** Why a stage failed, as its report says it. */
export interface Verdict {
  readonly cause: Cause;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly detail?: { readonly [name: string]: Detail };
}
