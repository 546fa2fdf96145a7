import { readFile } from 'node:fs/promises';
import { MoqtError } from '../../core/errors/moqt-error.js';
import type { AuthorizationToken } from '../../core/wire/messages/parameters.js';
import { hideSecrets } from '../command/secrets.js';

/** No token that anybody issues is longer; a larger file is a mistake. */
const MAX_TOKEN_BYTES = 64 * 1024;

/**
 * The token that `--auth-token env:NAME|file:PATH|-` points to, or that MOQT_AUTH_TOKEN holds; null when there is none.
 * One final newline is not part of it. The token itself is never accepted on the command line, where everyone can read it.
 * @throws MoqtError MOQT_E_USAGE for any other form, an unset variable or an empty token; MOQT_E_LOCAL_IO for an unreadable file.
 */
export async function readAuthToken(options: {
  source: string | undefined;
  env: NodeJS.ProcessEnv;
  /** True where stdin is the data. */
  stdinTaken: boolean;
}): Promise<Uint8Array | null> {
  const { source, env, stdinTaken } = options;
  if (source === undefined)
    return env.MOQT_AUTH_TOKEN ? token(Buffer.from(env.MOQT_AUTH_TOKEN), 'MOQT_AUTH_TOKEN') : null;
  if (source === '-') {
    if (stdinTaken) throw usage('--auth-token - reads stdin, which is the data here', 'env:NAME or file:PATH');
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of process.stdin) {
      size += (chunk as Uint8Array).length;
      if (size > MAX_TOKEN_BYTES) break;
      chunks.push(chunk as Uint8Array);
    }
    return token(Buffer.concat(chunks), 'stdin', size);
  }
  if (source.startsWith('env:')) {
    const name = source.slice(4);
    const value = env[name];
    if (!value)
      throw usage(
        `--auth-token: the environment variable ${name || '(empty name)'} is not set`,
        'the name of a variable that holds the token',
      );
    return token(Buffer.from(value), name);
  }
  if (source.startsWith('file:')) {
    const path = source.slice(5);
    try {
      return token(await readFile(path), path);
    } catch (error) {
      if (error instanceof MoqtError) throw error;
      throw new MoqtError(
        'MOQT_E_LOCAL_IO',
        `cannot read the token file ${path}: ${(error as NodeJS.ErrnoException).code}`,
        {
          stage: 'config',
          cause: 'io.token-file',
          hint: 'check --auth-token and the file permissions',
          origin: error,
        },
      );
    }
  }
  throw usage('--auth-token takes a place to read the token from, not the token', 'env:NAME, file:PATH or -');
}

export function asAuthorizationToken(value: Uint8Array, type: number): AuthorizationToken {
  return { alias: 'use-value', tokenType: BigInt(type), value };
}

function token(bytes: Buffer, from: string, size = bytes.length): Uint8Array {
  if (size > MAX_TOKEN_BYTES) throw usage(`the token from ${from} has more than ${MAX_TOKEN_BYTES} bytes`, 'a token');
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : undefined;
  const value = bytes.subarray(0, end);
  if (value.length === 0) throw usage(`the token from ${from} is empty`, 'a token');
  hideSecrets([value.toString()]);
  return value;
}

function usage(message: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.auth-token',
    hint: `expected ${expected}`,
  });
}
