import type { Cause, ProbeStage } from '../errors/causes.js';
import type { ExitCode } from '../errors/exit-codes.js';

/** What is known of a fact or a measurement, as JSON has it. */
export type Detail = string | number | boolean | null | readonly Detail[] | { readonly [name: string]: Detail };

/** One stage of a probe. */
export interface StageReport {
  readonly name: ProbeStage;
  readonly status: 'ok' | 'failed' | 'skipped' | 'warning';
  /** Milliseconds; 0 for what was not reached, or is known together with another stage. */
  readonly durationMs: number;
  /** Facts of the stage; `reason` where it was skipped. */
  readonly detail: { readonly [name: string]: Detail };
  readonly cause?: Cause;
  readonly message?: string;
  readonly hint?: string;
}

/** Something that fails nothing, but that a person should know. */
export interface ProbeWarning {
  readonly cause: Cause;
  readonly message: string;
  readonly hint: string;
}

/** What a probe of one URL found: the document `moqt-probe/1`. */
export interface ProbeReport {
  readonly schema: 'moqt-probe/1';
  /** Redacted. */
  readonly url: string;
  /** What a list of relays calls it. */
  readonly name?: string;
  readonly ok: boolean;
  /** Of the first stage that failed. */
  readonly cause?: Cause;
  readonly message?: string;
  readonly hint?: string;
  readonly exitCode: ExitCode;
  readonly durationMs: number;
  /** All of them, in order, reached or not. */
  readonly stages: readonly StageReport[];
  readonly warnings: readonly ProbeWarning[];
  /** RFC 3339, when the probe began. */
  readonly startedAt: string;
  readonly transport: 'quic' | 'webtransport' | 'webtransport-h2';
  /** The draft that was negotiated; null when it did not come to that. */
  readonly draft: string | null;
  /** MOQT_IMPLEMENTATION of the peer; null when it did not say. */
  readonly implementation: string | null;
  readonly rttMs: number | null;
  /** The leaf that the server showed; null when none was seen. */
  readonly certificate: CertificateFacts | null;
  /** What the round trip measured; null when it was not asked for or not reached. */
  readonly roundtrip: RoundtripFacts | null;
  /** Limits that were set, and what was measured against them. */
  readonly thresholds: readonly ThresholdFacts[];
  /** What was tried to tell two explanations apart; with `--verbose`, or on a failure. */
  /** Redirects that were followed to this URL, with `--follow`. */
  readonly redirects?: readonly ProbeRedirect[];
  readonly experiments: readonly Experiment[];
}

/** A limit of the flags and how the probe stands to it. */
export interface ThresholdFacts {
  readonly name: 'connect' | 'rtt' | 'first-object' | 'latency' | 'loss' | 'cert-expiry';
  /** Milliseconds, for `loss` a share between 0 and 1, for `cert-expiry` seconds; null: not measured. */
  readonly value: number | null;
  readonly warning: number | null;
  readonly critical: number | null;
  readonly state: 'ok' | 'warning' | 'critical' | 'unknown';
}

/** The server's certificate, as far as a report shows it. */
export interface CertificateFacts {
  /** Lower-case hex, of the DER. */
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly chainLength: number;
  /** Whether browsers can pin it, and why not. */
  readonly pinnable: boolean;
  readonly notPinnableBecause: readonly string[];
}

/** One experiment and what came of it. */
export interface Experiment {
  /** For example `tcp`, `draft-18`, `ipv4`, `full-size-packet`, `http2`. */
  readonly name: string;
  /** In words for a person. */
  readonly outcome: string;
  readonly ok: boolean;
  readonly durationMs: number;
}

/** What a round trip through the relay measured; one clock for both ends. */
export interface RoundtripFacts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
  readonly partial: number;
  readonly groups: number;
  /** Payload bytes of an object. */
  readonly objectBytes: number;
  /** Objects a second as asked for. */
  readonly rate: number;
  /** Payload bits a second as received. */
  readonly goodputBps: number;
  /** One-way, sent to received, in milliseconds; null when nothing arrived. */
  readonly latencyMs: LatencyFacts | null;
}

/** Percentiles and a histogram. */
export interface LatencyFacts {
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
  /** Buckets by their upper limit in milliseconds, ascending. */
  readonly histogram: readonly { readonly upTo: number; readonly count: number }[];
}

/** Reports of several probes: `moqt-probe-list/1`. */
export interface ProbeList {
  readonly schema: 'moqt-probe-list/1';
  readonly reports: readonly ProbeReport[];
}

/** Drafts by transports of one host: `moqt-matrix/1`. */
export interface ProbeMatrix {
  readonly schema: 'moqt-matrix/1';
  /** Redacted. */
  readonly url: string;
  readonly cells: readonly MatrixCell[];
  /** How the relay behaves: what it is, what it answers, its limits. */
  readonly fingerprint: { readonly [name: string]: Detail };
}

/** One draft over one transport. */
export interface MatrixCell {
  readonly draft: string;
  readonly transport: 'quic' | 'webtransport' | 'webtransport-h2';
  readonly ok: boolean;
  readonly cause: Cause | null;
  readonly durationMs: number;
  /** Limits of the flags that are broken as warnings; absent when none is. */
  readonly warnings?: readonly Cause[];
}

/** A redirect that was followed. */
export interface ProbeRedirect {
  readonly request: string;
  readonly from: string;
  readonly to: string;
  /** What is asked for there, where it has another name there. */
  readonly track: string | null;
  readonly otherOrigin: boolean;
}
