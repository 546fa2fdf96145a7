import type { CodeText } from '../code-text.js';
import type { HTTP2_CODES } from '../http2-codes.js';

const DEFECT = 'a defect of one HTTP/2 library';
const REPORT = 'update the side with the older HTTP/2 library, and tell its authors';

/** Codes of HTTP/2, which carries WebTransport where UDP does not pass. */
export const HTTP2_TEXTS: Readonly<Record<keyof typeof HTTP2_CODES, CodeText>> = {
  NO_ERROR: {
    says: 'The connection or stream ends without an error.',
    usually: ['a server that shuts down', 'the end of a session'],
    try: ['see the log of the peer for why it closed'],
  },
  PROTOCOL_ERROR: {
    says: 'A rule of HTTP/2 was broken that has no code of its own.',
    usually: ['a server that does not know extended CONNECT', DEFECT],
    try: ['check that the server speaks WebTransport over HTTP/2'],
    common: 'what servers answer to a CONNECT that they do not know',
  },
  INTERNAL_ERROR: {
    says: 'The peer failed.',
    usually: ['a defect or a limit of the server'],
    try: ['see the log of the server'],
  },
  FLOW_CONTROL_ERROR: { says: 'More was sent than was allowed.', usually: [DEFECT], try: [REPORT] },
  SETTINGS_TIMEOUT: {
    says: 'The SETTINGS were not acknowledged in time.',
    usually: ['an overloaded peer or path'],
    try: ['try again'],
  },
  STREAM_CLOSED: {
    says: 'A frame came for a stream that is half closed.',
    usually: [DEFECT],
    try: [REPORT],
  },
  FRAME_SIZE_ERROR: { says: 'A frame has a wrong size.', usually: [DEFECT], try: [REPORT] },
  REFUSED_STREAM: {
    says: 'The server did not process the request: it may be sent again.',
    usually: ['a limit of streams, or a server that is shutting down'],
    try: ['try again'],
  },
  CANCEL: {
    says: 'The stream is no longer wanted.',
    usually: ['a client that gave up waiting', 'a session that was ended without its own code'],
    try: ['see the log of the peer'],
    common: 'how requests are given up',
  },
  COMPRESSION_ERROR: { says: 'The compressed headers cannot be read.', usually: [DEFECT], try: [REPORT] },
  CONNECT_ERROR: {
    says: 'The TCP connection behind a CONNECT failed.',
    usually: ['a proxy in between'],
    try: ['connect without the proxy'],
  },
  ENHANCE_YOUR_CALM: {
    says: 'The peer causes more load than is reasonable.',
    usually: ['many requests, pings or resets in a short time'],
    try: ['slow down, or raise the limits of the server'],
  },
  INADEQUATE_SECURITY: {
    says: 'TLS does not have the strength that HTTP/2 demands.',
    usually: ['an old TLS version or cipher'],
    try: ['let both sides speak TLS 1.3'],
  },
  HTTP_1_1_REQUIRED: {
    says: 'The operation needs HTTP/1.1.',
    usually: ['a server that does not serve this over HTTP/2, such as one with client certificates per path'],
    try: ['check that the URL is that of a MoQ relay'],
  },
};
