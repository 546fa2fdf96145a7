import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { namespaceArgument, trackArgument, urlArgument } from '../cli/command/arguments.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { publishFlags } from '../cli/flags/publish-flags.js';
import { startProgress } from '../cli/io/progress.js';
import { type PreparedPublish, preparePublish } from '../cli/publish/prepare-publish.js';
import { publishDocument, publishText, tellPublishEvent } from '../cli/publish/publish-report.js';
import { prepareConnection } from '../cli/session/connect-settings.js';
import { type Attempt, followFlags, followRedirects, redirectsField } from '../cli/session/follow-redirects.js';
import { openSession } from '../cli/session/open-session.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';

export default class Publish extends MoqtCommand {
  static override summary = 'stdin or files into a track';
  static override description = `Publishes stdin, or files one after the other, as a track.

It waits for the first subscriber before it reads, so that nothing is lost (--no-wait does not), marks the end of every group and of the track, and ends when everything was delivered, as far as the transport can tell. A request that was refused or not answered is a failure: nothing claims to have been sent that was not.

MoQT has no end-to-end backpressure: a relay may drop old groups for a slow subscriber, or cancel a group that outgrows it. Bulk data is cut into objects of 16 KiB and groups of 4 MiB, at most two of them under way at a time; --rate paces where that is not enough.`;
  static override usage = '<%= command.id %> URL NAMESPACE TRACK [FILE...] [FLAGS]';
  static override examples = [
    { description: 'A file:', command: '<%= config.bin %> publish moqt://127.0.0.1:4443 live/room1 cam film.mp4' },
    {
      description: 'A stream; the first subscriber starts it:',
      command: 'ffmpeg -i … -f mpegts - | <%= config.bin %> publish https://relay.example/ live/room1 cam',
    },
    {
      description: 'Each line is an object:',
      command: 'tail -f app.log | <%= config.bin %> publish $URL logs app --frame lines',
    },
    {
      description: 'Ten numbered messages, two a second:',
      command: `<%= config.bin %> publish $URL test counter --body 'message {{Count}} at {{Time}}' -n 10 --rate 2`,
    },
    {
      description: 'What another subscription recorded, exactly:',
      command: '<%= config.bin %> publish $URL live/room1 copy --frame jsonl recording.jsonl',
    },
  ];
  static override args = {
    url: urlArgument,
    namespace: namespaceArgument,
    track: trackArgument,
    files: Args.string({ multiple: true, description: 'files, in order; none, or -, is stdin', ignoreStdin: true }),
  };
  static override flags = {
    ...connectionFlags,
    ...followFlags,
    ...publishFlags,
    'no-wait': Flags.boolean({ description: 'read and send at once, whether anybody listens or not' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args, argv } = await this.parseAll(Publish);
    const names = { namespace: args.namespace, track: args.track, files: argv.slice(3) };
    const prepared = await preparePublish(flags, names, (line) => this.note(line));
    try {
      const connection = await prepareConnection(flags, { stdinTaken: prepared.readsStdin });
      this.startMaxTime(flags['max-time']);
      if (prepared.readsTerminal) this.tell('moqt: reading from the terminal (stdin); end with Ctrl-D');
      const progress = await startProgress(this.output.progress, 'connecting');
      try {
        // A redirect is the answer to the offer: nothing has been read from the source yet.
        const place = { url: args.url, track: prepared.options.track };
        return await followRedirects(this, flags, { place, connection }, (at) => this.#run(at, prepared, progress));
      } finally {
        progress.stop();
      }
    } finally {
      await prepared.close();
    }
  }

  async #run(
    { place, connection: { settings, requestTokens: tokens }, hops }: Attempt,
    prepared: PreparedPublish,
    progress: Awaited<ReturnType<typeof startProgress>>,
  ): Promise<ExitCode> {
    const { publish } = await import('../core/publisher/publish.js');
    const session = await openSession(this, place.url, settings);
    try {
      const publisher = publish(session, {
        ...prepared.options,
        track: place.track,
        ...(tokens.length > 0 && { parameters: { authorizationTokens: tokens } }),
        onEvent: (event) => {
          tellPublishEvent(this, event);
          if (event.kind === 'waiting-for-subscriber') progress.say('waiting for a subscriber');
          if (event.kind !== 'subscribed') return;
          progress.follow(() => ({
            ...publisher.report(),
            atMs: performance.now(),
            rttMs: session.transport.stats().rttMs,
            totalBytes: prepared.totalBytes,
          }));
        },
        signal: this.stop.signal,
      });
      const report = await publisher.done;
      progress.stop();
      const document = { ...publishDocument(report, session.connection), ...redirectsField(hops) };
      if (this.output.json || this.output.jsonl)
        this.printDocument(this.output.jsonl ? { event: 'report', ...document } : document);
      else if (!this.output.quiet) this.tell(publishText(document));
      return EXIT.ok;
    } finally {
      await session.close();
    }
  }
}
