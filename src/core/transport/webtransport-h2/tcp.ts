import { connect, type Socket } from 'node:net';
import { MoqtError } from '../../errors/moqt-error.js';
import { hostPort } from '../address.js';
import { type RaceAttempt, raceAddresses } from '../race.js';
import { socketError } from '../socket-error.js';
import type { ConnectOptions } from '../transport.js';

export interface TcpOptions {
  /** Addresses in the order to try them. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Local IP address. */
  readonly bind: string | undefined;
  readonly observer?: ConnectOptions['observer'];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  /** The whole connect deadline, for the message. */
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  /** `host:port` as the user named it. */
  readonly peer: string;
}

/** Happy Eyeballs over TCP. Rejects with MoqtError (stage `tcp`), or with the signal's reason. */
export async function connectTcp(options: TcpOptions): Promise<Socket> {
  const { addresses, port, bind, observer, ms, limitMs, signal, peer } = options;
  return raceAddresses<Socket, TcpAttempt>({
    addresses,
    ms,
    signal,
    start(address) {
      observer?.({ kind: 'attempt', address });
      return new TcpAttempt(address, port, bind, () => observer?.({ kind: 'answer', address }));
    },
    isLocalTo: (error) => error.stage === 'tcp',
    timeoutError(attempts) {
      const tried = attempts.map((attempt) => attempt.address);
      const where = tried.length > 1 ? ` (tried ${tried.join(', ')})` : '';
      return timeoutError(`no answer over TCP within ${Math.round(limitMs)} ms${where}`, peer);
    },
  });
}

class TcpAttempt implements RaceAttempt<Socket> {
  readonly address: string;
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #bind: string | undefined;

  constructor(address: string, port: number, bind: string | undefined, onConnect: () => void) {
    this.address = address;
    this.#peer = hostPort(address, port);
    this.#bind = bind;
    this.#socket = connect({
      host: address,
      port,
      noDelay: true,
      ...(bind === undefined ? {} : { localAddress: bind }),
    });
    this.#socket.once('connect', onConnect);
    // Whoever owns the socket later learns of errors through TLS; without a listener they would end the process.
    this.#socket.on('error', () => {});
  }

  async run(): Promise<Socket> {
    const socket = this.#socket;
    return new Promise<Socket>((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', (error: NodeJS.ErrnoException) => reject(this.#explain(error)));
    });
  }

  cancel(): void {
    this.#socket.destroy();
  }

  #explain(error: NodeJS.ErrnoException): MoqtError {
    // The system gave up on its own, before any deadline of ours.
    if (error.code === 'ETIMEDOUT') return timeoutError('no answer over TCP', this.#peer, error);
    return socketError('tcp', error, this.#peer, this.#bind);
  }
}

function timeoutError(message: string, peer: string, origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', message, {
    stage: 'tcp',
    cause: 'tcp.timeout',
    peer,
    hint: 'a firewall that drops packets, a wrong port, or a host that is down',
    origin,
  });
}
