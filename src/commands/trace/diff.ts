import { Args } from '@oclif/core';
import { MoqtCommand } from '../../cli/base-command.js';
import { tellNotes, traceArgument } from '../../cli/trace/trace-commands.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { traceDiffText } from '../../core/render/trace-text.js';

export default class TraceDiff extends MoqtCommand {
  static override summary = 'compare two runs: what is missing, what came in another order, what came later';
  static override description =
    `Tracks are matched by their names where the messages tell them, else by alias. Objects are matched by group and object ID: those that only one run has are a loss of the other's; those whose order differs are counted; and for the rest it says by how much they came later, counted from the first object that both have.

Exit 0 when messages, objects and order are the same, 1 when not. Timing alone is no difference.`;
  static override usage = '<%= command.id %> FIRST SECOND [FLAGS]';
  static override examples = [
    {
      description: 'The same track through two relays:',
      command: '<%= config.bin %> trace diff one.moqtrace two.mlog',
    },
    { description: 'For a script:', command: '<%= config.bin %> trace diff a.moqtrace b.moqtrace --json | jq .tracks' },
  ];
  static override args = {
    first: traceArgument,
    second: Args.string({ required: true, description: 'the run to compare with the first', ignoreStdin: true }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(TraceDiff);
    const [{ readTraceFile, loadTrace }, { diffTraces }] = await Promise.all([
      import('../../core/trace/read-trace.js'),
      import('../../core/trace/diff.js'),
    ]);
    const first = await loadTrace(readTraceFile(args.first));
    const diff = diffTraces(first, await loadTrace(readTraceFile(args.second)));
    if (flags.json || flags.jsonl) this.printDocument(diff);
    else this.print(traceDiffText(diff));
    const code = tellNotes(this, diff.notes);
    return code === EXIT.ok && !diff.same ? EXIT.checkFailed : code;
  }
}
