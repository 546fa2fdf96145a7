import { MoqtCommand } from '../../cli/base-command.js';
import { filterFlags, filterOf, tellNotes, traceArgument } from '../../cli/trace/trace-commands.js';
import type { ExitCode } from '../../core/errors/exit-codes.js';
import { traceStatsText } from '../../core/render/trace-text.js';

export default class TraceStats extends MoqtCommand {
  static override summary = 'sum up a trace: messages, tracks, objects, bytes, timing';
  static override description =
    'Reads a trace of any size in one pass. Tracks are told apart by alias and direction, and named where a message names them. Times are those of the program that wrote the trace.';
  static override usage = '<%= command.id %> FILE [FLAGS]';
  static override examples = [
    { description: 'What happened?', command: '<%= config.bin %> trace stats t.moqtrace' },
    { description: 'Only the last groups:', command: '<%= config.bin %> trace stats t.moqtrace --group 90-99 --json' },
  ];
  static override args = { file: traceArgument };
  static override flags = filterFlags;

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceStats);
    const filter = filterOf(flags);
    const [{ readTraceFile }, { filterTrace }, { traceStats }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/trace/filter.js'),
      import('../../core/trace/stats.js'),
    ]);
    const stats = await traceStats(filterTrace(readTraceFile(args.file), filter));
    if (flags.json || flags.jsonl) this.printDocument(stats);
    else this.print(traceStatsText(stats));
    return tellNotes(this, stats.notes);
  }
}
