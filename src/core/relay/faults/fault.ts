import type { GenerateOptions } from '../../certs/generate.js';
import type { MoqtSession, SessionHandlers } from '../../session/session.js';
import type { ConnectDecision, ConnectRequest, PacketFilter, TransportSession } from '../../transport/transport.js';
import type { DraftProfile } from '../../wire/profile.js';
import type { ObjectFaults } from './object-faults.js';

/** What faults are made with. */
export interface FaultSetting {
  /** Numbers from 0 up to 1, the same ones for the same seed; each fault has its own sequence. */
  readonly random: () => number;
}

/** A way in which a relay misbehaves on purpose: it takes part where it has a hook, and nowhere else. */
export interface Fault {
  /** Between the UDP socket and the connections. */
  readonly packets?: PacketFilter;
  /** Instead of a QUIC connection whose handshake is done: raw QUIC and HTTP/3 alike. */
  readonly wrapConnection?: (connection: TransportSession) => TransportSession;
  /** How the certificate that the relay makes differs from a good one. */
  readonly certificate?: Partial<GenerateOptions>;
  /** Answers a WebTransport CONNECT; `next` is how it would have been answered. */
  readonly connect?: (request: ConnectRequest, next: () => ConnectDecision) => ConnectDecision;
  /** Serves a session in place of the relay. `profile` is the draft that the transport agreed on, 14 where it named none. */
  readonly takeOver?: (transport: TransportSession, profile: DraftProfile) => void;
  /** Requests that a peer may have open; 0 is no MAX_REQUEST_ID credit (drafts to 16). */
  readonly maxRequests?: number;
  /** Requests of a peer, before the relay sees them. `session` is theirs. */
  readonly handlers?: (handlers: SessionHandlers, session: () => MoqtSession) => SessionHandlers;
  /** Called once a session is established. */
  readonly welcome?: (session: MoqtSession) => void;
  /** What happens to objects on their way to subscribers. */
  readonly objects?: Partial<ObjectFaults>;
}
