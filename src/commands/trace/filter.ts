import { Flags } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import {
  filterFlags,
  filterOf,
  printTrace,
  tellNotes,
  traceArgument,
  traceTarget,
} from '../../cli/trace/trace-commands.js';
import type { ExitCode } from '../../core/errors/exit-codes.js';

export default class TraceFilter extends MoqtCommand {
  static override summary = 'keep only some events of a trace';
  static override description =
    `An event must pass all that is asked for. Events keep their sequence numbers, so what was left out can be seen. What a stream's header says (direction, alias, group) goes for everything on the stream.

Without -o the events are printed, as show does.`;
  static override usage = '<%= command.id %> FILE [-o OUT] [FLAGS]';
  static override examples = [
    {
      description: 'One track, from its tenth second on:',
      command: '<%= config.bin %> trace filter t.moqtrace --alias 3 --from 10s -o track.moqtrace',
    },
    {
      description: 'One session of a relay:',
      command: '<%= config.bin %> trace filter relay.moqtrace --peer 4 -o four.qlog',
    },
  ];
  static override args = { file: traceArgument };
  static override flags = {
    output: Flags.string({ char: 'o', helpValue: 'OUT', description: 'file to write; its suffix is the format' }),
    ...filterFlags,
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceFilter);
    const filter = filterOf(flags);
    const [{ readTraceFile }, { filterTrace }, { convertTrace }, { formatOfFile }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/trace/filter.js'),
      import('../../core/trace/convert.js'),
      import('../../core/trace/trace-format.js'),
    ]);
    const items = filterTrace(readTraceFile(args.file), filter);
    if (flags.output === undefined) return tellNotes(this, await printTrace(this, items));
    const format = formatOfFile(flags.output);
    const target = await traceTarget(flags.output, args.file);
    try {
      const { events, notes } = await convertTrace(items, format, target.write);
      if (flags.json || flags.jsonl) this.printDocument({ output: flags.output, format, events, notes });
      else this.note(`${events} events written to ${flags.output}`);
      return tellNotes(this, notes);
    } finally {
      await target.close();
    }
  }
}
