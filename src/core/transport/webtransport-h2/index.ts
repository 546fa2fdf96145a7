export { type BytePipe, PipeError } from './pipe.js';
export type { PlainRequest } from './plain-http.js';
export { type H2Handlers, type H2ListenOptions, listenWebTransportH2 } from './server.js';
export { CapsuleSession } from './session.js';
export type { CapsuleSessionOptions, InitialLimits, LocalLimits } from './session-options.js';
export { webtransportH2Transport } from './transport.js';
