import { fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isatty } from 'node:tty';
import { MoqtError } from '../../core/errors/moqt-error.js';

const CHUNK_BYTES = 256 * 1024;

/** What a command reads: files one after the other, or stdin. */
export interface Input {
  /** Bytes in all, or null when nobody knows (stdin, a pipe, a device). */
  readonly totalBytes: number | null;
  readonly isTerminal: boolean;
  /** The parts in order; a consumer that takes each file by itself uses these, others concatenate them. */
  readonly parts: readonly InputPart[];
  close(): Promise<void>;
}

export interface InputPart {
  readonly name: string;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * Opens every input before anything is sent, so that a mistake in the last name is found first. No names, or `-`, is stdin.
 * @throws MoqtError MOQT_E_USAGE for a directory, MOQT_E_LOCAL_IO for what cannot be opened.
 */
export async function openInput(names: readonly string[]): Promise<Input> {
  const wanted = names.length === 0 ? ['-'] : names;
  if (wanted.filter((name) => name === '-').length > 1) {
    throw new MoqtError('MOQT_E_USAGE', 'stdin (-) is named twice', {
      stage: 'config',
      cause: 'usage.arguments',
      hint: 'name it once',
    });
  }
  const handles: FileHandle[] = [];
  const parts: InputPart[] = [];
  let total: number | null = 0;
  try {
    for (const name of wanted) {
      if (name === '-') {
        if (isDirectory(0)) throw directory('stdin');
        parts.push({ name: 'stdin', chunks: readStdin });
        total = null;
        continue;
      }
      const handle = await openFile(name);
      handles.push(handle);
      const info = await handle.stat();
      if (info.isDirectory()) {
        throw directory(name);
      }
      if (!info.isFile()) total = null;
      else if (total !== null) total += info.size;
      parts.push({ name, chunks: () => readFile(name, handle, info.isFile() ? info : null) });
    }
  } catch (error) {
    await closeAll(handles);
    throw error;
  }
  return { totalBytes: total, isTerminal: wanted.includes('-') && isatty(0), parts, close: () => closeAll(handles) };
}

function directory(name: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `${name} is a directory`, {
    stage: 'config',
    cause: 'usage.directory',
    hint: 'name files; to publish a folder, pipe an archive: tar c DIR | moqt publish …',
  });
}

/** False also for a descriptor that is closed: reading it will tell. */
function isDirectory(fd: number): boolean {
  try {
    return fstatSync(fd).isDirectory();
  } catch {
    return false;
  }
}

/** All parts as one stream of bytes. */
export async function* concatenate(input: Input): AsyncIterable<Uint8Array> {
  for (const part of input.parts) yield* part.chunks();
}

async function openFile(name: string): Promise<FileHandle> {
  try {
    return await open(name, 'r');
  } catch (error) {
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot read ${name}: ${(error as NodeJS.ErrnoException).code}`, {
      stage: 'io',
      cause: `io.${String((error as NodeJS.ErrnoException).code).toLowerCase()}`,
      hint: 'check the name and its permissions',
      origin: error,
    });
  }
}

/** A file must be the same when we finish as when we began, or what was published is neither the old one nor the new. */
async function* readFile(name: string, handle: FileHandle, before: { size: number; mtimeMs: number } | null) {
  let offset = 0;
  for (;;) {
    // A buffer for each chunk: the network holds on to it until it has been sent.
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, before ? offset : null);
    if (bytesRead === 0) break;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  if (!before) return;
  const after = await handle.stat();
  if (offset !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new MoqtError(
      'MOQT_E_INCOMPLETE',
      `${name} changed while it was read: ${before.size} bytes then, ${offset} bytes read`,
      {
        stage: 'io',
        cause: 'io.file-changed',
        hint: 'publish a file that is not being written, or pipe it through stdin',
      },
    );
  }
}

async function* readStdin(): AsyncIterable<Uint8Array> {
  for await (const chunk of process.stdin) yield chunk as Uint8Array;
}

async function closeAll(handles: readonly FileHandle[]): Promise<void> {
  await Promise.allSettled(handles.map((handle) => handle.close()));
}
