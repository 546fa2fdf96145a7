// The part of the library that runs wherever there is a WebTransport: what `moqt` and `moqt/web` both export.

// What it does.

export { announce } from './core/publisher/announce.js';
export { type Publisher, publish } from './core/publisher/publish.js';
export { overWebTransport, type WebTransportSettings } from './core/session/connect/over-webtransport.js';
export { subscribe, type TrackSubscription } from './core/subscriber/subscribe.js';

// What it is told, and tells.

export type { AnnounceEvent, AnnounceOptions, AnnounceReport } from './core/publisher/announce.js';
export type { Forwarding, GroupPolicy } from './core/publisher/group-policy.js';
export type { PlacedObject } from './core/publisher/object-planner.js';
export type { Pace } from './core/publisher/pacer.js';
export type { PublicationEnd, PublicationReport } from './core/publisher/publication-report.js';
export type {
  PublishEvent,
  PublishLimits,
  PublishOptions,
  PublishReport,
  PublishSource,
  Via,
} from './core/publisher/publish-options.js';
export type { ConnectTimeouts, ConnectWarning } from './core/session/connect/connect-settings.js';
export type { Assertions } from './core/subscriber/assertions.js';
export type {
  SubscribeEvent,
  SubscribeLimits,
  SubscribeOptions,
  SubscribeReport,
  SubscriptionInfo,
} from './core/subscriber/subscribe-options.js';
export type { Gap, ReceivedObject, ReceivedPiece, TrackEnd, TrackItem } from './core/subscriber/track-item.js';
export type { Clock, Timer } from './core/util/clock.js';

// Where a redirect leads.

export {
  type NextPlace,
  type RedirectHop,
  RedirectTrail,
  type RequestPlace,
} from './core/session/connect/redirects.js';

// Names, URLs, hashes and properties, read and written.

export { parsePin } from './core/certs/pins.js';
export {
  formatNamespace,
  formatTrackName,
  type NamespaceOptions,
  parseFullTrackName,
  parseNamespace,
  parseTrackName,
} from './core/url/namespace.js';
export { type MoqtUrl, parseMoqtUrl, type ServerUrl, type UrlScheme } from './core/url/parse-url.js';
export type { FullTrackName, TrackNamespace } from './core/wire/full-track-name.js';
export { decodeProperties, encodeProperties } from './core/wire/properties.js';

// What goes wrong.

export { ERROR_CODES, type ErrorCode, type ErrorCodeInfo } from './core/errors/error-codes.js';
export { EXIT, EXIT_MEANINGS, type ExitCode, type ExitName } from './core/errors/exit-codes.js';
export { MoqtError, type MoqtErrorOptions, type Stage } from './core/errors/moqt-error.js';
export { RequestCancelled, RequestRefused, RequestRejected } from './core/session/session-errors.js';
export { SessionClosed, StreamReset, StreamStopped } from './core/transport/transport-errors.js';
export { EncodeError, type SessionErrorName, WireError } from './core/wire/wire-error.js';

// The session below publish, subscribe and announce, for what they do not do.

export type * from './core/session/session.js';
export type {
  Address,
  BidiStream,
  CloseInfo,
  Delivery,
  EarlyDataTrial,
  HttpInfo,
  RecvStream,
  SendStream,
  SessionStats,
  TransportSession,
} from './core/transport/transport.js';
export type {
  W3cBidirectionalStream,
  W3cCloseInfo,
  W3cDatagrams,
  W3cReadable,
  W3cReader,
  W3cStats,
  W3cStreamOptions,
  W3cWebTransport,
  W3cWritable,
  W3cWriter,
} from './core/transport/w3c/index.js';
export type { EncodedRun, FragmentRun } from './core/wire/encoded-run.js';
export type { Location } from './core/wire/location.js';
export type { FetchTarget, Redirect, RequestKind } from './core/wire/messages/control-message.js';
export type {
  DatagramObject,
  FetchEntry,
  ObjectFragment,
  ObjectHeader,
  ObjectStatus,
  SubgroupHeader,
} from './core/wire/messages/object.js';
export type {
  AuthorizationToken,
  GroupOrder,
  KeyValuePair,
  Parameters,
  SetupOptions,
  SubscriptionFilter,
} from './core/wire/messages/parameters.js';
export type { DraftProfile } from './core/wire/profile.js';
