/** What a number can be a code of. */
export const CODE_SPACES = {
  session: 'code that a MoQT session is closed with',
  'request-error': 'code of an error reply to a MoQT request',
  'publish-done': 'status of PUBLISH_DONE, the end of a subscription',
  'stream-reset': 'code that a MoQT stream is reset or stopped with',
  webtransport: 'code of WebTransport, or the code of an application that WebTransport wraps',
  http3: 'code of HTTP/3 or QPACK',
  http2: 'code of HTTP/2',
  http: 'status of an HTTP response',
  quic: 'code of the QUIC transport',
  tls: 'TLS alert',
  cause: 'cause that moqt names',
  error: 'error code of moqt',
  exit: 'exit code of moqt',
} as const;

/** The name of a space of codes. */
export type CodeSpaceName = keyof typeof CODE_SPACES;
