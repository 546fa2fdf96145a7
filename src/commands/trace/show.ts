import { MoqtCommand } from '../../cli/base-command.js';
import { filterFlags, filterOf, printTrace, tellNotes, traceArgument } from '../../cli/trace/trace-commands.js';
import type { ExitCode } from '../../core/errors/exit-codes.js';

export default class TraceShow extends MoqtCommand {
  static override summary = 'print what a trace holds, event by event';
  static override description =
    `Reads .moqtrace (versions 1 and 2), mlog and qlog. With --jsonl each line is an event with the keys of .moqtrace, and kind, the name of e; the first line is the header. With --json it is one document.

A file that ends within a record, as that of a killed program does, is shown as far as it goes, with a warning. What is damaged ends with exit 9.`;
  static override usage = '<%= command.id %> FILE [FLAGS]';
  static override examples = [
    {
      description: 'The control messages of a run:',
      command: '<%= config.bin %> trace show t.moqtrace --kind control-message',
    },
    { description: 'For a script:', command: '<%= config.bin %> trace show relay.mlog --jsonl | jq .msg' },
  ];
  static override args = { file: traceArgument };
  static override flags = filterFlags;

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceShow);
    const filter = filterOf(flags);
    const [{ readTraceFile }, { filterTrace }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/trace/filter.js'),
    ]);
    return tellNotes(this, await printTrace(this, filterTrace(readTraceFile(args.file), filter)));
  }
}
