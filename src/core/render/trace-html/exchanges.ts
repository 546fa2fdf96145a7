import type { MessageFacts } from './messages.js';
import type { PageExchange } from './page-data.js';

const REQUESTS = new Set([
  'SUBSCRIBE',
  'PUBLISH',
  'FETCH',
  'TRACK_STATUS',
  'PUBLISH_NAMESPACE',
  'SUBSCRIBE_NAMESPACE',
  'SUBSCRIBE_TRACKS',
  'REQUEST_UPDATE',
  'SUBSCRIBE_UPDATE',
]);
/** They carry a Request ID that is not theirs to answer. */
const OUTSIDE = new Set(['GOAWAY', 'MAX_REQUEST_ID', 'REQUESTS_BLOCKED']);

interface Exchange extends PageExchange {
  answer: number;
  readonly more: number[];
}

/**
 * Joins answers to their requests. To 16 the Request ID says what is answered; from 17 answers have none, and belong to the
 * request on their stream (draft-18 §10.1). Both sides' SETUP messages are one exchange.
 */
export function joinExchanges(messages: readonly MessageFacts[]): {
  exchanges: readonly PageExchange[];
  /** Of each message; -1 for those by themselves. */
  of: readonly number[];
} {
  const exchanges: Exchange[] = [];
  const of: number[] = new Array(messages.length).fill(-1);
  const byId = new Map<string, number>();
  const byStream = new Map<string, number[]>();
  const setups = new Map<number, number>();

  const begin = (request: number): number => {
    of[request] = exchanges.length;
    return exchanges.push({ request, answer: -1, more: [] }) - 1;
  };
  const answers = (exchange: Exchange, { page }: MessageFacts): boolean =>
    exchange.answer === -1 && messages[exchange.request]?.page.sent !== page.sent;

  for (const [index, message] of messages.entries()) {
    const { name, peer, stream } = message.page;
    if (name.endsWith('SETUP')) {
      const setup = setups.get(peer);
      if (setup === undefined) setups.set(peer, begin(index));
      else {
        const exchange = exchanges[setup] as Exchange;
        of[index] = setup;
        if (answers(exchange, message)) exchange.answer = index;
        else exchange.more.push(index);
      }
      continue;
    }
    if (OUTSIDE.has(name)) continue;
    const id = message.requestId === null ? null : `${peer}/${message.requestId}`;
    const place = stream === null ? null : `${peer}/${stream}`;
    if (REQUESTS.has(name)) {
      const made = begin(index);
      if (id !== null) byId.set(id, made);
      if (place !== null) byStream.set(place, [...(byStream.get(place) ?? []), made]);
      continue;
    }
    const isAnswer = /_(OK|ERROR)$/.test(name);
    const onStream = place === null ? [] : (byStream.get(place) ?? []);
    // A stream carries its request first, then updates: an answer is for the first of them that has none.
    const open = isAnswer ? onStream.find((one) => answers(exchanges[one] as Exchange, message)) : undefined;
    const found = id === null ? (open ?? onStream[0]) : byId.get(id);
    if (found === undefined) continue;
    const exchange = exchanges[found] as Exchange;
    of[index] = found;
    if (isAnswer && answers(exchange, message)) exchange.answer = index;
    else exchange.more.push(index);
  }
  return { exchanges, of };
}
