import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { hexInput, mapLines } from '../cli/codec-input.js';
import { choiceFlag } from '../cli/flags/kinds.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { MoqtError } from '../core/errors/moqt-error.js';

export default class Decode extends MoqtCommand {
  static override summary = 'name every field of a message, stream or datagram';
  static override description =
    `Decodes the bytes of a control message, a subgroup or fetch stream, or a datagram of one draft.

With --jsonl stdin is a batch: lines {"draft":18,"kind":"control","hex":"…"} with the kinds control, subgroup, datagram, fetch-asc and fetch-desc; each gets one line, in order.`;
  static override usage = '<%= command.id %> HEX|FILE|- [FLAGS]';
  static override examples = [
    { description: 'A control message of draft 18:', command: '<%= config.bin %> decode --draft 18 07000100' },
    {
      description: 'A stream that was captured to a file:',
      command: '<%= config.bin %> decode --draft 16 --kind subgroup stream.bin',
    },
    { description: 'Many at once:', command: '<%= config.bin %> decode --jsonl < messages.jsonl' },
  ];
  static override args = {
    input: Args.string({ description: 'hex digits, a file, or - for stdin', ignoreStdin: true }),
  };
  static override flags = {
    draft: Flags.string({ description: 'the draft of the bytes', default: '18' }),
    kind: choiceFlag(['control', 'subgroup', 'fetch', 'datagram'], {
      description: 'what the bytes are',
      default: 'control',
    }),
    'group-order': choiceFlag(['ascending', 'descending'], {
      description: 'order that the FETCH asked for',
      default: 'ascending',
    }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, args } = await this.parseAll(Decode);
    const { decodeLine } = await import('../core/wire/view/batch.js');
    if (flags.jsonl) {
      await mapLines(decodeLine, args.input, this.stdout);
      return EXIT.ok;
    }
    if (args.input === undefined) throw badInput();
    const kind =
      flags.kind === 'fetch' ? (flags['group-order'] === 'ascending' ? 'fetch-asc' : 'fetch-desc') : flags.kind;
    const hex = await hexInput(args.input);
    const answer = JSON.parse(decodeLine(JSON.stringify({ draft: flags.draft, kind, hex })));
    if (!answer.ok) {
      const { code, message, incomplete } = answer.error;
      throw new MoqtError(code, message, {
        stage: 'decode',
        cause: incomplete ? 'decode.incomplete' : 'decode.invalid',
        hint: incomplete ? 'the bytes end before the message does' : 'check --draft and --kind',
      });
    }
    const { ok: _ok, ...document } = answer;
    this.print(flags.json ? JSON.stringify(document) : JSON.stringify(document, null, 2));
    return EXIT.ok;
  }
}

function badInput(): MoqtError {
  return new MoqtError('MOQT_E_USAGE', 'there is nothing to decode', {
    stage: 'config',
    cause: 'usage.arguments',
    hint: 'give hex digits, a file, - for stdin, or --jsonl for a batch on stdin',
  });
}
