import type { X509Certificate } from 'node:crypto';
import { MoqtError } from '../errors/moqt-error.js';
import type { CertificateInspection, CertificateReading, FailedReading } from '../records/certificate-report.js';
import { bothFailed } from '../session/connect/connect-fallback.js';
import { chooseProfiles } from '../session/connect/connect-plan.js';
import type { NetworkSettings, TransportChoice, TrustSettings } from '../session/connect/connect-settings.js';
import { type Anchors, readAnchors } from './anchors.js';
import { describeChain } from './describe.js';
import { type ReadOptions, readChain } from './read-chain.js';
import { type CertificateServer, parseCertificateServer, type ServerCarrier } from './source.js';

/** How certificates are read and judged; everything has a default. */
export interface InspectSettings {
  /** Default `auto`: raw QUIC for moqt://, HTTP/3 and TCP for https://, TCP for tls://. */
  readonly transport?: TransportChoice | undefined;
  /** Drafts whose ALPNs raw QUIC offers. */
  readonly drafts?: readonly string[] | undefined;
  readonly trust?: TrustSettings | undefined;
  readonly network?: Pick<NetworkSettings, 'bind' | 'resolve' | 'family' | 'keylogFile'> | undefined;
  /** For each way that is asked, ms; 0 is none. Default 5 s. */
  readonly connectMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For SSL_CERT_FILE, NODE_EXTRA_CA_CERTS and SSLKEYLOGFILE; default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Epoch ms; default the wall clock. */
  readonly now?: (() => number) | undefined;
}

const DEFAULT_CONNECT_MS = 5_000;

/** Reads the certificates of servers and files, and says what they are worth. Roots and pins are read once. */
export class Inspector {
  readonly #settings: InspectSettings;
  readonly #anchors: Anchors;
  readonly #options: ReadOptions;

  private constructor(settings: InspectSettings, anchors: Anchors, options: ReadOptions) {
    this.#settings = settings;
    this.#anchors = anchors;
    this.#options = options;
  }

  /** Reads what is named in the settings: nothing is sent. Throws MOQT_E_TLS, MOQT_E_USAGE and MOQT_E_LOCAL_IO. */
  static async create(settings: InspectSettings = {}): Promise<Inspector> {
    const env = settings.env ?? process.env;
    const protocols = chooseProfiles(settings.drafts).map(({ alpn }) => alpn);
    const anchors = await readAnchors(settings.trust ?? {}, env);
    const { servername, certPem, keyPem } = anchors;
    const { network = {}, connectMs: timeoutMs = DEFAULT_CONNECT_MS, signal } = settings;
    const keylogFile = network.keylogFile ?? (env.SSLKEYLOGFILE || undefined);
    const options = { ...network, protocols, servername, certPem, keyPem, timeoutMs, keylogFile, signal };
    return new Inspector(settings, anchors, options);
  }

  /** What a person should be told of the roots. */
  get warnings(): readonly string[] {
    return this.#anchors.warnings;
  }

  /** Throws MOQT_E_URL and MOQT_E_USAGE. */
  server(url: string): CertificateServer {
    return parseCertificateServer(url, this.#settings.transport);
  }

  /**
   * The certificates of a server, on every way that its URL stands for, at the same time. What fails is in the readings;
   * when all of them fail an error is thrown that says so, as is the signal's reason.
   */
  async inspectServer(server: CertificateServer): Promise<CertificateInspection> {
    const { inspection, failures } = await this.#readAll(server);
    if (failures.length === inspection.readings.length) throw allFailed(failures);
    return inspection;
  }

  /** As inspectServer, but a server that cannot be read is a result like others. */
  async lookAt(server: CertificateServer): Promise<CertificateInspection> {
    return (await this.#readAll(server)).inspection;
  }

  /** The certificates of a file, in its order: the first is taken for the leaf of the chain. */
  async inspectFile(chain: readonly X509Certificate[], name: string): Promise<CertificateInspection> {
    const host = this.#anchors.servername ?? null;
    const seen = { over: 'file', address: null, protocol: '', chain, host } as const;
    return { source: name, readings: [await describeChain(seen, this.#anchors, this.#now())], comparison: null };
  }

  async #readAll(
    server: CertificateServer,
  ): Promise<{ inspection: CertificateInspection; failures: readonly MoqtError[] }> {
    const results = await Promise.allSettled(server.carriers.map((carrier) => this.#read(server, carrier)));
    this.#settings.signal?.throwIfAborted();
    const failures: MoqtError[] = [];
    const readings = results.map((result, index) => {
      if (result.status === 'fulfilled') return result.value;
      const error: unknown = result.reason;
      // A defect of ours must not look like a failure of the server.
      if (!(error instanceof MoqtError)) throw error;
      failures.push(error);
      return failedReading(error, server.carriers[index] as ServerCarrier);
    });
    return { inspection: { source: server.shown, readings, comparison: compare(readings) }, failures };
  }

  async #read(server: CertificateServer, carrier: ServerCarrier): Promise<CertificateReading> {
    const read = await readChain(server, carrier, this.#options);
    const host = (this.#anchors.servername ?? server.host).replace(/\.$/, '');
    return describeChain({ over: carrier, ...read, host }, this.#anchors, this.#now());
  }

  #now(): number {
    return this.#settings.now?.() ?? Date.now();
  }
}

function allFailed([first, second]: readonly MoqtError[]): MoqtError | undefined {
  return first === undefined || second === undefined ? first : bothFailed(first, second);
}

function failedReading(error: MoqtError, over: ServerCarrier): FailedReading {
  const { message, reason, code, hint = null } = error;
  return { ok: false, over, cause: reason ?? code, message, hint };
}

function compare(readings: CertificateInspection['readings']): CertificateInspection['comparison'] {
  const [one, other] = readings;
  if (!one?.ok || !other?.ok) return null;
  if (one.pin.hex !== other.pin.hex) return 'different';
  const hashes = ({ chain }: CertificateReading): string => chain.map(({ sha256 }) => sha256).join();
  return hashes(one) === hashes(other) ? 'same' : 'other-chain';
}
