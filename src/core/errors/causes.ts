import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { EXIT, type ExitCode } from './exit-codes.js';

/** The stages of a probe over QUIC, in order. */
export const QUIC_STAGES = [
  'url',
  'dns',
  'udp',
  'quic',
  'tls',
  'alpn',
  'http3',
  'connect',
  'protocol',
  'setup',
  'announce',
  'subscribe',
  'fetch',
  'track-status',
  'data',
] as const;

/** The stages of a probe over WebTransport on HTTP/2: TCP and HTTP/2 stand where UDP, QUIC and HTTP/3 do. */
export const TCP_STAGES = [
  'url',
  'dns',
  'tcp',
  'tls',
  'alpn',
  'http2',
  'connect',
  'protocol',
  'setup',
  'announce',
  'subscribe',
  'fetch',
  'track-status',
  'data',
] as const;

/** A stage of a probe. */
export type ProbeStage = (typeof QUIC_STAGES)[number] | (typeof TCP_STAGES)[number];

/** What a cause means wherever it is reported. */
export interface CauseInfo {
  /** The stage that it belongs to; `request` for any request, `any` for what can happen in several. */
  readonly stage: ProbeStage | 'request' | 'any' | 'warning';
  /** The exit code of a command that ends with it; null for warnings, which end nothing. */
  readonly exitCode: ExitCode | null;
  readonly meaning: string;
}

/**
 * Every cause that diagnosis can name. The keys are a contract: scripts match on them. Message and hint are made where the
 * facts are known; stage, exit code and meaning are here alone.
 */
export const CAUSES = {
  'url.invalid': { stage: 'url', exitCode: EXIT.usage, meaning: 'the URL breaks a rule' },
  'dns.not-found': { stage: 'dns', exitCode: EXIT.unreachable, meaning: 'the name does not exist, or has no address' },
  'network.bind': { stage: 'any', exitCode: EXIT.localIo, meaning: 'this machine has no such address to send from' },
  'network.socket': { stage: 'any', exitCode: EXIT.localIo, meaning: 'the system gives no socket' },
  'dns.timeout': { stage: 'dns', exitCode: EXIT.timeout, meaning: 'the resolver did not answer in time' },
  'udp.refused': { stage: 'udp', exitCode: EXIT.unreachable, meaning: 'nothing listens on that UDP port' },
  'udp.no-answer': { stage: 'udp', exitCode: EXIT.timeout, meaning: 'not one packet came back' },
  'tcp.refused': { stage: 'tcp', exitCode: EXIT.unreachable, meaning: 'nothing listens on that TCP port' },
  'tcp.timeout': { stage: 'tcp', exitCode: EXIT.timeout, meaning: 'the TCP connection did not come about in time' },
  'network.unreachable': {
    stage: 'any',
    exitCode: EXIT.unreachable,
    meaning: 'no route there, or no local address of that family',
  },
  'quic.version': { stage: 'quic', exitCode: EXIT.protocol, meaning: 'no QUIC version in common' },
  'quic.timeout': {
    stage: 'quic',
    exitCode: EXIT.timeout,
    meaning: 'packets came back, but the handshake did not finish',
  },
  'quic.not-quic': { stage: 'quic', exitCode: EXIT.protocol, meaning: 'what answers there does not speak QUIC' },
  'quic.closed': { stage: 'quic', exitCode: EXIT.protocol, meaning: 'the peer closed the connection in the handshake' },
  'quic.retry-loop': {
    stage: 'quic',
    exitCode: EXIT.timeout,
    meaning: 'the peer demands Retry again and again',
  },
  'quic.mtu': { stage: 'quic', exitCode: EXIT.timeout, meaning: 'small packets pass, full-size ones vanish' },
  'tls.expired': { stage: 'tls', exitCode: EXIT.tls, meaning: 'a certificate of the chain has expired' },
  'tls.not-yet-valid': { stage: 'tls', exitCode: EXIT.tls, meaning: 'a certificate of the chain is not valid yet' },
  'tls.wrong-host': { stage: 'tls', exitCode: EXIT.tls, meaning: 'the certificate is for other names' },
  'tls.self-signed': {
    stage: 'tls',
    exitCode: EXIT.tls,
    meaning: 'the certificate is its own issuer, and not trusted',
  },
  'tls.untrusted': { stage: 'tls', exitCode: EXIT.tls, meaning: 'the chain ends at a root that is not trusted' },
  'tls.incomplete-chain': { stage: 'tls', exitCode: EXIT.tls, meaning: 'the server leaves out an intermediate' },
  'tls.pin-mismatch': { stage: 'tls', exitCode: EXIT.tls, meaning: 'the certificate is not the pinned one' },
  'tls.client-certificate-required': {
    stage: 'tls',
    exitCode: EXIT.tls,
    meaning: 'the server wants a client certificate',
  },
  'tls.timeout': { stage: 'tls', exitCode: EXIT.timeout, meaning: 'TCP connected, but TLS did not finish' },
  'tls.not-tls': { stage: 'tls', exitCode: EXIT.protocol, meaning: 'what answers on that TCP port does not speak TLS' },
  'tls.closed': {
    stage: 'tls',
    exitCode: EXIT.protocol,
    meaning: 'the peer closed the TCP connection during the TLS handshake',
  },
  'tls.alert': { stage: 'tls', exitCode: EXIT.tls, meaning: 'the peer ended the handshake with an alert' },
  'bootstrap.timeout': {
    stage: 'tls',
    exitCode: EXIT.timeout,
    meaning: 'the certificate hash of an http:// URL did not come in time',
  },
  'bootstrap.refused': {
    stage: 'tls',
    exitCode: EXIT.rejected,
    meaning: 'the web server has no certificate hash for an http:// URL',
  },
  'bootstrap.malformed': {
    stage: 'tls',
    exitCode: EXIT.tls,
    meaning: 'what the web server gave for an http:// URL is no certificate hash',
  },
  'bootstrap.not-http': {
    stage: 'tls',
    exitCode: EXIT.protocol,
    meaning: 'what answers on the TCP port of an http:// URL does not speak HTTP',
  },
  'bootstrap.closed': {
    stage: 'tls',
    exitCode: EXIT.protocol,
    meaning: 'the server closed the TCP connection instead of giving the certificate hash',
  },
  'alpn.none': { stage: 'alpn', exitCode: EXIT.protocol, meaning: 'no application protocol in common' },
  'alpn.first-only': {
    stage: 'alpn',
    exitCode: EXIT.protocol,
    meaning: 'the relay looks only at the first protocol that is offered',
  },
  'http3.no-settings': { stage: 'http3', exitCode: EXIT.timeout, meaning: 'no HTTP/3 SETTINGS came in time' },
  'http2.no-settings': { stage: 'http2', exitCode: EXIT.timeout, meaning: 'no HTTP/2 SETTINGS came in time' },
  'http3.protocol': {
    stage: 'http3',
    exitCode: EXIT.protocol,
    meaning: 'the peer broke the rules of HTTP/3, or closed before its SETTINGS',
  },
  'http2.protocol': {
    stage: 'http2',
    exitCode: EXIT.protocol,
    meaning: 'the peer broke the rules of HTTP/2, or closed before its SETTINGS',
  },
  'webtransport.unsupported': {
    stage: 'any',
    exitCode: EXIT.protocol,
    meaning: 'the server speaks HTTP but not WebTransport',
  },
  'webtransport.unauthorized': { stage: 'connect', exitCode: EXIT.unauthorized, meaning: 'HTTP 401 or 403' },
  'webtransport.not-found': { stage: 'connect', exitCode: EXIT.rejected, meaning: 'HTTP 404' },
  'webtransport.redirect': {
    stage: 'connect',
    exitCode: EXIT.rejected,
    meaning: 'HTTP 3xx; redirects are not followed',
  },
  'webtransport.rejected': { stage: 'connect', exitCode: EXIT.rejected, meaning: 'any other HTTP status, or a reset' },
  'webtransport.timeout': { stage: 'connect', exitCode: EXIT.timeout, meaning: 'no response to the CONNECT in time' },
  'protocol.none': { stage: 'warning', exitCode: null, meaning: 'the answer names no protocol: taken as draft 14' },
  'protocol.mismatch': {
    stage: 'protocol',
    exitCode: EXIT.protocol,
    meaning: 'the answer names a protocol that was not offered',
  },
  'setup.timeout': { stage: 'setup', exitCode: EXIT.timeout, meaning: 'the session is open, but no SETUP came' },
  'setup.invalid': { stage: 'setup', exitCode: EXIT.protocol, meaning: 'what came is not a SETUP of this draft' },
  'setup.version': { stage: 'setup', exitCode: EXIT.protocol, meaning: 'no draft in common' },
  'setup.closed': { stage: 'setup', exitCode: EXIT.protocol, meaning: 'the peer closed the session during SETUP' },
  'setup.path': { stage: 'setup', exitCode: EXIT.rejected, meaning: 'the peer does not accept the path or authority' },
  'request.timeout': { stage: 'request', exitCode: EXIT.timeout, meaning: 'no answer to a request in time' },
  'request.rejected': { stage: 'request', exitCode: EXIT.rejected, meaning: 'the peer refused a request' },
  'request.unauthorized': {
    stage: 'request',
    exitCode: EXIT.unauthorized,
    meaning: 'the peer refused the credentials',
  },
  'request.not-supported': {
    stage: 'request',
    exitCode: EXIT.rejected,
    meaning: 'the peer does not support the request',
  },
  'request.redirected': { stage: 'request', exitCode: EXIT.rejected, meaning: 'the peer names another place' },
  'request.closed': {
    stage: 'request',
    exitCode: EXIT.protocol,
    meaning: 'the peer closed the session instead of answering',
  },
  'namespace.one-field': {
    stage: 'subscribe',
    exitCode: EXIT.rejected,
    meaning: 'the track exists under one namespace field that contains slashes',
  },
  'track.not-found': { stage: 'subscribe', exitCode: EXIT.rejected, meaning: 'nobody publishes that track' },
  'data.none': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'accepted, but no object came in time' },
  'data.loss': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'objects of the round trip are missing' },
  'data.duplicate': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'objects of the round trip came twice' },
  'data.corrupt': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'objects of the round trip were changed' },
  'data.reordered': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'objects came out of order within a group' },
  'data.partial': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'objects broke off before their end' },
  'data.closed': { stage: 'data', exitCode: EXIT.incomplete, meaning: 'the session died while objects flowed' },
  'threshold.connect': { stage: 'any', exitCode: EXIT.checkFailed, meaning: 'connecting took longer than the limit' },
  'threshold.rtt': { stage: 'any', exitCode: EXIT.checkFailed, meaning: 'the round-trip time is above the limit' },
  'threshold.first-object': {
    stage: 'data',
    exitCode: EXIT.checkFailed,
    meaning: 'the first object took longer than the limit',
  },
  'threshold.latency': { stage: 'data', exitCode: EXIT.checkFailed, meaning: 'the latency is above the limit' },
  'threshold.loss': {
    stage: 'data',
    exitCode: EXIT.checkFailed,
    meaning: 'more objects are missing than the limit allows',
  },
  'threshold.cert-expiry': { stage: 'tls', exitCode: EXIT.checkFailed, meaning: 'the certificate expires too soon' },
  'session.idle': { stage: 'any', exitCode: EXIT.timeout, meaning: 'the session went silent' },
  'session.closed': { stage: 'any', exitCode: EXIT.protocol, meaning: 'the peer closed the session' },
  'session.goaway': { stage: 'any', exitCode: EXIT.rejected, meaning: 'the peer asked to go elsewhere' },
  'tls.expires-soon': { stage: 'warning', exitCode: null, meaning: 'the certificate expires soon' },
  'tls.not-pinnable': { stage: 'warning', exitCode: null, meaning: 'browsers cannot pin this certificate' },
  'tls.insecure': { stage: 'warning', exitCode: null, meaning: 'the certificate was not verified' },
  'udp.slow-fallback': { stage: 'warning', exitCode: null, meaning: 'one address family does not answer' },
  'h2.fallback': { stage: 'warning', exitCode: null, meaning: 'HTTP/2 stands in for HTTP/3' },
  'setup.no-request-credit': { stage: 'warning', exitCode: null, meaning: 'the peer allows no requests' },
  'relay.quirk.closes-on-unknown-request': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the relay ends the session instead of refusing a request',
  },
  'relay.quirk.invalid-answer': {
    stage: 'warning',
    exitCode: null,
    meaning: 'what the relay answers to a request breaks the draft',
  },
  'relay.quirk.gone-after-migration': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the relay accepts no session after a client moved to another port',
  },
  'relay.quirk.unanswered-request': { stage: 'warning', exitCode: null, meaning: 'the relay leaves a request open' },
  'relay.quirk.random-reason': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the reason of a refusal is another one every time',
  },
  'relay.quirk.text-in-session': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the relay writes text into a WebTransport session',
  },
  'relay.quirk.accepts-unknown-track': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the relay accepts a SUBSCRIBE for a track that nobody publishes',
  },
  'relay.quirk.fetch-request-ok': {
    stage: 'warning',
    exitCode: null,
    meaning: 'FETCH is answered with REQUEST_OK instead of FETCH_OK',
  },
  'relay.quirk.publish-ok': {
    stage: 'warning',
    exitCode: null,
    meaning: 'PUBLISH is answered with a message that the draft no longer has',
  },
  'relay.quirk.empty-namespace-prefix': {
    stage: 'warning',
    exitCode: null,
    meaning: 'the relay asks for every namespace in a draft that forbids it',
  },
  'clock.skew': { stage: 'warning', exitCode: null, meaning: 'the local clock seems to be wrong' },
} as const satisfies Record<string, CauseInfo>;

/** The name of a cause; a peer's peculiarities are `relay.quirk.` and what it is. */
export type Cause = keyof typeof CAUSES | `relay.quirk.${string}`;

/** These exit codes come before all others, whatever the cause. */
const FIRST: ReadonlySet<ErrorCode> = new Set([
  'MOQT_E_INTERRUPTED',
  'MOQT_E_BUG',
  'MOQT_E_LOCAL_IO',
  'MOQT_E_UNAUTHORIZED',
]);

/** What a command ends with: a cause that diagnosis names has an exit code of its own, any other the error code's. */
export function exitCodeOf(code: ErrorCode, cause: string | undefined): ExitCode {
  const named =
    cause !== undefined && Object.hasOwn(CAUSES, cause) ? CAUSES[cause as keyof typeof CAUSES].exitCode : null;
  return FIRST.has(code) || named === null ? ERROR_CODES[code].exitCode : named;
}
