import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import type { ConnectedSession } from '../../core/session/connect/connect-settings.js';
import type { RedirectHop } from '../../core/session/connect/redirects.js';
import type { TrackSubscription } from '../../core/subscriber/subscribe.js';
import type { SubscribeReport } from '../../core/subscriber/subscribe-options.js';
import type { MoqtCommand } from '../base-command.js';
import { toMoqtError } from '../command/to-moqt-error.js';
import { type Progress, startProgress } from '../io/progress.js';
import type { PreparedConnection } from '../session/connect-settings.js';
import { type Attempt, type FollowFlags, followRedirects, redirectsField } from '../session/follow-redirects.js';
import { openSession } from '../session/open-session.js';
import { StageTimes } from '../session/stage-times.js';
import { ObjectDirectory, openTarget, type PayloadTarget } from './payload-output.js';
import { directoryWriter, formatWriter, type PayloadWriter, payloadWriter } from './payload-writer.js';
import type { PreparedSubscribe } from './prepare-subscribe.js';
import { subscribeDocument, subscribeText, tellSubscribeEvent, writeOutValues } from './subscribe-report.js';

export interface SubscribeRun {
  readonly url: string;
  readonly prepared: PreparedSubscribe;
  readonly connection: PreparedConnection;
  /** `--output` and `--output-dir`. */
  readonly output: string | undefined;
  readonly outputDir: string | undefined;
  readonly wait: boolean;
  readonly follow: FollowFlags;
}

/** One run of `subscribe`: from the session to the last byte, and what is reported of it, also when it fails. */
export async function runSubscribe(command: MoqtCommand, run: SubscribeRun): Promise<ExitCode> {
  const began = performance.now();
  const times = new StageTimes();
  const state: State = { session: null, sessionMs: null, track: null, hops: [] };
  // Opened first: a file that cannot be written is found before a packet is sent.
  const directory = run.outputDir === undefined ? null : await ObjectDirectory.open(run.outputDir);
  const target = await openTarget(run.output, command.stdout);
  const progress = await startProgress(command.output.progress, 'connecting');
  let failure: unknown;
  try {
    const { url, connection, prepared } = run;
    const first = { place: { url, track: prepared.options.track }, connection };
    await followRedirects(command, run.follow, first, async (attempt) => {
      state.hops = attempt.hops;
      await state.session?.close();
      const at = withTrack(run, attempt);
      await receive(command, at, { target, directory, progress, times, state, began });
    });
  } catch (error) {
    failure = error;
  } finally {
    progress.stop();
    await state.session?.close();
    await target.close().catch((error: unknown) => {
      failure ??= error;
    });
  }
  report(command, run, {
    report: state.track?.report() ?? null,
    session: state.session,
    sessionMs: state.sessionMs,
    hops: state.hops,
    times,
    began,
    failure,
  });
  if (failure !== undefined) throw failure;
  return EXIT.ok;
}

interface State {
  session: ConnectedSession | null;
  sessionMs: number | null;
  track: TrackSubscription | null;
  hops: readonly RedirectHop[];
}

/** The same run at the place that a redirect named. */
function withTrack(run: SubscribeRun, { place, connection }: Attempt): SubscribeRun {
  const { prepared } = run;
  const options = { ...prepared.options, track: place.track };
  return { ...run, url: place.url, connection, prepared: { ...prepared, options } };
}

interface Receiving {
  readonly target: PayloadTarget;
  readonly directory: ObjectDirectory | null;
  readonly progress: Progress;
  readonly times: StageTimes;
  readonly state: State;
  readonly began: number;
}

async function receive(
  command: MoqtCommand,
  run: SubscribeRun,
  { target, directory, progress, times, state, began }: Receiving,
): Promise<void> {
  const { subscribe } = await import('../../core/subscriber/subscribe.js');
  const { prepared, connection } = run;
  const open = async () => {
    const previous = state.session;
    state.session = await openSession(command, run.url, connection.settings, { times });
    await previous?.close();
    return state.session;
  };
  const session = await open();
  state.sessionMs = performance.now() - began;
  const { signal } = command.stop;
  const wholeObjects =
    prepared.spec.kind !== 'raw' ||
    prepared.format !== null ||
    directory !== null ||
    prepared.options.order === 'arrival';
  const tokens = connection.requestTokens;
  const track = await subscribe(
    session,
    {
      ...prepared.options,
      items: wholeObjects ? 'objects' : 'pieces',
      ...(tokens.length > 0 && { parameters: { authorizationTokens: tokens } }),
      onEvent: (event) => {
        tellSubscribeEvent(command, event);
        if (event.kind === 'waiting' || event.kind === 'held') progress.say('waiting for a publisher');
      },
      signal,
    },
    open,
  );
  state.track = track;
  progress.follow(() => ({ ...track.report(), atMs: performance.now(), rttMs: track.session.transport.stats().rttMs }));
  const writer = chooseWriter(run, { target, directory, track });
  try {
    for (let batch = await track.nextBatch(); batch !== null; batch = await track.nextBatch()) {
      for (const item of batch) {
        const wait = writer.write(item);
        if (wait !== undefined) await wait;
      }
    }
    await writer.end();
  } catch (error) {
    track.cancel();
    throw error;
  }
}

function chooseWriter(
  run: SubscribeRun,
  { target, directory, track }: { target: PayloadTarget; directory: ObjectDirectory | null; track: TrackSubscription },
): PayloadWriter {
  const { prepared } = run;
  if (directory) return directoryWriter(directory);
  if (prepared.format) return formatWriter(prepared.options.track, prepared.format, target.output);
  return payloadWriter({
    track: prepared.options.track,
    profile: track.session.profile,
    spec: prepared.spec,
    output: target.output,
    explicit: run.output !== undefined,
  });
}

/** The document, the summary and --write-out; on stderr, because stdout is the payload's. */
function report(
  command: MoqtCommand,
  run: SubscribeRun,
  input: {
    report: SubscribeReport | null;
    session: ConnectedSession | null;
    sessionMs: number | null;
    hops: readonly RedirectHop[];
    times: StageTimes;
    began: number;
    failure: unknown;
  },
): void {
  const { session, failure } = input;
  const error = failure === undefined ? null : toMoqtError(failure);
  if (run.prepared.writeOut) {
    const values = writeOutValues({
      times: input.times,
      sessionMs: input.sessionMs,
      totalMs: performance.now() - input.began,
      report: input.report,
      connection: session?.connection ?? null,
      exitCode: command.stop.exitCode ?? error?.exitCode ?? EXIT.ok,
      error: error?.code ?? null,
    });
    process.stderr.write(run.prepared.writeOut.render(values));
  }
  if (!input.report || !session) return;
  if (command.output.json)
    command.printDocument({ ...subscribeDocument(input.report, session.connection), ...redirectsField(input.hops) });
  else if (
    !command.output.jsonl &&
    !command.output.quiet &&
    (command.output.verbose || command.output.progress || error)
  )
    command.tell(subscribeText(input.report));
}
