import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { urlArgument } from '../cli/command/arguments.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { badFlag, durationFlag } from '../cli/flags/kinds.js';
import { jsonLine } from '../cli/io/json-line.js';
import { announceDocument, announceEventText } from '../cli/session/announce-report.js';
import { prepareConnection } from '../cli/session/connect-settings.js';
import { type Attempt, followFlags, followRedirects, redirectsField } from '../cli/session/follow-redirects.js';
import { openSession } from '../cli/session/open-session.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { parseNamespace } from '../core/url/namespace.js';
import type { TrackNamespace } from '../core/wire/full-track-name.js';

export default class Announce extends MoqtCommand {
  static override summary = 'announce namespaces and show what is asked for';
  static override description =
    `Sends PUBLISH_NAMESPACE, waits for the answer, and holds the namespaces until a signal or --for. Requests that arrive meanwhile are shown and answered: there is no track behind an announcement alone.

A namespace that is refused or not answered is a failure.`;
  static override usage = '<%= command.id %> URL NAMESPACE... [FLAGS]';
  static override examples = [
    {
      description: 'Does the relay accept the namespace?',
      command: '<%= config.bin %> announce https://relay.example/ live/room1 --once',
    },
    {
      description: 'Hold two, and watch who asks:',
      command: '<%= config.bin %> announce moqt://127.0.0.1:4443 live/room1 live/room2 --for 1m',
    },
  ];
  static override args = {
    url: urlArgument,
    namespaces: Args.string({
      required: true,
      multiple: true,
      description: 'namespace tuples, fields separated by /',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...connectionFlags,
    ...followFlags,
    once: Flags.boolean({ description: 'leave after the answer', exclusive: ['for'] }),
    for: durationFlag({ description: 'withdraw after this long' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args, argv } = await this.parseAll(Announce);
    const namespaces = argv.slice(1).map((text) => parseNamespace(text));
    if (flags.follow && namespaces.length > 1) {
      throw badFlag('follow', 'with several namespaces', 'one namespace: each may be sent elsewhere');
    }
    const connection = await prepareConnection(flags, { stdinTaken: false });
    this.startMaxTime(flags['max-time']);
    const place = { url: args.url, track: { namespace: namespaces[0] as TrackNamespace, name: new Uint8Array() } };
    await followRedirects(this, flags, { place, connection }, (attempt) =>
      this.#announce(attempt, flags.follow ? [attempt.place.track.namespace] : namespaces, flags),
    );
    return EXIT.ok;
  }

  async #announce(
    { place, connection: { settings, requestTokens }, hops }: Attempt,
    namespaces: readonly TrackNamespace[],
    flags: { readonly once: boolean; readonly for?: number | undefined; readonly 'request-timeout': number },
  ): Promise<void> {
    const { announce } = await import('../core/publisher/announce.js');
    const { json, jsonl, quiet } = this.output;
    const session = await openSession(this, place.url, settings, { fewPackets: true });
    try {
      const report = await announce(session, {
        namespaces,
        requestTimeoutMs: flags['request-timeout'],
        once: flags.once,
        ...(flags.for !== undefined && flags.for > 0 && { forMs: flags.for }),
        ...(requestTokens.length > 0 && { parameters: { authorizationTokens: requestTokens } }),
        onEvent: (event) => {
          const { text, json: line } = announceEventText(event);
          if (jsonl) this.print(jsonLine(line));
          else if (!json && !quiet) this.print(text);
        },
        signal: this.stop.signal,
      });
      const document = { ...announceDocument(report, session.connection), ...redirectsField(hops) };
      if (jsonl) this.print(jsonLine({ event: 'report', ...document }));
      else if (json) this.printDocument(document);
    } finally {
      await session.close();
    }
  }
}
