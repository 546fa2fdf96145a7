/** moqt as a library. Importing it has no side effects. */

// What it does.

export { generateCertificate } from './core/certs/generate.js';
export { readCertificates } from './core/certs/read-certificates.js';
export { checkCertificates } from './core/inspection/check.js';
export { Inspector } from './core/inspection/inspect.js';
export { watchCertificates } from './core/inspection/watch.js';
export { probe } from './core/probe/probe.js';
export { type Relay, type RelayCertificate, serveRelay } from './core/relay/serve-relay.js';
export { connect } from './core/session/connect/connect.js';
export * from './portable.js';

// What it is told, and tells.

export type { GeneratedCertificate, GenerateOptions } from './core/certs/generate.js';
export type { Cause, ProbeStage } from './core/errors/causes.js';
export type { ExpiryLimits } from './core/inspection/check.js';
export type { InspectSettings } from './core/inspection/inspect.js';
export type { CertificateServer, ServerCarrier } from './core/inspection/source.js';
export type { WatchOptions } from './core/inspection/watch.js';
export type { ProbeContext, ProbeOptions, ProbeRequests } from './core/probe/probe-options.js';
export type { StageLog } from './core/probe/stage-log.js';
export type * from './core/records/certificate-report.js';
export type {
  CertificateFacts,
  Detail,
  Experiment,
  LatencyFacts,
  ProbeRedirect,
  ProbeReport,
  ProbeWarning,
  RoundtripFacts,
  StageReport,
  ThresholdFacts,
} from './core/records/probe-report.js';
export type { CapName } from './core/relay/caps.js';
export type { RelayEvent, RelayEventHandler } from './core/relay/events.js';
export type { RelayPolicy } from './core/relay/policy.js';
export type { RelayTransport, ServeRelayOptions } from './core/relay/serve-options.js';
export type {
  ConnectedSession,
  ConnectionReport,
  ConnectSettings,
  ConnectStage,
  NetworkSettings,
  TransportChoice,
  TrustSettings,
} from './core/session/connect/connect-settings.js';
export type { ConnectEvent } from './core/transport/transport.js';
