import { randomBytes } from 'node:crypto';
import { rename, unlink, writeFile } from 'node:fs/promises';
import { MoqtError } from '../../core/errors/moqt-error.js';

/** Writes a file under another name first, so that nobody reads half of it. Rejects with the system's error. */
export async function writeThenRename(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Writes a file whole; one that exists is replaced. */
export async function replaceFile(path: string, text: string): Promise<void> {
  try {
    await writeThenRename(path, text);
  } catch (origin) {
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot write ${path}: ${String((origin as NodeJS.ErrnoException).code)}`, {
      stage: 'io',
      cause: 'io.unwritable',
      hint: 'check -o and the permissions of its folder',
      origin,
    });
  }
}
