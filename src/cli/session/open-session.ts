import type { ConnectedSession, ConnectSettings } from '../../core/session/connect/connect-settings.js';
import type { SessionHandlers, SessionNotice } from '../../core/session/session.js';
import type { SessionRecorder } from '../../core/trace/session-recorder.js';
import { parseMoqtUrl } from '../../core/url/parse-url.js';
import { escapeText } from '../../core/util/escape.js';
import { hideUrlSecrets } from '../command/secrets.js';
import type { StageTimes } from './stage-times.js';

/** What opening a session tells its command meanwhile. */
export interface SessionVoice {
  warning(line: string, kind?: string): void;
  note(line: string): void;
  readonly output: { readonly verbose: boolean };
  readonly stop: { readonly signal: AbortSignal };
  peer: string | null;
  /** Absent: nothing is traced. */
  readonly traces?: { client(url: string): Promise<SessionRecorder | undefined> };
}

/** Opens a session with the flags' settings; warnings go to stderr, notices of the session too with -v. */
export async function openSession(
  voice: SessionVoice,
  url: string,
  settings: ConnectSettings,
  options: { handlers?: SessionHandlers; times?: StageTimes; fewPackets?: boolean } = {},
): Promise<ConnectedSession> {
  // Loaded here: it brings the transports with it.
  const { connect } = await import('../../core/session/connect/connect.js');
  const { handlers, times, fewPackets = false } = options;
  hideUrlSecrets(url);
  const { host, port } = parseMoqtUrl(url);
  voice.peer = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const observer = await voice.traces?.client(url);
  const session = await connect(url, {
    ...settings,
    network: { ...settings.network, fewPackets },
    handlers: { ...handlers, onNotice: (notice) => tellNotice(voice, notice, handlers) },
    onWarning: ({ kind, message }) => voice.warning(message, kind),
    onStage: (stage) => times?.add(stage),
    signal: voice.stop.signal,
    ...(observer === undefined ? {} : { sessionObserver: observer }),
  }).catch((error: unknown) => {
    observer?.failed(error instanceof Error ? error.message : String(error));
    throw error;
  });
  const { connection } = session;
  if (voice.output.verbose) {
    voice.note(
      `${connection.transport} session with ${connection.peer}, draft ${connection.draft}, ${connection.totalMs.toFixed(1)} ms`,
    );
  }
  return session;
}

function tellNotice(voice: SessionVoice, notice: SessionNotice, handlers: SessionHandlers | undefined): void {
  const { kind } = notice;
  const message = escapeText(notice.message);
  // What is established is not moved, by --follow either: who runs the command must know before the peer lets go of it.
  if (kind === 'request-goaway') voice.warning(`${message}: it stays where it is; start again there`, kind);
  else if (voice.output.verbose) voice.note(`${kind}: ${message}`);
  handlers?.onNotice?.(notice);
}
