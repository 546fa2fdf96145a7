import type { Experiment } from '../../records/probe-report.js';
import type { ConnectPlan } from '../../session/connect/connect-plan.js';
import type { ConnectSettings } from '../../session/connect/connect-settings.js';
import { escapeText } from '../../util/escape.js';
import type { Observations } from '../observations.js';
import type { OtherFamily } from './other-family.js';
import type { SingleOffer } from './single-offers.js';
import type { TcpAnswer } from './tcp.js';

/** Silence after which it is worth while to look elsewhere, ms, as long as the deadline is far away. */
const SILENCE_MS = 300;
/** A SETUP that takes longer has a round trip to wait for, in which sizes can be compared; on a short way it is here before. */
const SETUP_UNDER_WAY_MS = 5;
/** A handshake that takes so long may be losing its large packets, ms. */
const SLOW_HANDSHAKE_MS = 1000;
/** No experiment may add more than this to a verdict, ms. */
const MAX_MS = 1000;

export interface ExperimentSetup {
  readonly plan: ConnectPlan;
  readonly settings: ConnectSettings;
  readonly seen: Observations;
  /** Milliseconds since the probe began. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

/**
 * What tells two explanations of a failure apart. Each experiment is done once; those that silence asks for begin while the
 * probe is still waiting, so that they cost no time.
 */
export class Experiments {
  readonly done: Experiment[] = [];
  readonly #setup: ExperimentSetup;
  readonly #timers: NodeJS.Timeout[] = [];
  #tcp: Promise<TcpAnswer> | null = null;
  #http2: Promise<string | null> | null = null;
  #fullSize: Promise<'passes' | 'vanishes' | 'unknown'> | null = null;

  constructor(setup: ExperimentSetup) {
    this.#setup = setup;
  }

  /** Begins those that only waiting can make necessary, when it comes to that. */
  startPatient(): void {
    const { plan, seen } = this.#setup;
    if (plan.transport === 'webtransport-h2') return;
    const { connectMs } = plan.timeouts;
    const soon = (ms: number): number => (connectMs === 0 ? ms : Math.min(ms, connectMs / 4));
    this.#after(soon(SILENCE_MS), () => {
      if (seen.best !== null && seen.best.answerMs === null) void this.#silence();
    });
    this.#after(soon(SLOW_HANDSHAKE_MS), () => {
      const { best } = seen;
      if (best !== null && best.answerMs !== null && best.establishedMs === null) void this.fullSize(MAX_MS);
    });
    seen.onEstablished = () => this.#after(SETUP_UNDER_WAY_MS, () => void this.compareSizes());
  }

  stop(): void {
    this.#setup.seen.onEstablished = null;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** What a verdict may wait for after so much of the network has been seen, ms. */
  get budgetMs(): number {
    const { seen, elapsed } = this.#setup;
    const began = seen.sightings[0]?.attemptMs ?? 0;
    return Math.min(MAX_MS, 100 + 5 * (elapsed() - began));
  }

  tcp(limitMs: number): Promise<TcpAnswer> {
    this.#tcp ??= this.#run('tcp', async () => {
      const { tcpSamePort, TCP_OUTCOME } = await import('./tcp.js');
      const { plan, settings, signal } = this.#setup;
      const value = await tcpSamePort(plan, {
        addresses: this.#addresses,
        bind: settings.network?.bind,
        limitMs,
        signal,
      });
      return { value, ok: value === 'accepts', outcome: TCP_OUTCOME[value] };
    });
    return this.#tcp;
  }

  http2(limitMs: number): Promise<string | null> {
    this.#http2 ??= this.#run('http2', async () => {
      const { overHttp2 } = await import('./http2.js');
      const { plan, settings, signal } = this.#setup;
      const value = await overHttp2(plan.url, { ...settings, signal }, limitMs);
      const outcome = value === null ? 'WebTransport over HTTP/2 works' : `no WebTransport over HTTP/2: ${value}`;
      return { value, ok: value === null, outcome };
    });
    return this.#http2;
  }

  /** Whether HTTP/2 was tried, and a session came about. */
  async http2Works(): Promise<boolean> {
    return this.#http2 !== null && (await this.#http2.catch(() => 'failed')) === null;
  }

  fullSize(limitMs: number, size = this.fullSizeBytes): Promise<'passes' | 'vanishes' | 'unknown'> {
    this.#fullSize ??= this.#run('full-size-packet', async () => {
      const { fullSizePacket } = await import('./full-size-packet.js');
      const { plan, settings, signal } = this.#setup;
      const bind = settings.network?.bind;
      const { port } = plan.url;
      const asked = fullSizePacket({ address: this.#address, port, bind, size, limitMs, signal });
      const value = await asked.catch((error: unknown) => {
        if (signal.aborted) throw error;
        // The system has no socket, or no way there.
        return 'unknown' as const;
      });
      const outcome = {
        passes: `packets of ${size} bytes pass`,
        vanishes: `packets of 1200 bytes pass, those of ${size} bytes vanish`,
        unknown: 'the server does not answer version negotiation, so packet sizes were not compared',
      };
      return { value, ok: value === 'passes', outcome: outcome[value] };
    });
    return this.#fullSize;
  }

  /** Whether packets of full size pass beside those of the handshake; null where the peer takes none of that size. */
  async compareSizes(): Promise<'passes' | 'vanishes' | 'unknown' | null> {
    const { best, maxUdpPayload } = this.#setup.seen;
    if (best === null || best.establishedMs === null || maxUdpPayload === null) return null;
    if (maxUdpPayload < this.fullSizeBytes) return null;
    const roundTripMs = best.establishedMs - best.attemptMs;
    return this.fullSize(Math.min(MAX_MS, 10 + 3 * roundTripMs)).catch(() => 'unknown' as const);
  }

  async singleOffers(limitMs: number): Promise<readonly SingleOffer[]> {
    const { singleOffers } = await import('./single-offers.js');
    const { plan, settings, signal } = this.#setup;
    const { servername } = settings.trust ?? {};
    const offers = await singleOffers(plan, {
      address: this.#address,
      bind: settings.network?.bind,
      servername,
      certPem: settings.trust?.certPem,
      keyPem: settings.trust?.keyPem,
      limitMs,
      signal,
    });
    for (const { name, outcome, works, durationMs } of offers) this.#add(name, { outcome, ok: works }, durationMs);
    return offers;
  }

  /** The family that `-4`, `-6` or `--bind` left out; null when nothing was. */
  async otherFamily(limitMs: number): Promise<OtherFamily | null> {
    const { plan, settings } = this.#setup;
    const { family, bind } = settings.network ?? {};
    const used = family ?? (bind === undefined ? undefined : bind.includes(':') ? 6 : 4);
    if (used === undefined) return null;
    const other = used === 4 ? 6 : 4;
    return this.#run(`ipv${other}`, async () => {
      const { otherFamily } = await import('./other-family.js');
      const value = await otherFamily(plan, settings.network ?? {}, other, limitMs);
      const none = `no address of IPv${other}, or no way to it`;
      const outcome =
        value.address === null ? none : `${value.address} ${value.answers ? 'answers' : 'does not answer'}`;
      return { value, ok: value.answers, outcome };
    });
  }

  /** Full size as our own packets have it on a real network: bytes of UDP payload. */
  get fullSizeBytes(): number {
    return this.#address.includes(':') ? 1452 : 1472;
  }

  get #address(): string {
    const { seen, plan } = this.#setup;
    // A deadline may pass before any address was tried.
    const resolved = seen.stages.get('dns')?.detail?.split(', ')[0];
    return seen.best?.address ?? resolved ?? plan.url.host;
  }

  get #addresses(): readonly string[] {
    const { seen } = this.#setup;
    return seen.tried.length > 0 ? seen.tried : [this.#address];
  }

  async #silence(): Promise<void> {
    const { plan, elapsed } = this.#setup;
    const { connectMs } = plan.timeouts;
    const left = (): number => (connectMs === 0 ? MAX_MS : Math.max(1, connectMs - elapsed()));
    try {
      void this.fullSize(Math.min(left(), MAX_MS));
      if ((await this.tcp(left())) === 'accepts') await this.http2(left());
    } catch {
      // Whoever asks for the result is told; nobody may ask.
    }
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(action, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #run<T>(name: string, work: () => Promise<{ value: T; ok: boolean; outcome: string }>): Promise<T> {
    const start = performance.now();
    const result = work().then(({ value, ...rest }) => {
      this.#add(name, rest, performance.now() - start);
      return value;
    });
    // A probe that ends without asking for it must not fail of it.
    result.catch(() => {});
    return result;
  }

  #add(name: string, { outcome, ok }: { outcome: string; ok: boolean }, durationMs: number): void {
    this.done.push({ name, outcome: escapeText(outcome, { maxLength: 400 }), ok, durationMs });
  }
}
