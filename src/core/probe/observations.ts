import type { X509Certificate } from 'node:crypto';
import type { Detail } from '../records/probe-report.js';
import type { ConnectStage } from '../session/connect/connect-settings.js';
import type { ConnectEvent } from '../transport/transport.js';
import { exactNumber } from './exact-number.js';

/** When what was seen of one address; milliseconds since the probe began. */
interface Sighting {
  readonly address: string;
  readonly attemptMs: number;
  answerMs: number | null;
  packetMs: number | null;
  establishedMs: number | null;
  retries: number;
}

/** What was seen while the connection came about, with its times. */
export class Observations {
  readonly sightings: Sighting[] = [];
  chain: readonly X509Certificate[] = [];
  protocol: string | null = null;
  versions: readonly number[] | null = null;
  settings: ReadonlyMap<number, number> | null = null;
  settingsMs: number | null = null;
  response: { readonly status: number; readonly headers: ReadonlyMap<string, string> } | null = null;
  responseMs: number | null = null;
  readonly stages = new Map<ConnectStage['stage'], ConnectStage>();
  /** When something was passed last: a packet, an answer, a stage. */
  lastMs = 0;
  /** Called at the first answer of any address. */
  onAnswer: (() => void) | null = null;
  /** The largest UDP payload that the peer takes, bytes; null before the handshake is done, and over TCP. */
  maxUdpPayload: number | null = null;
  /** Called when a handshake is done. */
  onEstablished: (() => void) | null = null;

  constructor(private readonly now: () => number) {}

  readonly observe = (event: ConnectEvent): void => {
    const ms = this.now();
    // Certificates come with what is judged only then.
    if (event.kind !== 'certificates') this.lastMs = ms;
    switch (event.kind) {
      case 'attempt':
        this.sightings.push({
          address: event.address,
          attemptMs: ms,
          answerMs: null,
          packetMs: null,
          establishedMs: null,
          retries: 0,
        });
        return;
      case 'answer':
        this.#of(event.address, (one) => {
          one.answerMs = ms;
        });
        this.onAnswer?.();
        return;
      case 'packet':
        this.#of(event.address, (one) => {
          one.packetMs = ms;
        });
        return;
      case 'retry':
        this.#of(event.address, (one) => {
          one.retries = event.count;
        });
        return;
      case 'versions':
        this.versions = event.versions;
        return;
      case 'certificates':
        this.chain = event.chain;
        return;
      case 'established':
        this.#of(event.address, (one) => {
          one.establishedMs = ms;
        });
        this.protocol = event.protocol;
        this.maxUdpPayload = event.maxUdpPayload ?? null;
        this.onEstablished?.();
        return;
      case 'settings':
        this.settings = event.settings;
        this.settingsMs = ms;
        return;
      case 'response':
        this.response = event;
        this.responseMs = ms;
    }
  };

  readonly onStage = (stage: ConnectStage): void => {
    this.stages.set(stage.stage, stage);
    this.lastMs = this.now();
  };

  /** What was seen of the connection was of one that nobody wants any more. */
  forget(): void {
    this.sightings.length = 0;
    this.chain = [];
    this.protocol = null;
    this.versions = null;
    this.settings = null;
    this.settingsMs = null;
    this.response = null;
    this.responseMs = null;
    this.stages.clear();
  }

  /** The address that got furthest: connected, or answered, or tried first. */
  get best(): Sighting | null {
    const { sightings } = this;
    return (
      sightings.find((one) => one.establishedMs !== null) ??
      sightings.find((one) => one.packetMs !== null) ??
      sightings.find((one) => one.answerMs !== null) ??
      sightings[0] ??
      null
    );
  }

  get tried(): string[] {
    return this.sightings.map(({ address }) => address);
  }

  /** SETTINGS with their identifiers in hex, for the report. */
  get settingsDetail(): { readonly [name: string]: Detail } {
    return Object.fromEntries(
      [...(this.settings ?? [])].map(([id, value]) => [`0x${id.toString(16)}`, exactNumber(value)]),
    );
  }

  #of(address: string, change: (one: Sighting) => void): void {
    const found = this.sightings.find((one) => one.address === address);
    if (found !== undefined) change(found);
  }
}
