import { createRequire } from 'node:module';
import type { Quiche } from '@matrixai/quic/native/quiche.js';
import type { Config, Connection, Host, RecvInfo } from '@matrixai/quic/native/types.js';
import { EXIT } from '../../errors/exit-codes.js';
import { MoqtError } from '../../errors/moqt-error.js';

export type { Quiche };
export type NativeConfig = Config;
export type NativeConnection = Connection;
export type HostPort = Host;
export type { RecvInfo };

let loading: Promise<Quiche> | null = null;

/** The QUIC binding, loaded on first use: the addon is 3 MB and commands that open no connection must not pay for it. */
export function loadQuiche(): Promise<Quiche> {
  loading ??= loadAddon().catch((origin: unknown) => {
    loading = null;
    throw missingAddon(origin);
  });
  return loading;
}

/** The package's own module looks in a dozen places first, and takes three times as long: it is for where this finds nothing. */
async function loadAddon(): Promise<Quiche> {
  try {
    const parent = createRequire(import.meta.url).resolve('@matrixai/quic/package.json');
    return createRequire(parent)(`@matrixai/quic-${process.platform}-${process.arch}`) as Quiche;
  } catch {
    return (await import('@matrixai/quic/native/quiche.js')).default;
  }
}

function missingAddon(origin: unknown): MoqtError {
  const platform = `${process.platform}-${process.arch}${libc()}`;
  return new MoqtError('MOQT_E_UNSUPPORTED', `the QUIC library has no working build for ${platform}`, {
    stage: 'quic',
    cause: 'quic.no-addon',
    hint: `install the optional package @matrixai/quic-${process.platform}-${process.arch}; builds exist for glibc Linux, macOS and Windows on x64, and macOS on arm64`,
    exitCode: EXIT.bug,
    origin,
  });
}

function libc(): string {
  if (process.platform !== 'linux') return '';
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const glibc = report?.header?.glibcVersionRuntime;
  return glibc === undefined ? ' (musl)' : ` (glibc ${glibc})`;
}

/** Which half of a stream `streamShutdown` ends; the binding's enum, known without loading it. */
export const SHUTDOWN_READ = 0;
export const SHUTDOWN_WRITE = 1;

/** The code inside the binding's `StreamReset(n)` or `StreamStopped(n)`, or null for any other error. */
export function streamErrorCode(error: unknown, kind: 'StreamReset' | 'StreamStopped'): bigint | null {
  const message = errorText(error);
  if (!message.startsWith(kind)) return null;
  const digits = /\((\d+)\)/.exec(message)?.[1];
  return digits === undefined ? null : BigInt(digits);
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
