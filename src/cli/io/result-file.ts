import { writeFile } from 'node:fs/promises';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { writeThenRename } from './replace-file.js';

/** Writes a file that a command made. One that exists is kept, unless `force` says otherwise; a link is never followed. */
export async function writeResultFile(path: string, text: string, { force }: { force: boolean }): Promise<void> {
  if (force) await replace(path, text);
  else await create(path, text);
}

async function create(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw failure(path, error);
  }
}

async function replace(path: string, text: string): Promise<void> {
  try {
    await writeThenRename(path, text);
  } catch (error) {
    throw failure(path, error);
  }
}

function failure(path: string, origin: unknown): MoqtError {
  const code = String((origin as NodeJS.ErrnoException).code);
  const exists = code === 'EEXIST';
  return new MoqtError('MOQT_E_LOCAL_IO', exists ? `${path} exists` : `cannot write ${path}: ${code}`, {
    stage: 'io',
    cause: `io.${code.toLowerCase()}`,
    hint: exists ? 'choose another name with -o, or replace it with --force' : 'check the name and its permissions',
    origin,
  });
}
