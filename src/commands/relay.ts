import { Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { relayFlags } from '../cli/flags/relay-flags.js';
import { serveOptions } from '../cli/relay/relay-options.js';
import {
  faultHelp,
  listeningRecord,
  listeningText,
  relayEventJson,
  relayEventText,
} from '../cli/relay/relay-report.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';

/** Events that are worth a line without being asked for more. */
const PLAIN = new Set([
  'session-opened',
  'session-closed',
  'session-refused',
  'namespace-published',
  'track-published',
  'cap',
  'malformed-track',
  'draining',
]);

export default class Relay extends MoqtCommand {
  static override summary = 'a relay for development and tests';
  static override description =
    `Serves raw QUIC and WebTransport over HTTP/3 on one UDP port, WebTransport over HTTP/2 on the TCP port of the same number, and bridges between drafts and transports. Without --cert it makes a certificate for localhost, 127.0.0.1 and ::1, valid 13 days; it gives that certificate's hash to http:// URLs, over plain HTTP on the TCP port.

It binds to loopback and refuses any other address, or a name that has one, without --allow-remote: it is no relay for the open internet (see SECURITY.md). It reads from a publisher no faster than the fastest subscriber takes; a subscriber that falls too far behind has its subscription ended, and the others never notice.

With --fault it misbehaves on purpose, so that you see what your client makes of it; --fault help lists the ways.

SIGTERM drains: GOAWAY, then the end, exit 143. SIGUSR1 prints the counters.`;
  static override usage = '<%= command.id %> [FLAGS]';
  static override examples = [
    { description: 'On 127.0.0.1:4443, with a fresh certificate:', command: '<%= config.bin %> relay' },
    { description: 'For a test, on a free port:', command: '<%= config.bin %> relay --listen localhost:0 --jsonl' },
    { description: 'With a page to publish and subscribe in a browser:', command: '<%= config.bin %> relay --web' },
    { description: 'As clients must bear it:', command: '<%= config.bin %> relay --fault drop:1%,delay:50ms' },
    { description: 'With a token:', command: 'RELAY_TOKEN=… <%= config.bin %> relay --auth-token env:RELAY_TOKEN' },
  ];
  static override flags = {
    ...relayFlags,
    web: Flags.boolean({
      description: 'serve a page that publishes and subscribes in a browser, over plain HTTP on the TCP port',
    }),
    'allow-remote': Flags.boolean({ description: 'permit an address that others can reach' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags } = await this.parseAll(Relay);
    if (flags.fault?.includes('help')) {
      const { describeFaults } = await import('../core/relay/faults/index.js');
      const faults = describeFaults();
      this.print(flags.json || flags.jsonl ? JSON.stringify({ faults }) : faultHelp(faults));
      return EXIT.ok;
    }
    const options = await serveOptions(flags, process.env);
    const { serveRelay } = await import('../core/relay/serve-relay.js');
    const machine = flags.json || flags.jsonl;
    const observe = await this.traces.server();
    const relay = await serveRelay({
      ...options,
      ...(observe && { observe }),
      onEvent: (event) => {
        if (machine) this.print(JSON.stringify(relayEventJson(event)));
        else if (!flags.quiet && (flags.verbose || PLAIN.has(event.type))) this.print(relayEventText(event));
      },
    });
    const counters = () => this.print(JSON.stringify({ event: 'counters', ...relay.counters() }));
    process.on('SIGUSR1', counters);
    try {
      const record = listeningRecord(relay);
      this.print(machine ? JSON.stringify(record) : listeningText(record));
      await untilAborted(this.stop.signal);
      if (this.stop.reason?.kind === 'signal' && this.stop.reason.signal === 'SIGTERM')
        await relay.drain('', flags['drain-timeout']);
      if (machine || flags.verbose) counters();
    } finally {
      process.off('SIGUSR1', counters);
      await relay.close();
    }
    return EXIT.ok;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
