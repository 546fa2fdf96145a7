import type { Cause } from '../../errors/causes.js';
import type { RoundtripFacts } from '../../records/probe-report.js';
import type { SessionCloseInfo } from '../../session/session.js';
import { escapeText } from '../../util/escape.js';
import type { Verdict } from '../probe-options.js';

/** What is wrong with what arrived, the worst first; null when nothing is. */
export function roundtripVerdict(
  facts: RoundtripFacts,
  options: {
    readonly lossHasThreshold: boolean;
    /** Objects that were still to be sent. */
    readonly unsent: number;
    /** Of the lost ones, those that went missing without a stream that broke off. */
    readonly lostAlone: number;
    readonly forwarding: 'subgroup' | 'datagram';
    readonly dataTimeoutMs: number;
    /** The end of the session that ended first; null while both live. */
    readonly close: { readonly who: string; readonly info: SessionCloseInfo } | null;
  },
): Verdict | null {
  const { sent, received, lost, corrupted, partial, duplicated, reordered } = facts;
  const detail = { sent, received, lost, corrupted, partial, duplicated, reordered };
  const counts = `${received} of ${sent} objects arrived whole: ${lost} lost, ${partial} broken off, ${corrupted} changed, ${duplicated} twice, ${reordered} out of order`;
  const answer = (cause: Cause, hint: string, message = counts): Verdict => ({ cause, message, hint, detail });
  const { close } = options;
  if (close !== null && lost + partial + options.unsent > 0) {
    const { info, who } = close;
    const reason = escapeText(info.reason, { maxLength: 200 });
    const code = `${info.name} (0x${info.code.toString(16)})${reason === '' ? '' : `: ${reason}`}`;
    const hint = `the session of the ${who} ended with ${code}: see the log of the relay`;
    const rest = options.unsent > 0 ? `; ${options.unsent} could not be sent any more` : '';
    return answer('data.closed', hint, `the session of the ${who} ended while objects flowed; ${counts}${rest}`);
  }
  if (corrupted > 0) {
    return answer(
      'data.corrupt',
      'the digest of an object, or its place in the track, is not what was sent: a defect of the relay, report it',
    );
  }
  if (received === 0 && partial === 0 && sent > 0) {
    const hint =
      'the relay accepted both sides and passed nothing on: does it forward this kind of track (--forwarding, --via)?';
    return answer(
      'data.none',
      hint,
      `none of ${sent} objects arrived within ${Math.round(options.dataTimeoutMs)} ms of the last`,
    );
  }
  // What was behind an object that broke off went with its stream.
  if (lost > 0 && !options.lossHasThreshold && (partial === 0 || options.lostAlone > 0)) {
    const hint =
      options.forwarding === 'datagram'
        ? 'datagrams are not repeated: a network that loses packets, or a relay that drops under load; try a lower --rate'
        : 'streams repeat lost packets, so the relay dropped objects: its cache or delivery timeout is short, or the rate too high for it; try a lower --rate';
    return answer('data.loss', hint);
  }
  if (partial > 0) {
    return answer(
      'data.partial',
      'the relay reset streams in the middle of objects: a delivery timeout, or a subscriber that it finds too slow; try a lower --rate',
    );
  }
  if (duplicated > 0)
    return answer('data.duplicate', 'the relay sends objects more than once: a defect of the relay, report it');
  if (reordered > 0) {
    return answer(
      'data.reordered',
      'objects of a group came out of order: with datagrams the network does that, on streams it is a defect of the relay',
    );
  }
  return null;
}
