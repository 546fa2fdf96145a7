import type { CodeTexts } from '../code-text.js';

/** Codes of RESET_STREAM and STOP_SENDING on MoQT streams. */
export const STREAM_RESET_TEXTS: CodeTexts = {
  INTERNAL_ERROR: {
    says: 'The stream was given up for a reason that no other code fits.',
    usually: ['a defect or a limit of the peer', 'a relay that drops a group it cannot hold'],
    try: ["see the peer's log; smaller groups (--group-every) survive where large ones are dropped"],
    common: 'some relays reset with 0 whatever the reason',
  },
  CANCELLED: {
    says: 'One side no longer wants the stream.',
    usually: ['the subscription was cancelled or updated', 'a relay that skips an old group for a slow subscriber'],
    try: ['nothing, if the subscription was cancelled on purpose', 'else read faster, or pace the publisher (--rate)'],
    common: 'the ordinary way to stop a stream',
  },
  DELIVERY_TIMEOUT: {
    says: 'An object was too old to be worth delivering.',
    usually: ['a delivery timeout is set, and the path or the subscriber is too slow for it'],
    try: ['raise or remove the delivery timeout, or lower the rate of the publisher'],
  },
  SESSION_CLOSED: {
    says: 'The session is being closed, and its streams with it.',
    usually: ['the peer ends the session: its own code says why'],
    try: ['look for the code that the session was closed with'],
  },
  GOING_AWAY: {
    says: 'The peer is leaving (GOAWAY) and takes no new requests.',
    usually: ['a relay that restarts or sheds load'],
    try: ['connect again'],
  },
  TOO_FAR_BEHIND: {
    says: 'The subscriber is too slow: more is waiting for it than the publisher keeps.',
    usually: ['an output that is slower than the track', 'a path with too little throughput'],
    try: ['read faster, or let the publisher pace itself (--rate)'],
  },
  UNKNOWN_OBJECT_STATUS: {
    says: 'In answer to a FETCH: the publisher cannot tell whether the next object exists.',
    usually: ['a relay that has only a part of the range in its cache'],
    try: ['fetch a smaller range, or ask the original publisher'],
  },
  EXPIRED_AUTH_TOKEN: {
    says: 'The authorization token of the request has expired.',
    usually: ['a token that was minted long ago', 'a clock that is wrong, here or at the relay'],
    try: ['get a new token and ask again'],
  },
  EXCESSIVE_LOAD: {
    says: 'The peer is overloaded and gives up this stream.',
    usually: ['a limit of streams or memory was reached'],
    try: ['the peer is overloaded: try again later'],
  },
  MALFORMED_TRACK: {
    says: 'The track contradicts itself, and a relay found out.',
    usually: [
      'two publishers of one name with different content',
      'a publisher that restarted and reused its group IDs',
    ],
    try: ['look at the publisher of the track', 'publish under another name'],
  },
};
