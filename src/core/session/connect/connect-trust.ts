import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fetchPin, isLoopbackHost } from '../../certs/bootstrap.js';
import { parseCertificates } from '../../certs/pem.js';
import { readCaFile, systemRoots } from '../../certs/roots.js';
import type { Verify } from '../../certs/trust.js';
import { MoqtError } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import type { ConnectPlan } from './connect-plan.js';
import type { ConnectSettings, ConnectWarning, TrustSettings } from './connect-settings.js';

/** Trust, decided: what the transport needs to judge the server and to show who we are. */
export interface ResolvedTrust {
  readonly verify: Verify;
  /** Where the roots came from; null when no chain is checked. */
  readonly roots: string | null;
  readonly servername: string | undefined;
  readonly certPem: string | undefined;
  readonly keyPem: string | undefined;
  readonly warnings: readonly ConnectWarning[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads and checks all local material. Nothing is sent. */
export async function resolveTrust(settings: TrustSettings, env: Env): Promise<ResolvedTrust> {
  const { pins, insecure = false, servername } = settings;
  const pinned = pins !== undefined && pins.length > 0;
  if (pinned && insecure) throw usage('a certificate hash and --insecure contradict each other: give one of them');
  if (settings.caFile !== undefined && settings.caPem !== undefined) throw usage('give the roots as a file or as text');
  const named = settings.caFile === undefined ? null : await readCaFile(settings.caFile);
  if (settings.caPem !== undefined) checkCaText(settings.caPem);
  const identity = await readIdentity(settings);
  const rest = { servername, ...identity };
  if (pinned) return { verify: { kind: 'pins', sha256: pins }, roots: null, warnings: [], ...rest };
  if (insecure) {
    const message = 'the certificate is not verified (--insecure): anyone on the way can read and change everything';
    const warnings = [{ kind: 'insecure', message }] as const;
    return { verify: { kind: 'none' }, roots: null, warnings, ...rest };
  }
  if (settings.caPem !== undefined) {
    return { verify: { kind: 'chain', rootsPem: settings.caPem }, roots: 'given', warnings: [], ...rest };
  }
  const { pem, source, warnings } = named ?? (await systemRoots({ env }));
  return {
    verify: { kind: 'chain', rootsPem: pem },
    roots: source,
    warnings: warnings.map((message) => ({ kind: 'roots', message })),
    ...rest,
  };
}

/** An http:// URL asks the server for the hash to pin, unless the user has said what to trust. */
export function needsBootstrap(plan: ConnectPlan, trust: TrustSettings): boolean {
  const decided =
    trust.insecure || (trust.pins?.length ?? 0) > 0 || trust.caFile !== undefined || trust.caPem !== undefined;
  return plan.url.scheme === 'http' && !decided;
}

/** The development convention of moq-relay: the hash comes over plain HTTP from the same host and port. */
export async function bootstrapTrust(
  plan: ConnectPlan,
  settings: ConnectSettings,
  trust: ResolvedTrust,
): Promise<{ trust: ResolvedTrust; detail: string }> {
  const { host, port } = plan.url;
  const network = settings.network ?? {};
  const { sha256, path } = await fetchPin({
    host,
    port,
    timeoutMs: plan.timeouts.connectMs,
    addresses: network.resolve?.get(`${host}:${port}`),
    family: network.family,
    bind: network.bind,
    signal: settings.signal,
  });
  const message = `the certificate hash came over plain HTTP from ${plan.peer}: anyone on the way could have replaced it`;
  const warnings = isLoopbackHost(host) ? [] : [{ kind: 'bootstrap', message } as const];
  return {
    trust: { ...trust, verify: { kind: 'pins', sha256: [sha256] }, roots: null, warnings },
    detail: path,
  };
}

async function readIdentity(settings: TrustSettings): Promise<Pick<ResolvedTrust, 'certPem' | 'keyPem'>> {
  const certPem = settings.certPem ?? (await readLocal(settings.certFile, 'client certificate'));
  const keyPem = settings.keyPem ?? (await readLocal(settings.keyFile, 'client key'));
  if (certPem === undefined && keyPem === undefined) return { certPem, keyPem };
  if (certPem === undefined || keyPem === undefined)
    throw usage('a client certificate needs its key, and a key its certificate');
  let matches: boolean;
  try {
    matches = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch (origin) {
    throw badMaterial('the client certificate or its key is not PEM that can be used', 'tls.client-malformed', origin);
  }
  if (!matches) throw badMaterial('the client key does not belong to the client certificate', 'tls.client-mismatch');
  return { certPem, keyPem };
}

async function readLocal(path: string | undefined, what: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new MoqtError('MOQT_E_LOCAL_IO', `the ${what} ${escapeText(path)} cannot be read: ${code ?? message}`, {
      stage: 'config',
      cause: 'file.unreadable',
      origin: error,
    });
  }
}

function checkCaText(pem: string): void {
  let count: number;
  try {
    count = parseCertificates(pem).length;
  } catch (error) {
    throw badMaterial(`the roots: ${(error as Error).message}`, 'tls.ca-malformed', error);
  }
  if (count === 0) throw badMaterial('the roots hold no certificate', 'tls.ca-empty');
}

function usage(message: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'trust.contradiction' });
}

function badMaterial(message: string, cause: string, origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_TLS', message, { stage: 'tls', cause, origin });
}
