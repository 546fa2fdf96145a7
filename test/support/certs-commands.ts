import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { CertificateInspection, CertificateReading } from '../../src/core/records/certificate-report.js';
import type { TestCertificate } from './certs.js';
import { run, startRelay, type TestRelay } from './moqt.js';

/** What tests of `moqt certs` share. `relay` is there once the tests run. */
export interface CertsSetting {
  readonly relay: TestRelay;
  readonly folder: string;
  /** Writes a file to the folder; gives its path. */
  file(name: string, content: string | Uint8Array): string;
}

/** A relay, and a folder that goes with the last test of the file. */
export function useCertsSetting(): CertsSetting {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-certs-'));
  const running: { relay: TestRelay | null } = { relay: null };
  beforeAll(async () => {
    running.relay = await startRelay();
  });
  afterAll(async () => {
    await running.relay?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get relay() {
      return running.relay as TestRelay;
    },
    folder,
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
  };
}

export const hexOf = ({ sha256 }: TestCertificate): string => Buffer.from(sha256).toString('hex');

export async function inspect(...args: string[]): Promise<CertificateInspection> {
  const result = await run(['certs', 'inspect', ...args, '--json']);
  expect(result.code, result.stderr).toBe(0);
  return JSON.parse(result.stdout.toString()) as CertificateInspection;
}

/** The only reading, which succeeded. */
export async function readingOf(...args: string[]): Promise<CertificateReading> {
  const { readings } = await inspect(...args);
  expect(readings).toHaveLength(1);
  expect(readings[0]).toMatchObject({ ok: true });
  return readings[0] as CertificateReading;
}
