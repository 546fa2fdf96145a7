import type { CodeText } from '../code-text.js';
import type { HTTP3_CODES, WEBTRANSPORT_CODES } from '../http3-codes.js';

const QPACK = 'RFC 9204 §6';
const WEBTRANSPORT = 'draft-ietf-webtrans-http3 §9.5';
const DEFECT = 'a defect of one HTTP/3 library';
const REPORT = 'update the side with the older HTTP/3 library, and tell its authors';

/** Codes of HTTP/3, QPACK and HTTP datagrams. */
export const HTTP3_TEXTS: Readonly<Record<keyof typeof HTTP3_CODES, CodeText>> = {
  H3_DATAGRAM_ERROR: {
    says: 'A datagram or capsule cannot be read.',
    usually: ['two sides that speak different drafts of WebTransport'],
    try: [REPORT],
    section: 'RFC 9297 §5.2',
  },
  H3_NO_ERROR: {
    says: 'The connection or stream ends without an error.',
    usually: ['a server that shuts down', 'a client that is done', 'a plain web server that wants no WebTransport'],
    try: ['see the log of the peer for why it closed', 'check that the URL is that of a MoQ relay'],
    common: 'how HTTP/3 ends in order',
  },
  H3_GENERAL_PROTOCOL_ERROR: {
    says: 'A rule of HTTP/3 was broken that has no code of its own.',
    usually: [DEFECT],
    try: [REPORT],
  },
  H3_INTERNAL_ERROR: {
    says: 'The HTTP/3 stack of the peer failed.',
    usually: ['a defect or a limit of the server', 'a handler that crashed'],
    try: ['see the log of the server'],
  },
  H3_STREAM_CREATION_ERROR: {
    says: 'A stream was opened that the peer does not accept.',
    usually: ['a second control stream', 'WebTransport streams to a peer that does not know them'],
    try: [REPORT],
  },
  H3_CLOSED_CRITICAL_STREAM: {
    says: 'A stream was closed that HTTP/3 needs for as long as it lasts.',
    usually: ['the control or a QPACK stream was reset when the peer was stopped'],
    try: ['see the log of the peer'],
  },
  H3_FRAME_UNEXPECTED: {
    says: 'A frame came that is not allowed there.',
    usually: [DEFECT],
    try: [REPORT],
  },
  H3_FRAME_ERROR: {
    says: 'A frame cannot be read.',
    usually: [DEFECT],
    try: [REPORT],
  },
  H3_EXCESSIVE_LOAD: {
    says: 'The peer causes more load than is reasonable.',
    usually: ['many requests or streams in a short time'],
    try: ['slow down, or raise the limits of the server'],
  },
  H3_ID_ERROR: {
    says: 'A stream or push ID was used that must not be.',
    usually: ['a WebTransport session ID that is no request', DEFECT],
    try: [REPORT],
  },
  H3_SETTINGS_ERROR: {
    says: 'The SETTINGS contradict the rules.',
    usually: [
      'a server whose settings for WebTransport are of another draft',
      'a server that lacks extended CONNECT or datagrams',
    ],
    try: ['turn WebTransport on in the server, or use raw QUIC (moqt://)'],
  },
  H3_MISSING_SETTINGS: {
    says: 'Something other than SETTINGS came first on the control stream.',
    usually: [DEFECT],
    try: [REPORT],
  },
  H3_REQUEST_REJECTED: {
    says: 'The server did not process the request: it may be sent again.',
    usually: ['a server that is shutting down or out of places'],
    try: ['try again'],
  },
  H3_REQUEST_CANCELLED: {
    says: 'The request, or its response, is no longer wanted.',
    usually: ['a client that gave up waiting', 'a server that ends a WebTransport session without its own code'],
    try: ['see the log of the peer'],
    common: 'how requests are given up',
  },
  H3_REQUEST_INCOMPLETE: {
    says: 'The stream of the client ended before the request was whole.',
    usually: ['a client that was stopped while it connected'],
    try: ['try again'],
  },
  H3_MESSAGE_ERROR: {
    says: 'A request or response is malformed.',
    usually: ['a header that is not allowed, such as one of --header', 'a CONNECT that the server does not understand'],
    try: ['leave out --header; check that the server speaks WebTransport'],
  },
  H3_CONNECT_ERROR: {
    says: 'The TCP connection behind a CONNECT failed.',
    usually: ['a proxy in between'],
    try: ['connect without the proxy'],
  },
  H3_VERSION_FALLBACK: {
    says: 'The operation cannot be served over HTTP/3: try HTTP/1.1.',
    usually: ['a web server that does not speak WebTransport'],
    try: ['check that the URL is that of a MoQ relay'],
  },
  QPACK_DECOMPRESSION_FAILED: {
    says: 'The compressed headers cannot be read.',
    usually: [DEFECT],
    try: [REPORT],
    section: QPACK,
  },
  QPACK_ENCODER_STREAM_ERROR: {
    says: 'An instruction on the QPACK encoder stream cannot be followed.',
    usually: [DEFECT],
    try: [REPORT],
    section: QPACK,
  },
  QPACK_DECODER_STREAM_ERROR: {
    says: 'An instruction on the QPACK decoder stream cannot be followed.',
    usually: [DEFECT],
    try: [REPORT],
    section: QPACK,
  },
};

/** WebTransport's own codes. */
export const WEBTRANSPORT_TEXTS: Readonly<Record<keyof typeof WEBTRANSPORT_CODES, CodeText>> = {
  WT_FLOW_CONTROL_ERROR: {
    says: 'A limit of streams or bytes of the WebTransport session was exceeded.',
    usually: ['two sides that speak different drafts of WebTransport'],
    try: [REPORT],
    section: WEBTRANSPORT,
  },
  WT_ALPN_ERROR: {
    says: 'The application protocol of the session could not be agreed on.',
    usually: ['no draft in common', 'a server that answers a protocol that was not offered'],
    try: ['offer other drafts: --draft 18,16,14'],
    section: WEBTRANSPORT,
  },
  WT_INVALID_CAPSULE: {
    says: 'A capsule of the session cannot be read.',
    usually: ['two sides that speak different drafts of WebTransport'],
    try: [REPORT],
    section: 'draft-ietf-webtrans-http3',
  },
  WT_SESSION_GONE: {
    says: 'The stream belongs to a WebTransport session that has ended.',
    usually: ['the session was closed: its own code says why'],
    try: ['look for the code that the session was closed with'],
    common: 'every stream of a session that ends is reset with it',
    section: WEBTRANSPORT,
  },
  WT_REQUIREMENTS_NOT_MET: {
    says: 'The peer lacks settings or transport parameters that WebTransport needs.',
    usually: ['a server without extended CONNECT, datagrams or WebTransport in its SETTINGS'],
    try: ['turn WebTransport on in the server, or use raw QUIC (moqt://)'],
    section: WEBTRANSPORT,
  },
  WT_BUFFERED_STREAM_REJECTED: {
    says: 'A stream came before its session was known, and there was no room to keep it.',
    usually: ['a client that opens many streams before the session is accepted'],
    try: ['wait for the session before opening streams'],
    section: WEBTRANSPORT,
  },
};
