import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { jsonLine } from '../../cli/io/json-line.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { MoqtError } from '../../core/errors/moqt-error.js';

export default class TraceHtml extends MoqtCommand {
  static override summary = 'draw a trace as one HTML page';
  static override description =
    `Reads a trace (.moqtrace, or qlog and mlog as JSON-SEQ) and writes one page that is complete in itself: the messages of both sides with requests joined to their answers, streams and objects over time, objects by group with the gaps between them, the times that the trace has both ends of, states and errors. It can be searched, filtered and zoomed, and needs no network.

The page is written next to the trace, with the suffix .html, unless -o says otherwise; one that exists is kept unless --force is given. Of very long traces it holds the first events and says how many there were.`;
  static override usage = '<%= command.id %> FILE [FLAGS]';
  static override examples = [
    {
      description: 'Record a session and look at it:',
      command:
        '<%= config.bin %> subscribe moqt://localhost:4443 live/room1 video --trace t.moqtrace > video.bin && <%= config.bin %> trace html t.moqtrace',
    },
    {
      description: 'To a pipe:',
      command: '<%= config.bin %> trace html relay.mlog -o - | gzip > trace.html.gz',
    },
  ];
  static override args = {
    file: Args.string({ required: true, description: 'the trace, or - for stdin', ignoreStdin: true }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', helpValue: '<file>', description: 'where the page goes; - is stdout' }),
    force: Flags.boolean({ description: 'replace a file that exists' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceHtml);
    const target = flags.output ?? pageName(args.file);
    const [{ loadTrace, readTraceFile }, { traceHtml }, { traceNames }, { readPageAssets }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/render/trace-html/index.js'),
      import('../../cli/trace/trace-names.js'),
      import('../../cli/trace/page-assets.js'),
    ]);
    const [assets, trace] = await Promise.all([readPageAssets('trace'), loadTrace(readTraceFile(args.file))]);
    const { html, cuts } = traceHtml(trace, traceNames(trace.header), assets);
    const notes = trace.notes.map(({ message }) => message);
    for (const note of notes) this.warning(note, 'trace');
    for (const { what, shown, total } of cuts) {
      this.warning(`the page holds the first ${shown} of ${total} ${what}`, 'page-cut');
    }
    const bytes = Buffer.byteLength(html);
    const document = { file: target === '-' ? null : target, bytes, events: trace.events.length, notes, cuts };
    if (target === '-') {
      await this.stdout.write(Buffer.from(html));
      if (flags.json || flags.jsonl) this.tell(jsonLine(document));
      return EXIT.ok;
    }
    const { writeResultFile } = await import('../../cli/io/result-file.js');
    await writeResultFile(target, html, { force: flags.force });
    if (flags.json || flags.jsonl) this.printDocument(document);
    else this.print(target);
    return EXIT.ok;
  }
}

/** `t.moqtrace` becomes `t.html`. */
function pageName(trace: string): string {
  if (trace !== '-') return `${trace.replace(/\.(?:moqtrace|qlog|mlog|sqlog)$/i, '')}.html`;
  throw new MoqtError('MOQT_E_USAGE', 'a trace from stdin has no name that the page could take', {
    stage: 'config',
    cause: 'usage.arguments',
    hint: 'name the page with -o, or write it to stdout with -o -',
  });
}
