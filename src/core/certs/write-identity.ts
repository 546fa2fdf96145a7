import { randomBytes } from 'node:crypto';
import { rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import type { GeneratedCertificate } from './generate.js';

/** Where a certificate and its key were written. */
export interface IdentityFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Writes `cert.pem` and `key.pem` (0600) into a folder that exists. Files that are there are kept, and nothing is written,
 * unless `force`; then they are replaced whole, never written into. Rejects with MOQT_E_LOCAL_IO.
 */
export async function writeIdentity(
  folder: string,
  made: Pick<GeneratedCertificate, 'certPem' | 'keyPem'>,
  { force }: { readonly force: boolean },
): Promise<IdentityFiles> {
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  if (force) {
    await replace(keyFile, made.keyPem, 0o600);
    await replace(certFile, made.certPem, 0o644);
    return { certFile, keyFile };
  }
  for (const file of [certFile, keyFile]) if (await exists(file)) throw occupied(file);
  await create(keyFile, made.keyPem, 0o600);
  try {
    await create(certFile, made.certPem, 0o644);
  } catch (error) {
    await unlink(keyFile);
    throw error;
  }
  return { certFile, keyFile };
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    // What cannot be looked at cannot be written either: writing tells why.
    return false;
  }
}

async function create(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? occupied(file) : unwritable(file, error);
  }
}

/** Under another name first, so that nobody reads half a file, and a link is not followed. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode });
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw unwritable(file, error);
  }
}

function occupied(file: string): MoqtError {
  return new MoqtError('MOQT_E_LOCAL_IO', `${escapeText(file)} exists, and nothing was written`, {
    stage: 'io',
    cause: 'io.eexist',
    hint: '--force replaces certificate and key, --out names another folder',
  });
}

function unwritable(file: string, origin: unknown): MoqtError {
  const code = (origin as NodeJS.ErrnoException).code ?? 'unknown';
  return new MoqtError('MOQT_E_LOCAL_IO', `cannot write ${escapeText(file)}: ${code}`, {
    stage: 'io',
    cause: `io.${code.toLowerCase()}`,
    hint: 'check the folder and its permissions',
    origin,
  });
}
