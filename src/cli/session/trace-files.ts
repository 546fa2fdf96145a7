import { join } from 'node:path';
import type { SessionRecorder } from '../../core/trace/session-recorder.js';
import type { Tracing } from '../../core/trace/tracing.js';
import { parseMoqtUrl } from '../../core/url/parse-url.js';
import { withoutSecrets } from '../command/secrets.js';
import { makeFolder } from '../io/make-folder.js';

/** Traces that `--trace` and `QLOGDIR` ask for: one file each for all sessions of a command. */
export class TraceFiles {
  #flags: Readonly<Record<string, unknown>> = {};
  #tracing: Promise<Tracing> | null = null;
  #path = '';

  /** Nothing is opened yet: a command that refuses its arguments leaves no file behind. */
  configure(flags: Readonly<Record<string, unknown>>): void {
    this.#flags = flags;
  }

  /** For a session that a command is about to open; undefined when none is to be traced, or the URL leads to none. */
  async client(url: string): Promise<SessionRecorder | undefined> {
    const endpoint = redacted(url);
    const tracing = endpoint === null ? null : await this.#open('client');
    return tracing === null ? undefined : tracing.observe(endpoint as string);
  }

  /** For each session that a relay accepts; null when none is to be traced. */
  async server(): Promise<(() => SessionRecorder) | null> {
    const tracing = await this.#open('server');
    return tracing === null ? null : () => tracing.observe();
  }

  /** Writes what is left; tells what is missing. */
  async close(warn: (line: string, kind: string) => void): Promise<void> {
    // A file that could not be opened has been reported by whoever asked for it.
    const tracing = await this.#tracing?.catch(() => null);
    this.#tracing = null;
    if (tracing === null || tracing === undefined) return;
    const { dropped, failures } = await tracing.close();
    for (const failure of failures) warn(`the trace ${this.#path} is not whole: ${failure.message}`, 'trace');
    if (dropped > 0) warn(`${dropped} events were left out of the trace: the disk did not keep up`, 'trace');
  }

  async #open(perspective: 'client' | 'server'): Promise<Tracing | null> {
    const { trace, 'trace-payload': payload, draft } = this.#flags;
    const { QLOGDIR: folder = '' } = process.env;
    if (typeof trace !== 'string' && folder === '') return null;
    this.#tracing ??= (async () => {
      if (folder !== '') await makeFolder(folder).catch(() => {});
      const files = [
        ...(typeof trace === 'string' ? [trace] : []),
        ...(folder === '' ? [] : [join(folder, qlogName(perspective))]),
      ];
      this.#path = files.join(' and ');
      const { openTracing } = await import('../../core/trace/tracing.js');
      return openTracing({
        files,
        payload: payload === true,
        perspective,
        draft: Array.isArray(draft) ? String(draft[0]) : '18',
        severalSessions: perspective === 'server',
        redact: withoutSecrets,
      });
    })();
    return this.#tracing;
  }
}

/** Null for what is no URL: whoever asked for the session reports it, in its own form. */
function redacted(url: string): string | null {
  try {
    return parseMoqtUrl(url).redacted;
  } catch {
    return null;
  }
}

/** A name that no other process, and no other run, has. */
function qlogName(perspective: string): string {
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  return `moqt-${perspective}-${time}-${process.pid}.qlog`;
}
