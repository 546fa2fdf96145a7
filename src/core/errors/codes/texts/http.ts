import type { CodeText } from '../code-text.js';
import type { HTTP_STATUSES } from '../http-statuses.js';

const MOVED: Pick<CodeText, 'usually' | 'try'> = {
  usually: ['a relay that moved, or a web server in its place that sends browsers elsewhere'],
  try: ['redirects are not followed: use the new URL', 'check that the URL is that of a MoQ relay'],
};
const TOKEN = 'give a token the way this relay expects it: --header, --auth-token, or in the URL';
const PROXY: Pick<CodeText, 'usually' | 'try'> = {
  usually: ['a proxy or load balancer whose relay behind it does not answer'],
  try: ['look at the relay behind the proxy'],
};

/** What a status means as the answer to a WebTransport CONNECT. */
export const HTTP_TEXTS: Readonly<Record<keyof typeof HTTP_STATUSES, CodeText>> = {
  OK: {
    says: 'The request is granted: the WebTransport session is open.',
    usually: ['all is well'],
    try: ['nothing: look at what came after it'],
    section: 'RFC 9110 §15.3.1',
  },
  MOVED_PERMANENTLY: { says: 'The address has changed for good.', ...MOVED, section: 'RFC 9110 §15.4.2' },
  FOUND: { says: 'The address is another one for now.', ...MOVED, section: 'RFC 9110 §15.4.3' },
  SEE_OTHER: { says: 'The answer is to be had elsewhere.', ...MOVED, section: 'RFC 9110 §15.4.4' },
  TEMPORARY_REDIRECT: { says: 'The address is another one for now.', ...MOVED, section: 'RFC 9110 §15.4.8' },
  PERMANENT_REDIRECT: { says: 'The address has changed for good.', ...MOVED, section: 'RFC 9110 §15.4.9' },
  BAD_REQUEST: {
    says: 'The server cannot make sense of the request.',
    usually: ['a relay that expects a token, a path or a header', 'a server that does not know WebTransport'],
    try: ["check the path and the query of the URL; see the server's log"],
    common: 'what relays answer to a path or query that they cannot read',
    section: 'RFC 9110 §15.5.1',
  },
  UNAUTHORIZED: {
    says: 'The request has no credentials, or wrong ones.',
    usually: ['no token, or an expired one'],
    try: [TOKEN],
    common: 'the usual answer to a missing token',
    section: 'RFC 9110 §15.5.2',
  },
  FORBIDDEN: {
    says: 'The server understands the request and refuses it.',
    usually: ['a token without rights for this path', 'a server that accepts only certain origins'],
    try: [TOKEN, "browsers are judged by their origin: --header 'Origin: https://…' imitates one"],
    common: 'the usual answer to a token that does not suffice',
    section: 'RFC 9110 §15.5.4',
  },
  NOT_FOUND: {
    says: 'There is nothing at this path.',
    usually: ['a relay that serves another path', 'a plain web server'],
    try: ["check the URL's path: relays serve /, /moq, /moq-relay …"],
    common: 'what a wrong path leads to',
    section: 'RFC 9110 §15.5.5',
  },
  METHOD_NOT_ALLOWED: {
    says: 'The method is not allowed for this path.',
    usually: ['a web server that does not know WebTransport at this path: CONNECT is not for it'],
    try: ["check the URL's path; check that the server speaks WebTransport, or try moqt://"],
    common: 'what web servers answer to a CONNECT',
    section: 'RFC 9110 §15.5.6',
  },
  NOT_ACCEPTABLE: {
    says: 'The server has nothing that suits what was offered.',
    usually: ['no draft in common'],
    try: ['offer other drafts: --draft 18,16,14'],
    section: 'RFC 9110 §15.5.7',
  },
  PROXY_AUTHENTICATION_REQUIRED: {
    says: 'A proxy on the way wants credentials.',
    usually: ['a corporate network'],
    try: ['connect from a network without a proxy'],
    section: 'RFC 9110 §15.5.8',
  },
  REQUEST_TIMEOUT: {
    says: 'The server waited too long for the request.',
    usually: ['a slow or lossy path'],
    try: ['try again'],
    section: 'RFC 9110 §15.5.9',
  },
  CONFLICT: {
    says: 'The request conflicts with what is there.',
    usually: ['a name that somebody else publishes'],
    try: ['use another namespace or path'],
    section: 'RFC 9110 §15.5.10',
  },
  GONE: {
    says: 'What was at this path has gone for good.',
    usually: ['an event that is over'],
    try: ['ask for the current URL'],
    section: 'RFC 9110 §15.5.11',
  },
  CONTENT_TOO_LARGE: {
    says: 'The request is larger than the server takes.',
    usually: ['a very long token'],
    try: ['use a shorter token'],
    section: 'RFC 9110 §15.5.14',
  },
  URI_TOO_LONG: {
    says: 'The URL is longer than the server takes.',
    usually: ['a very long token in the URL'],
    try: ['give the token by --auth-token'],
    section: 'RFC 9110 §15.5.15',
  },
  MISDIRECTED_REQUEST: {
    says: 'This server does not answer for the name that was asked for.',
    usually: ['the host of the URL is not one that the server serves'],
    try: ['use the host name that the relay is configured for; --resolve HOST:PORT:ADDR reaches it anywhere'],
    section: 'RFC 9110 §15.5.20',
  },
  TOO_EARLY: {
    says: 'The server does not act on a request in early data.',
    usually: ['0-RTT where the server does not want it'],
    try: ['try again'],
    section: 'RFC 8470 §5.2',
  },
  UPGRADE_REQUIRED: {
    says: 'The server wants another protocol.',
    usually: ['a server of another kind, such as WebSocket'],
    try: ['check that the URL is that of a MoQ relay'],
    section: 'RFC 9110 §15.5.22',
  },
  TOO_MANY_REQUESTS: {
    says: 'The server limits how often, or how many, may connect.',
    usually: ['a limit of sessions or of attempts'],
    try: ['it limits how often or how many may connect: try again later'],
    section: 'RFC 6585 §4',
  },
  REQUEST_HEADER_FIELDS_TOO_LARGE: {
    says: 'The headers are larger than the server takes.',
    usually: ['a very long token in a header'],
    try: ['use a shorter token'],
    section: 'RFC 6585 §5',
  },
  INTERNAL_SERVER_ERROR: {
    says: 'The server failed.',
    usually: ['a defect of the relay, or of what it asks about tokens'],
    try: ['see the log of the server'],
    section: 'RFC 9110 §15.6.1',
  },
  NOT_IMPLEMENTED: {
    says: 'The server does not know this kind of request.',
    usually: ['a server without WebTransport'],
    try: ['check that the server speaks WebTransport, or try moqt://'],
    section: 'RFC 9110 §15.6.2',
  },
  BAD_GATEWAY: { says: 'What is behind the server gave no usable answer.', ...PROXY, section: 'RFC 9110 §15.6.3' },
  SERVICE_UNAVAILABLE: {
    says: 'The server cannot serve the request now.',
    usually: ['no place for another session', 'a relay that is going away'],
    try: ['it has no place for another session, or is going away: try again later'],
    common: 'how full relays turn clients away',
    section: 'RFC 9110 §15.6.4',
  },
  GATEWAY_TIMEOUT: { says: 'What is behind the server did not answer in time.', ...PROXY, section: 'RFC 9110 §15.6.5' },
  HTTP_VERSION_NOT_SUPPORTED: {
    says: 'The server does not serve this version of HTTP.',
    usually: ['a server without HTTP/3 at this path'],
    try: ['try --transport webtransport-h2, or moqt://'],
    section: 'RFC 9110 §15.6.6',
  },
};
