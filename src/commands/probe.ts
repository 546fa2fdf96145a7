import { urlArgument } from '../cli/arguments.js';
import { MoqtCommand } from '../cli/base-command.js';
import { prepareConnection } from '../cli/connect-settings.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { probeMatrixFlags, probeRequestFlags, probeThresholdFlags } from '../cli/flags/probe-flags.js';
import { jsonLine } from '../cli/json-line.js';
import { prepareProbeRequests, prepareThresholds } from '../cli/probe-requests.js';
import { hideUrlSecrets } from '../cli/secrets.js';
import { painter, wantsColor } from '../cli/terminal.js';
import type { ExitCode } from '../core/errors/exit-codes.js';
import { applyThresholds } from '../core/probe/thresholds.js';
import { matrixText } from '../core/render/matrix-text.js';
import { probeText } from '../core/render/probe-text.js';

export default class Probe extends MoqtCommand {
  static override summary = 'say where a connection fails, why, and what to do';
  static override description =
    `Walks the stages of a connection in order (url, dns, udp, quic, tls, alpn; for WebTransport http3, connect, protocol; then setup), times each, and stops at the first that fails. It names the stage, the cause (a stable string) and the remedy, and where two explanations remain it does the experiment that tells them apart: TCP on the same port, each draft alone, the other address family, a packet of full size, HTTP/2.

It never falls back to another transport. The exit code is that of the cause; warnings fail nothing.

What is asked for goes on after SETUP: --announce, --subscribe (with its first object), --fetch, --track-status, or --roundtrip, which sends objects through the relay from one connection to another and counts loss, duplication, reordering, corruption and latency. Limits (--rtt-critical 50ms and the like) make a probe fail (1) that is too slow, --matrix tries every draft over every transport and finds out how the relay behaves.`;
  static override usage = '<%= command.id %> URL [FLAGS]';
  static override examples = [
    {
      description: 'Is the relay there? If not, why?',
      command: '<%= config.bin %> probe moqt://relay.example',
    },
    {
      description: 'For a script:',
      command: '<%= config.bin %> probe https://relay.example/ --json | jq -r .cause',
    },
    {
      description: 'A development relay whose certificate is pinned:',
      command: '<%= config.bin %> probe https://127.0.0.1:4443/ --cert-sha256 <hash>',
    },
    {
      description: 'Does that track give anything?',
      command: '<%= config.bin %> probe https://relay.example/ --subscribe live/room1/video',
    },
    {
      description: 'How fast, and does everything arrive?',
      command: '<%= config.bin %> probe https://relay.example/ --roundtrip --objects 1000 --latency-critical 100ms',
    },
    {
      description: 'What does this relay speak, and what does it answer?',
      command: '<%= config.bin %> probe moqt://relay.example --matrix',
    },
  ];
  static override args = {
    url: urlArgument,
  };
  static override flags = {
    ...connectionFlags,
    ...probeRequestFlags,
    ...probeThresholdFlags,
    ...probeMatrixFlags,
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Probe);
    const { settings, requestTokens } = await prepareConnection(flags, { stdinTaken: false });
    const requests = prepareProbeRequests(flags, requestTokens);
    const thresholds = prepareThresholds(flags);
    hideUrlSecrets(args.url);
    this.startMaxTime(flags['max-time']);
    const paint = painter(wantsColor(1, flags.color, process.env));
    const isJson = this.output.json || this.output.jsonl;
    const { signal } = this.stop;
    if (flags.matrix) {
      const { probeMatrix, matrixExitCode } = await import('../core/probe/matrix/matrix.js');
      const matrix = await probeMatrix(args.url, { connect: settings, signal });
      this.print(isJson ? jsonLine(matrix) : matrixText(matrix, paint));
      return matrixExitCode(matrix);
    }
    // Loaded here: it brings the session layer with it.
    const { probe } = await import('../core/probe/probe.js');
    const { probeRequests } = await import('../core/probe/requests/requests.js');
    const sessionObserver = await this.traces.client(args.url);
    const measured = await probe(args.url, {
      connect: { ...settings, ...(sessionObserver && { sessionObserver }) },
      requests: requests && probeRequests(requests),
      signal,
    });
    const report = applyThresholds(measured, thresholds);
    this.print(isJson ? jsonLine(report) : probeText(report, { verbose: this.output.verbose, paint }));
    return report.exitCode;
  }
}
