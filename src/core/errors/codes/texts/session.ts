import type { CodeTexts } from '../code-text.js';

const TOKEN_FLAGS = 'give a token with --auth-token env:NAME or file:PATH, and check its type with --auth-token-type';

/** Codes that a session is closed with. */
export const SESSION_TEXTS: CodeTexts = {
  NO_ERROR: {
    says: 'The session ends without an error.',
    usually: [
      'the peer is done, or was stopped',
      'a relay that does not know a message closes with 0 and no reason instead of answering it',
      'a relay without a place for another session, or with another path or token in mind',
    ],
    try: [
      'the peer closed the session on purpose, without a reason: see its log',
      'if it came right after a request, the relay does not know that message: announce with PUBLISH instead of PUBLISH_NAMESPACE (--via publish), or the other way round',
      'if it came before SETUP, check the path in the URL and the token',
    ],
    common: 'nearly every session ends with it, also those that a relay ends because it does not like a message',
  },
  INTERNAL_ERROR: {
    says: 'Something went wrong inside the peer that no other code fits.',
    usually: ['a defect or a limit of the peer', 'an unknown code of an extension counts as this one'],
    try: ['the peer failed: see its log', 'try another --draft: code that few use fails first'],
    common: 'what implementations fall back to',
  },
  UNAUTHORIZED: {
    says: 'The client is not authorised to open a session.',
    usually: [
      'no token was given, or a wrong one',
      'the token is of another type than the relay expects',
      'the path of the URL needs other rights',
    ],
    try: [TOKEN_FLAGS, 'some relays take the token in the URL instead: …/path?jwt=…'],
    common: 'the usual answer to a missing token',
  },
  PROTOCOL_VIOLATION: {
    says: 'The other side did something that the draft forbids.',
    usually: [
      'the two sides do not mean the same draft',
      'a message or parameter that one side encodes in a way of its own',
      'a defect of one side: the reason says which rule was broken',
    ],
    try: [
      'one side broke the rules of the draft: try another --draft, and tell the authors of the peer',
      'moqt decode names every field of the bytes that were refused',
    ],
    common: 'the code for every rule that has none of its own',
  },
  INVALID_REQUEST_ID: {
    says: 'A Request ID was not the next one, was used twice, or has the parity of the other side.',
    usually: ['a defect in the counting of requests', 'two drafts that count updates differently'],
    try: ['try another --draft, and tell the authors of the side that sent the request'],
  },
  DUPLICATE_TRACK_ALIAS: {
    says: 'A Track Alias was given to a second track while the first still has it.',
    usually: ['a publisher that derives aliases from names, and two names that collide', 'a defect of a relay'],
    try: ['tell the authors of the side that publishes; other track names may avoid it'],
  },
  KEY_VALUE_FORMATTING_ERROR: {
    says: 'A key-value pair, such as a parameter or property, is not well formed.',
    usually: ['one side encodes parameters as another draft does: absolute or delta keys, typed or not'],
    try: ['try another --draft; moqt decode shows where the bytes go wrong'],
  },
  TOO_MANY_REQUESTS: {
    says: 'A request was sent beyond MAX_REQUEST_ID, the credit that the receiver gave.',
    usually: [
      'the peer grants no requests at all: without MAX_REQUEST_ID in SETUP the credit is 0',
      'a client that does not count updates',
    ],
    try: ['open fewer requests at once, or use a draft from 17 on, where streams are the limit'],
  },
  INVALID_PATH: {
    says: 'The server does not serve this PATH, or PATH was sent where it must not be (by a server, over WebTransport).',
    usually: ['the path of the URL is not one that this relay serves'],
    try: ['check the path of the URL: relays serve /, /moq, /moq-relay …'],
    common: 'what a wrong path on raw QUIC leads to',
  },
  MALFORMED_PATH: {
    says: 'PATH is not a path as URLs have it.',
    usually: ['a path without its leading slash, or with characters that need %xx'],
    try: ['write the path of the URL with a leading / and %xx for anything unusual'],
  },
  GOAWAY_TIMEOUT: {
    says: 'The peer asked with GOAWAY to move, and this side did not leave in time.',
    usually: ['a relay that restarts or sheds load, and a client that does not migrate'],
    try: ['the peer asked this session to move and closed it: connect again'],
  },
  CONTROL_MESSAGE_TIMEOUT: {
    says: 'An answer to a control message did not come in time.',
    usually: [
      'no SETUP came: the other side speaks another draft, or waits for something itself',
      'a request that the other side never answers',
    ],
    try: ['check that both sides speak the same draft (--draft), and raise --setup-timeout on a slow path'],
  },
  DATA_STREAM_TIMEOUT: {
    says: 'A data stream was open and what it promised did not come in time.',
    usually: ['a publisher that stalls in the middle of an object', 'a path that loses too much'],
    try: ['look at the publisher: does it finish its objects?'],
  },
  AUTH_TOKEN_CACHE_OVERFLOW: {
    says: 'More tokens were registered than the receiver has room for.',
    usually: ['a client that registers aliases although MAX_AUTH_TOKEN_CACHE_SIZE is 0, its default'],
    try: ['send tokens by value; moqt always does'],
  },
  DUPLICATE_AUTH_TOKEN_ALIAS: {
    says: 'A token was registered under an alias that is in use.',
    usually: ['a client that registers the same token twice'],
    try: ['send tokens by value, or delete the alias first'],
  },
  VERSION_NEGOTIATION_FAILED: {
    says: 'The client offered no version that the server speaks.',
    usually: ['draft 14 negotiates inside SETUP: the server has none of the versions listed there'],
    try: ['offer other drafts: --draft 18,16,14', 'moqt probe --matrix shows which drafts a host speaks'],
  },
  MALFORMED_AUTH_TOKEN: {
    says: 'The authorization token cannot be read.',
    usually: [
      'a token of another type than announced: --auth-token-type says which it is',
      'a token with a line end or quotes around it',
    ],
    try: ['check what the file or variable holds, and --auth-token-type', 'some relays take tokens only in the URL'],
  },
  UNKNOWN_AUTH_TOKEN_ALIAS: {
    says: 'A token alias was used that nobody registered.',
    usually: ['the alias was registered on another session, or was deleted'],
    try: ['send tokens by value; moqt always does'],
  },
  EXPIRED_AUTH_TOKEN: {
    says: 'The authorization token has expired.',
    usually: ['a token that was minted long ago', 'a clock that is wrong, here or at the relay'],
    try: ['get a new token; check the clocks of both sides'],
  },
  INVALID_AUTHORITY: {
    says: 'The server is not the one that AUTHORITY names, or AUTHORITY was sent where it must not be.',
    usually: ['a relay that serves other host names than the one in the URL'],
    try: ['use the host name that the relay is configured for; --resolve HOST:PORT:ADDR reaches it anywhere'],
  },
  MALFORMED_AUTHORITY: {
    says: 'AUTHORITY is not a host with an optional port.',
    usually: ['a client that puts a scheme or a path into it'],
    try: ['check the host and port of the URL'],
  },
};
