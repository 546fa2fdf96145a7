import type { NewTraceEvent, TraceHeader } from '../records/trace-event.js';
import { VERSION } from '../util/version.js';
import type { DraftProfile } from '../wire/profile.js';
import type { EventSink, ObjectPlace } from './object-sink.js';
import { SessionRecorder } from './session-recorder.js';
import { TraceClock } from './trace-clock.js';
import { formatOfFile, traceEncoder } from './trace-format.js';
import { TraceLog } from './trace-log.js';
import { openTraceOutput } from './trace-output.js';

export interface TracingOptions {
  /** Files to write, by suffix `.moqtrace`, `.qlog` or `.mlog`; what is there already is overwritten. */
  readonly files: readonly string[];
  /** Payloads too, not only their sizes. */
  readonly payload: boolean;
  readonly perspective: 'client' | 'server';
  /** Named in the header when no session agrees on another: a draft's number. */
  readonly draft: string;
  /** A header is written at once and each session has a name: a relay. Else the first session's draft is waited for. */
  readonly severalSessions?: boolean;
  /** Takes out of texts what must not be shown. */
  readonly redact?: (text: string) => string;
}

/** What became of the files. */
export interface TracingOutcome {
  /** Events left out because a file was not written as fast as they came. */
  readonly dropped: number;
  /** Why a file is not whole. */
  readonly failures: readonly Error[];
}

/** Traces of the sessions of one program run: each event goes to all files. */
export interface Tracing {
  /** An observer for a session that is about to be opened. @param endpoint its URL, redacted. */
  observe(endpoint?: string): SessionRecorder;
  close(): Promise<TracingOutcome>;
}

/** Opens the files. Rejects with MOQT_E_USAGE for a suffix that names no format, MOQT_E_LOCAL_IO for a file that cannot be written. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const formats = options.files.map(formatOfFile);
  const clock = new TraceClock();
  const logs: TraceLog[] = [];
  try {
    for (const [i, path] of options.files.entries()) {
      logs.push(new TraceLog(traceEncoder(formats[i] as 'moqtrace' | 'qlog'), await openTraceOutput(path), clock));
    }
  } catch (error) {
    for (const log of logs) await log.close();
    throw error;
  }
  return new FileTracing(options, logs, clock);
}

class FileTracing implements Tracing, EventSink {
  #sessions = 0;

  constructor(
    private readonly options: TracingOptions,
    private readonly logs: readonly TraceLog[],
    private readonly clock: TraceClock,
  ) {
    if (options.severalSessions === true) this.#begin(null, undefined, undefined);
  }

  observe(endpoint?: string): SessionRecorder {
    const { payload, redact, severalSessions } = this.options;
    const number = ++this.#sessions;
    return new SessionRecorder(this, {
      payload,
      ...(redact === undefined ? {} : { redact }),
      // The first session of a client needs no name; those that replace it do.
      ...(severalSessions === true || number > 1 ? { peer: String(number) } : {}),
      onDraft: (profile, transport) => this.#begin(profile, endpoint, transport?.kind),
    });
  }

  now(): number {
    return this.clock.now();
  }

  add(event: NewTraceEvent, timeUs = this.now()): void {
    for (const log of this.logs) log.add(event, timeUs);
  }

  object(timeUs: number, place: ObjectPlace, object: bigint, priority: number, status: number, size: number): void {
    for (const log of this.logs) log.object(timeUs, place, object, priority, status, size);
  }

  size(timeUs: number, place: ObjectPlace, object: bigint, size: number): void {
    for (const log of this.logs) log.size(timeUs, place, object, size);
  }

  async close(): Promise<TracingOutcome> {
    this.#begin(null, undefined, undefined);
    for (const log of this.logs) await log.close();
    const failures = this.logs.flatMap(({ failure }) => (failure === null ? [] : [failure]));
    return { dropped: Math.max(0, ...this.logs.map(({ dropped }) => dropped)), failures };
  }

  #begin(profile: DraftProfile | null, endpoint: string | undefined, transport: string | undefined): void {
    const header: Omit<TraceHeader, 'startTime'> = {
      protocol: `moq-transport-${profile?.draft ?? this.options.draft}`,
      perspective: this.options.perspective,
      detail: this.options.payload ? 'headers+data' : 'headers+sizes',
      source: `moqt/${VERSION}`,
      ...(transport === undefined ? {} : { transport }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    for (const log of this.logs) if (!log.hasBegun) log.begin(header);
  }
}
