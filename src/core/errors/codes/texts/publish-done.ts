import type { CodeTexts } from '../code-text.js';

/** Statuses of PUBLISH_DONE. */
export const PUBLISH_DONE_TEXTS: CodeTexts = {
  INTERNAL_ERROR: {
    says: 'The publisher ends the subscription for a reason that no other status fits.',
    usually: ['a defect or a limit of the publisher or relay'],
    try: ["see the reason and the publisher's log", 'what arrived before is complete'],
  },
  UNAUTHORIZED: {
    says: 'The subscriber is no longer allowed to have the track.',
    usually: ['a token that was withdrawn'],
    try: ['get a new token and subscribe again'],
  },
  TRACK_ENDED: {
    says: 'The track is over: there will be no more objects.',
    usually: ['the publisher finished, as it should'],
    try: ['nothing: this is how a track ends in order'],
    common: 'the orderly end of every track',
  },
  SUBSCRIPTION_ENDED: {
    says: 'The subscription reached the end of its filter.',
    usually: ['the range that was asked for is complete'],
    try: ['nothing: this is how a subscription with an end is over'],
    common: 'the orderly end of every range',
  },
  GOING_AWAY: {
    says: 'One of the two sides is leaving (GOAWAY).',
    usually: ['a relay that restarts or sheds load'],
    try: ['connect again and subscribe again'],
  },
  EXPIRED: {
    says: 'The time for which the subscription was granted is over.',
    usually: ['SUBSCRIBE_OK carried EXPIRES, and the subscription was not renewed'],
    try: ['subscribe again'],
  },
  TOO_FAR_BEHIND: {
    says: 'The subscriber is too slow: more is waiting for it than the publisher keeps.',
    usually: ['an output that is slower than the track', 'a path with too little throughput'],
    try: [
      'read faster, or let the publisher pace itself (--rate)',
      'moqt subscribe --order latest keeps up by leaving out old groups',
    ],
    common: 'what a slow subscriber gets',
  },
  MALFORMED_TRACK: {
    says: 'The track contradicts itself, and a relay found out.',
    usually: [
      'two publishers of one name with different content',
      'a publisher that restarted and reused its group IDs',
    ],
    try: ['look at the publisher of the track', 'publish under another name'],
  },
  UPDATE_FAILED: {
    says: 'An update of the subscription failed, and with it the subscription.',
    usually: ['an update that the publisher cannot follow, such as a wider range'],
    try: ['subscribe anew with what is wanted instead of updating'],
  },
  EXCESSIVE_LOAD: {
    says: 'The publisher or relay is overloaded and ends the subscription.',
    usually: ['a limit of streams, tracks or memory was reached'],
    try: ['the peer is overloaded: try again later'],
  },
};
