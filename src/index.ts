/** moqt as a library. Importing it has no side effects. */

export { generateCertificate } from './core/certs/generate.js';
export { ERROR_CODES, type ErrorCode } from './core/errors/error-codes.js';
export { EXIT, EXIT_MEANINGS, type ExitCode } from './core/errors/exit-codes.js';
export { MoqtError, type Stage } from './core/errors/moqt-error.js';
export { type Publisher, publish } from './core/publisher/publish.js';
export type {
  PublishEvent,
  PublishLimits,
  PublishOptions,
  PublishReport,
  PublishSource,
  Via,
} from './core/publisher/publish-options.js';
export type { RelayEvent } from './core/relay/events.js';
export type { RelayPolicy } from './core/relay/policy.js';
export type { ServeRelayOptions } from './core/relay/serve-options.js';
export { type Relay, serveRelay } from './core/relay/serve-relay.js';
export { connect } from './core/session/connect.js';
export type {
  ConnectedSession,
  ConnectionReport,
  ConnectSettings,
  ConnectStage,
  ConnectWarning,
} from './core/session/connect-settings.js';
export { subscribe, type TrackSubscription } from './core/subscriber/subscribe.js';
export type {
  SubscribeEvent,
  SubscribeLimits,
  SubscribeOptions,
  SubscribeReport,
} from './core/subscriber/subscribe-options.js';
export type { Gap, ReceivedObject, ReceivedPiece, TrackEnd, TrackItem } from './core/subscriber/track-item.js';
