import type { CodeTexts } from '../code-text.js';

const TOKEN_FLAGS =
  'give a token with --auth-token env:NAME or file:PATH, and check its type with --auth-token-type; --auth-in request puts it into the request';
const ABSENT_TRY = [
  'nobody publishes this track now: check the namespace tuple and the track name, or wait for it with --wait',
  'moqt connect URL --hold --prefix NAMESPACE shows what is announced there',
  'a publisher that announced one field with slashes in it needs %2F: live%2Froom1',
];

/** Codes of REQUEST_ERROR, and in draft 14 of the ERROR message of each request. */
export const REQUEST_ERROR_TEXTS: CodeTexts = {
  INTERNAL_ERROR: {
    says: 'The request failed for a reason that no other code fits.',
    usually: ['a defect or a limit of the peer', 'a relay whose own upstream failed'],
    try: ["see the reason and the peer's log", 'try another --draft'],
    common: 'what implementations fall back to; some have no other code',
  },
  UNAUTHORIZED: {
    says: 'The sender of the request may not do this with this track or namespace.',
    usually: ['no token, or one that covers other namespaces', 'a token that may subscribe but not publish'],
    try: [TOKEN_FLAGS],
    common: 'the usual answer to a missing token',
  },
  TIMEOUT: {
    says: 'The request could not be completed in the time that the peer gives it.',
    usually: ['a relay that found no publisher, or got no answer from it'],
    try: [
      'the peer gave up waiting for a publisher: start it first, or wait longer with --wait',
      'check that the publisher answers SUBSCRIBE',
    ],
  },
  NOT_SUPPORTED: {
    says: 'The peer does not serve this kind of request.',
    usually: [
      'a relay that does not take PUBLISH, FETCH, TRACK_STATUS or SUBSCRIBE_NAMESPACE',
      'a parameter or filter that it does not know',
    ],
    try: [
      'the peer does not serve this kind of request: try another --via or --draft',
      'publish with --via namespace where PUBLISH is refused; subscribe without --filter where FETCH is',
    ],
    common: 'relays serve only a part of the requests',
  },
  MALFORMED_AUTH_TOKEN: {
    says: 'The authorization token cannot be read.',
    usually: ['a token of another type than announced', 'a line end or quotes around the token'],
    try: [TOKEN_FLAGS],
  },
  EXPIRED_AUTH_TOKEN: {
    says: 'The authorization token has expired.',
    usually: ['a token that was minted long ago', 'a clock that is wrong, here or at the relay'],
    try: ['get a new token; check the clocks of both sides'],
  },
  GOING_AWAY: {
    says: 'The peer is leaving (GOAWAY) and takes no new requests.',
    usually: ['a relay that restarts or sheds load'],
    try: ['the peer is going away: connect again'],
  },
  EXCESSIVE_LOAD: {
    says: 'The peer is overloaded.',
    usually: ['a limit of sessions, tracks or streams was reached'],
    try: ['the peer is overloaded: try again later', 'the answer may carry a retry interval'],
  },
  DOES_NOT_EXIST: {
    says: 'The track or namespace is not there.',
    usually: [
      'nobody publishes the track at the moment, or the publisher is connected to another relay',
      'the namespace tuple is spelled differently: one field with slashes is not several fields',
      'the path of the URL puts publisher and subscriber into different scopes',
    ],
    try: ABSENT_TRY,
    common: 'what relays answer for every track that nobody publishes',
  },
  TRACK_DOES_NOT_EXIST: {
    says: 'The track is not there.',
    usually: [
      'nobody publishes the track at the moment, or the publisher is connected to another relay',
      'the namespace tuple is spelled differently: one field with slashes is not several fields',
    ],
    try: ABSENT_TRY,
    common: 'what relays answer for every track that nobody publishes',
  },
  NAMESPACE_PREFIX_UNKNOWN: {
    says: 'Nobody has announced a namespace below this prefix.',
    usually: ['the publisher is not there yet', 'the prefix is spelled differently from what was announced'],
    try: ['start the publisher first, or ask for a shorter prefix'],
  },
  INVALID_RANGE: {
    says: 'The range or filter that was asked for cannot be served.',
    usually: ['it lies beyond the newest object', 'its end lies before its start', 'the track has no objects yet'],
    try: [
      'the track has no such objects: ask for another --filter',
      'moqt subscribe --from now needs no objects to be there',
    ],
  },
  NO_OBJECTS: {
    says: 'There are no objects in the range that was fetched.',
    usually: ['the range is a gap of the track', 'the relay no longer has the objects in its cache'],
    try: ['ask for another range'],
  },
  MALFORMED_TRACK: {
    says: 'The track contradicts itself, and a relay found out.',
    usually: [
      'two publishers of one name with different content',
      'a publisher that restarted and reused its group IDs',
    ],
    try: ['the relay found contradictions in the track: look at its publisher', 'publish under another name'],
  },
  UNKNOWN_STATUS_IN_RANGE: {
    says: 'The peer cannot tell of all objects in the range whether they exist.',
    usually: ['a relay that has only a part of the range in its cache'],
    try: ['fetch a smaller range, or ask the original publisher'],
  },
  DUPLICATE_SUBSCRIPTION: {
    says: 'This session has a subscription for the track already.',
    usually: ['two SUBSCRIBE for one track in one session', 'a PUBLISH that met a SUBSCRIBE of the other side'],
    try: ['this session has the track already', 'use a second session for a second subscription'],
  },
  UNINTERESTED: {
    says: 'The peer does not want the track or namespace that was offered.',
    usually: ['nobody subscribes to it', 'the namespace is not one that this relay takes'],
    try: ['the peer does not want this track or namespace', 'check the namespace; publish with --via namespace'],
  },
  PREFIX_OVERLAP: {
    says: 'This session has asked for an overlapping namespace prefix already.',
    usually: ['two SUBSCRIBE_NAMESPACE of which one contains the other'],
    try: ['this session asks for an overlapping prefix already', 'ask for the shorter prefix only'],
  },
  NAMESPACE_PREFIX_OVERLAP: {
    says: 'This session has asked for an overlapping namespace prefix already.',
    usually: ['two SUBSCRIBE_NAMESPACE of which one contains the other'],
    try: ['this session asks for an overlapping prefix already', 'ask for the shorter prefix only'],
  },
  NAMESPACE_TOO_LARGE: {
    says: 'The prefix covers more than the relay is willing to list.',
    usually: ['an empty or very short prefix on a large relay'],
    try: ['ask for a longer prefix'],
  },
  INVALID_JOINING_REQUEST_ID: {
    says: 'A joining FETCH names a request that is not an established subscription.',
    usually: ['the subscription has ended, or was not answered yet'],
    try: ['send the FETCH after SUBSCRIBE_OK'],
  },
  UNSUPPORTED_EXTENSION: {
    says: 'The track has a mandatory property that the peer does not understand.',
    usually: ['a publisher that uses properties from 0x4000 to 0x7fff'],
    try: ['publish without that property, or use a peer that knows it'],
  },
  REDIRECT: {
    says: 'The request can be served elsewhere: the answer says where.',
    usually: ['a relay that spreads tracks over several hosts'],
    try: ['connect to the URI that the answer names'],
  },
};
