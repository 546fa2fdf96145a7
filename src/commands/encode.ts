import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { mapLines, textInput } from '../cli/codec-input.js';
import { choiceFlag } from '../cli/flags/kinds.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { MoqtError } from '../core/errors/moqt-error.js';

export default class Encode extends MoqtCommand {
  static override summary = 'the bytes of what decode shows';
  static override description =
    `Encodes a control message, a subgroup or fetch stream, or a datagram from the JSON that decode prints as "decoded".

With --jsonl stdin is a batch: lines {"draft","kind","decoded"}; each gets one line {"ok":true,"hex":"…"}, in order.`;
  static override usage = '<%= command.id %> JSON|FILE|- [FLAGS]';
  static override examples = [
    {
      description: 'A REQUEST_OK of draft 18:',
      command: `<%= config.bin %> encode --draft 18 '{"message_type":"request_ok","parameters":[],"track_properties":[]}'`,
    },
    { description: 'Many at once:', command: '<%= config.bin %> encode --jsonl < messages.jsonl' },
  ];
  static override args = {
    input: Args.string({ description: 'a JSON object, a file, or - for stdin', ignoreStdin: true }),
  };
  static override flags = {
    draft: Flags.string({ description: 'the draft of the bytes', default: '18' }),
    kind: choiceFlag(['control', 'subgroup', 'fetch', 'datagram'], {
      description: 'what the JSON describes',
      default: 'control',
    }),
    'group-order': choiceFlag(['ascending', 'descending'], {
      description: 'order that the FETCH asked for',
      default: 'ascending',
    }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Encode);
    const { encodeLine } = await import('../core/wire/view/batch.js');
    if (flags.jsonl) {
      await mapLines(encodeLine, args.input, this.stdout);
      return EXIT.ok;
    }
    if (args.input === undefined) throw usage('there is nothing to encode');
    const text = await textInput(args.input);
    let decoded: unknown;
    try {
      decoded = JSON.parse(text);
    } catch (error) {
      throw usage(`the input is not JSON: ${(error as Error).message}`);
    }
    const kind =
      flags.kind === 'fetch' ? (flags['group-order'] === 'ascending' ? 'fetch-asc' : 'fetch-desc') : flags.kind;
    const answer = JSON.parse(encodeLine(JSON.stringify({ draft: flags.draft, kind, decoded })));
    if (!answer.ok) {
      throw new MoqtError('MOQT_E_ENCODE', answer.error.message, {
        stage: 'encode',
        cause: 'encode.invalid',
        hint: 'decode a similar message to see the names and shapes of its fields',
      });
    }
    this.print(flags.json ? JSON.stringify({ hex: answer.hex }) : answer.hex);
    return EXIT.ok;
  }
}

function usage(message: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.arguments',
    hint: 'give a JSON object, a file that holds one, - for stdin, or --jsonl for a batch on stdin',
  });
}
