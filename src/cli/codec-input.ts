import { existsSync } from 'node:fs';
import { MoqtError } from '../core/errors/moqt-error.js';
import { toHex } from '../core/util/bytes.js';
import { LineBatch } from '../core/wire/view/batch.js';
import type { FileOutput } from './io/file-output.js';
import { concatenate, type Input, openInput } from './io/input.js';

/** Larger inputs than any stream that a person would look at field by field. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

function isFile(name: string): boolean {
  return existsSync(name);
}

/** Answers every line of a file or stdin on `output`, in order, with backpressure. */
export async function mapLines(
  answer: (line: string) => string,
  name: string | undefined,
  output: FileOutput,
): Promise<void> {
  const input = await openInput(name === undefined ? [] : [name]);
  tellTerminal(input);
  const batch = new LineBatch(answer);
  try {
    for await (const chunk of concatenate(input)) {
      const text = batch.push(chunk);
      if (text !== '') await output.write(Buffer.from(text));
      if (output.broken) return;
    }
    const rest = batch.end();
    if (rest !== '') await output.write(Buffer.from(rest));
  } finally {
    await input.close();
  }
}

/** Hex digits from the argument itself (blanks allowed), or the bytes of a file or stdin. */
export async function hexInput(argument: string): Promise<string> {
  const compact = argument.replaceAll(/\s/g, '');
  if (argument !== '-' && /^([0-9a-fA-F]{2})+$/.test(compact)) return compact;
  const bytes = await readAll(argument, 'an even number of hex digits');
  // A file of hex digits is as likely as one of bytes: bytes that spell hex and nothing else are taken as hex.
  const text = bytes.toString('latin1').replaceAll(/\s/g, '');
  return /^([0-9a-fA-F]{2})+$/.test(text) ? text : toHex(bytes);
}

/** The argument itself when it is JSON, else the text of a file or stdin. */
export async function textInput(argument: string): Promise<string> {
  return argument.trimStart().startsWith('{') ? argument : (await readAll(argument, 'a JSON object')).toString('utf8');
}

/** Nobody should wonder what a command waits for. */
function tellTerminal(input: Input): void {
  if (input.isTerminal) process.stderr.write('moqt: reading from the terminal (stdin); end with Ctrl-D\n');
}

async function readAll(name: string, expected: string): Promise<Buffer> {
  if (name !== '-' && !isFile(name)) {
    throw new MoqtError('MOQT_E_USAGE', `${JSON.stringify(name)} is neither ${expected} nor a file`, {
      stage: 'config',
      cause: 'usage.arguments',
      hint: `expected ${expected}, a file, or - for stdin`,
    });
  }
  const input = await openInput([name]);
  tellTerminal(input);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of concatenate(input)) {
      size += chunk.length;
      if (size > MAX_INPUT_BYTES) {
        throw new MoqtError('MOQT_E_USAGE', `the input has more than ${MAX_INPUT_BYTES} bytes`, {
          stage: 'config',
          cause: 'usage.size',
          hint: 'decode it in parts',
        });
      }
      chunks.push(chunk);
    }
  } finally {
    await input.close();
  }
  return Buffer.concat(chunks);
}
