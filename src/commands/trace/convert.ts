import { Flags } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { filterFlags, filterOf, tellNotes, traceArgument, traceTarget } from '../../cli/trace/trace-commands.js';
import type { ExitCode } from '../../core/errors/exit-codes.js';

export default class TraceConvert extends MoqtCommand {
  static override summary = 'write a trace in another format, losing nothing';
  static override description =
    `The name of the output decides: .moqtrace, .qlog or .mlog. A trace converted there and back is the same, event by event: what qlog has no place for travels beside its data, under moqtrace. Events of other qlog schemas become annotations, and go back as they were.

Secrets that the trace holds, it keeps: what moqt writes has none, what others write may.`;
  static override usage = '<%= command.id %> FILE -o OUT [FLAGS]';
  static override examples = [
    {
      description: 'For qvis and other tools of qlog:',
      command: '<%= config.bin %> trace convert t.moqtrace -o t.qlog',
    },
    { description: "A relay's mlog:", command: '<%= config.bin %> trace convert relay.mlog -o relay.moqtrace' },
  ];
  static override args = { file: traceArgument };
  static override flags = {
    output: Flags.string({
      char: 'o',
      required: true,
      helpValue: 'OUT',
      description: 'file to write; its suffix is the format',
    }),
    ...filterFlags,
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceConvert);
    const filter = filterOf(flags);
    const [{ readTraceFile }, { filterTrace }, { convertTrace }, { formatOfFile }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/trace/filter.js'),
      import('../../core/trace/convert.js'),
      import('../../core/trace/trace-format.js'),
    ]);
    const format = formatOfFile(flags.output);
    const target = await traceTarget(flags.output, args.file);
    try {
      const { events, notes } = await convertTrace(filterTrace(readTraceFile(args.file), filter), format, target.write);
      if (flags.json || flags.jsonl) this.printDocument({ output: flags.output, format, events, notes });
      else this.note(`${events} events written to ${flags.output}`);
      return tellNotes(this, notes);
    } finally {
      await target.close();
    }
  }
}
