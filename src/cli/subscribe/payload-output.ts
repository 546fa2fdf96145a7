import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { FileOutput } from '../io/file-output.js';
import { makeFolder } from '../io/make-folder.js';

/** A new file for writing: never one that exists, never through a link. */
export async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot create ${path}: ${code}`, {
      stage: 'io',
      cause: `io.${String(code).toLowerCase()}`,
      hint:
        code === 'EEXIST'
          ? 'files are never overwritten: remove it, or choose another name'
          : 'check the name and its permissions',
      origin: error,
    });
  }
}

/** `--output-dir`: one new file for each object. */
export class ObjectDirectory {
  private constructor(readonly path: string) {}

  /** @throws MoqtError MOQT_E_LOCAL_IO when it is not a folder of its own (a link is none). */
  static async open(path: string): Promise<ObjectDirectory> {
    try {
      await makeFolder(path);
      const info = await lstat(path);
      if (!info.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    } catch (error) {
      throw new MoqtError(
        'MOQT_E_LOCAL_IO',
        `cannot use ${path} as a folder for objects: ${(error as NodeJS.ErrnoException).code}`,
        {
          stage: 'io',
          cause: 'io.output-dir',
          hint: 'give a folder that exists, not a link, or a new name',
          origin: error,
        },
      );
    }
    return new ObjectDirectory(path);
  }

  /** Names come from numbers alone, so that nothing a peer chose becomes a path. They sort in track order. */
  async write(group: bigint, subgroup: bigint | null, object: bigint, payload: Uint8Array): Promise<void> {
    const pad = (id: bigint) => id.toString().padStart(20, '0');
    const name = `${pad(group)}-${subgroup === null ? 'datagram' : subgroup}-${pad(object)}`;
    const handle = await createFile(join(this.path, name));
    try {
      let offset = 0;
      while (offset < payload.length) {
        const { bytesWritten } = await handle.write(payload, offset);
        offset += bytesWritten;
      }
    } finally {
      await handle.close();
    }
  }
}

/** Where payload goes: stdout, or a new file. */
export interface PayloadTarget {
  readonly output: FileOutput;
  close(): Promise<void>;
}

export async function openTarget(file: string | undefined, stdout: FileOutput): Promise<PayloadTarget> {
  if (file === undefined || file === '-') return { output: stdout, close: () => stdout.flush() };
  const handle = await createFile(file);
  const output = new FileOutput(handle.fd, file, () => {});
  return {
    output,
    close: async () => {
      try {
        await output.flush();
      } finally {
        await handle.close();
      }
    },
  };
}

/** Keeps bytes that could take over a terminal away from it, unless they were asked for by `-o -`. */
export class TerminalGuard {
  readonly #active: boolean;

  constructor(options: { explicit: boolean; safe: boolean }) {
    this.#active = isatty(1) && !options.explicit && !options.safe;
  }

  /** @throws MoqtError MOQT_E_USAGE for bytes that are not plain text. */
  check(bytes: Uint8Array): void {
    if (!this.#active || isPlainText(bytes)) return;
    throw new MoqtError('MOQT_E_USAGE', 'the payload is binary, and would go to a terminal', {
      stage: 'io',
      cause: 'usage.binary-to-terminal',
      hint: 'redirect stdout, look at it with --frame hexdump, or insist with -o -',
    });
  }
}

/** Tabs and line ends are text; other control characters, C1 among them, are not. Cut UTF-8 sequences are let through. */
function isPlainText(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (
      (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) ||
      byte === 0x7f ||
      byte === 0xff ||
      byte === 0xc0
    )
      return false;
    if (byte === 0xc2 && (bytes[i + 1] as number) >= 0x80 && (bytes[i + 1] as number) < 0xa0) return false;
  }
  return true;
}
