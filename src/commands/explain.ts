import { Args, Flags } from '@oclif/core';
import { MoqtCommand } from '../cli/base-command.js';
import { badFlag, optionalChoiceFlag } from '../cli/flags/kinds.js';
import { painter, wantsColor } from '../cli/io/terminal.js';
import { CODE_SPACES, type CodeSpaceName } from '../core/errors/codes/code-space.js';
import { IMPLEMENTATIONS } from '../core/errors/codes/implementations.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { MoqtError } from '../core/errors/moqt-error.js';
import type { Explanation } from '../core/records/explanation.js';
import type { DraftProfile } from '../core/wire/profile.js';

const SPACES = Object.keys(CODE_SPACES) as CodeSpaceName[];
const MESSAGES = ['subscribe', 'publish', 'fetch', 'track-status', 'publish-namespace', 'subscribe-namespace'] as const;

/** Lines no wider than this, even where the terminal is. */
const MAX_COLUMNS = 110;

export default class Explain extends MoqtCommand {
  static override summary = 'say what a code means, what causes it and what to try';
  static override description =
    `Explains numbers, names and whole lines of other programs: codes of MoQT per draft, WebTransport (unwrapped), HTTP/3, HTTP/2, QUIC and TLS, HTTP statuses, and the causes and error codes of moqt. It needs no network.

Without --draft and --space every meaning is listed, the likeliest first, with the reason for its place. Words that are no code by themselves are taken together as one line. Nothing found is exit 1, with what comes nearest.`;
  static override usage = '<%= command.id %> CODE... [FLAGS]';
  static override examples = [
    { description: 'A code, in hexadecimal or decimal:', command: '<%= config.bin %> explain 0x178' },
    { description: 'One that WebTransport wrapped:', command: '<%= config.bin %> explain 91141958510811 --draft 18' },
    { description: 'A line of another program:', command: '<%= config.bin %> explain "closed by peer: 0"' },
    {
      description: 'One registry of one draft:',
      command: '<%= config.bin %> explain --space request-error 16 --draft 16',
    },
    { description: 'Everything there is:', command: '<%= config.bin %> explain --list --json' },
  ];
  static override args = {
    codes: Args.string({
      multiple: true,
      description: 'numbers, names, or a line that has one in it',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    draft: Flags.string({ helpValue: '<n,…>', description: 'these drafts instead of all' }),
    space: optionalChoiceFlag(SPACES, { description: 'what it is a code of' }),
    message: optionalChoiceFlag(MESSAGES, { description: 'the request that it answered' }),
    implementation: optionalChoiceFlag(
      IMPLEMENTATIONS.map(({ id }) => id),
      { description: 'who sent it' },
    ),
    list: Flags.boolean({ description: 'list every code instead' }),
  };

  protected override async execute(): Promise<ExitCode> {
    const { flags, argv } = await this.parseAll(Explain);
    const profiles = flags.draft === undefined ? undefined : await profilesOf(flags.draft);
    if (flags.message !== undefined && (flags.space ?? 'request-error') !== 'request-error') {
      throw usage('--message goes with --space request-error', 'only error replies differ by request');
    }
    if (flags.list ? argv.length > 0 : argv.length === 0) throw usage('give codes, or --list', 'moqt explain 0x178');
    const { Explainer } = await import('../core/explain/explain.js');
    const explainer = new Explainer({
      profiles,
      space: flags.space,
      message: flags.message?.toUpperCase().replaceAll('-', '_'),
      implementation: flags.implementation,
    });
    const { explanationText, meaningsTable } = await import('../core/render/explain-text.js');
    if (flags.list) {
      const meanings = explainer.list();
      if (flags.jsonl) for (const meaning of meanings) this.printDocument(meaning);
      else if (flags.json) this.printDocument({ meanings });
      else this.print(meaningsTable(meanings));
      return EXIT.ok;
    }
    const explanations = explainer.explainAll(argv);
    const options = {
      all: flags.verbose,
      width: Math.min(process.stdout.columns ?? MAX_COLUMNS, MAX_COLUMNS),
      paint: painter(wantsColor(1, flags.color, process.env)),
    };
    if (flags.jsonl) for (const explanation of explanations) this.printDocument(explanation);
    else if (flags.json) this.printDocument({ explanations });
    else this.print(explanations.map((explanation) => explanationText(explanation, options)).join('\n\n'));
    const unknown = explanations.filter(({ meanings }) => meanings.length === 0);
    if (unknown.length > 0) throw nothingFound(unknown);
    return EXIT.ok;
  }
}

/** The drafts of a list, in the order in which moqt has them: newest first. */
async function profilesOf(list: string): Promise<DraftProfile[]> {
  const { PROFILES } = await import('../core/wire/drafts/index.js');
  const wanted = list.split(',').map((draft) => draft.trim());
  const known = PROFILES.map(({ draft }) => draft);
  if (wanted.some((draft) => !known.includes(draft))) throw badFlag('draft', list, `drafts among ${known.join(', ')}`);
  return PROFILES.filter(({ draft }) => wanted.includes(draft));
}

function usage(message: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.arguments',
    hint: `expected: ${expected}`,
  });
}

function nothingFound(unknown: readonly Explanation[]): MoqtError {
  const nearest = [...new Set(unknown.flatMap((one) => one.nearest.map(({ name }) => name)))];
  return new MoqtError('MOQT_E_CHECK', `nothing is known of ${unknown.map(({ input }) => input).join(', ')}`, {
    stage: 'decode',
    cause: 'explain.unknown',
    hint: nearest.length > 0 ? `nearest: ${nearest.join(', ')}` : 'moqt explain --list shows what there is',
  });
}
