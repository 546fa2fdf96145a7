import { Args } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { pluginFailure } from '../cli/command/failure-form.js';
import { connectionFlags } from '../cli/flags/connection-flags.js';
import { probeMatrixFlags, probeRequestFlags, probeThresholdFlags } from '../cli/flags/probe-flags.js';
import { probeOutputFlags } from '../cli/flags/probe-output-flags.js';
import { probeFollowing } from '../cli/probe/follow-probe.js';
import { prepareProbeRequests, prepareThresholds } from '../cli/probe/probe-requests.js';
import { probeTargets } from '../cli/probe/probe-targets.js';
import { checkProbeOutput, type Measure, runProbes } from '../cli/probe/run-probes.js';
import { followFlags } from '../cli/session/follow-redirects.js';
import type { ExitCode } from '../core/errors/exit-codes.js';
import { applyThresholds } from '../core/probe/thresholds.js';

export default class Probe extends MoqtCommand {
  static override summary = 'say where a connection fails, why, and what to do';
  static override description =
    `Walks the stages of a connection in order (url, dns, udp, quic, tls, alpn; for WebTransport http3, connect, protocol; then setup), times each, and stops at the first that fails. It names the stage, the cause (a stable string) and the remedy, and where two explanations remain it does the experiment that tells them apart: TCP on the same port, each draft alone, the other address family, a packet of full size, HTTP/2.

It never falls back to another transport. The exit code is that of the cause; warnings fail nothing.

What is asked for goes on after SETUP: --announce, --subscribe (with its first object), --fetch, --track-status, or --roundtrip, which sends objects through the relay from one connection to another and counts loss, duplication, reordering, corruption and latency. Limits (--rtt-critical 50ms and the like) make a probe fail (1) that is too slow, --matrix tries every draft over every transport and finds out how the relay behaves.`;
  static override usage = '<%= command.id %> [URL…] [FLAGS]';
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
      description: 'For a monitoring system:',
      command: '<%= config.bin %> probe https://relay.example/ --format nagios --rtt-warning 50ms',
    },
    {
      description: 'Several relays as a page to look at:',
      command: '<%= config.bin %> probe -f relays.json --format html -o relays.html',
    },
    {
      description: 'A Prometheus exporter for a list of relays:',
      command: '<%= config.bin %> probe -f relays.json --serve 9464',
    },
    {
      description: 'What does this relay speak, and what does it answer?',
      command: '<%= config.bin %> probe moqt://relay.example --matrix',
    },
  ];
  static override args = {
    url: Args.string({
      multiple: true,
      description: 'moqt://, https:// or http:// URLs of relays; none with -f',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...connectionFlags,
    ...followFlags,
    ...probeRequestFlags,
    ...probeThresholdFlags,
    ...probeMatrixFlags,
    ...probeOutputFlags,
  };

  protected override preset(given: (flag: string) => string | undefined): void {
    this.failureForm = given('format') === 'nagios' ? pluginFailure('moqt probe') : null;
  }

  protected override async execute(): Promise<ExitCode> {
    const { flags, argv } = await this.parseAll(Probe);
    checkProbeOutput(flags, this.output);
    const targets = await probeTargets(argv, flags.file, flags);
    const thresholds = prepareThresholds(flags);
    prepareProbeRequests(flags, []);
    this.startMaxTime(flags['max-time']);
    const { signal } = this.stop;
    // Loaded where they are wanted: a probe is run often, and most of its time on a good network is its start.
    if (flags.matrix) return (await import('../cli/probe/run-matrix.js')).runMatrix(this, flags, targets, thresholds);
    const { probe } = await import('../core/probe/probe.js');
    const measure: Measure = async (target) => {
      const report = await probeFollowing(this, flags, target, async ({ url, settings, requests: asked }) => {
        const requests = asked && (await import('../core/probe/requests/requests.js')).probeRequests(asked);
        const sessionObserver = await this.traces.client(url);
        const connect = { ...settings, ...(sessionObserver && { sessionObserver }) };
        return probe(url, { connect, requests, signal });
      });
      return applyThresholds(report, thresholds);
    };
    const { serve } = flags;
    if (serve === undefined) return runProbes(this, flags, targets, measure);
    const { serveProbes } = await import('../cli/probe/serve-probes.js');
    return serveProbes(this, { ...flags, serve }, targets, measure);
  }
}
