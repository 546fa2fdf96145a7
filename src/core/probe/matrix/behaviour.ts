import { randomBytes } from 'node:crypto';
import type { Detail, ProbeWarning } from '../../records/probe-report.js';
import type { MoqtSession } from '../../session/session.js';
import { utf8 } from '../../util/bytes.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import type { RequestKind } from '../../wire/messages/control-message.js';
import { ACCEPTS_UNKNOWN_TRACK, closesOnUnknown, invalidAnswer, randomReason, unanswered } from '../quirks/quirks.js';
import { ANSWER_MS, ASK_OPTIONS, ask, type Behaviour, behaviourDetail, isAnswered, type OpenSession } from './ask.js';
import type { PublishedTrack } from './published-track.js';

/** A name that nobody else has. */
export function unknownTrack(): FullTrackName {
  return { namespace: [utf8('moqt-probe'), utf8(randomBytes(6).toString('hex'))], name: utf8('nothing') };
}

const NO_SINK = { onSubgroup: (stream: { stop(): void }) => stream.stop(), onDatagram: () => {} };

export type QuestionName =
  | 'publishNamespace'
  | 'subscribeNamespace'
  | 'publish'
  | 'blindSubscribe'
  | 'fetch'
  | 'trackStatus';
export type Answers = Readonly<Record<QuestionName, Behaviour>>;

/** What is asked about a track that nobody has. */
export const QUESTIONS: Readonly<
  Record<
    QuestionName,
    { readonly request: RequestKind; ask(session: MoqtSession, track: FullTrackName): Promise<unknown> }
  >
> = {
  publishNamespace: {
    request: 'PUBLISH_NAMESPACE',
    ask: (session, { namespace }) => session.publishNamespace(namespace, {}, ASK_OPTIONS),
  },
  subscribeNamespace: {
    request: 'SUBSCRIBE_NAMESPACE',
    ask: (session, { namespace }) =>
      session.subscribeNamespace(
        namespace,
        { namespaces: true, tracks: false },
        { onNamespace: () => {}, onNamespaceDone: () => {} },
        {},
        ASK_OPTIONS,
      ),
  },
  publish: { request: 'PUBLISH', ask: (session, track) => session.publish(track, {}, ASK_OPTIONS) },
  blindSubscribe: { request: 'SUBSCRIBE', ask: (session, track) => subscribe(session, track) },
  fetch: {
    request: 'FETCH',
    ask: (session, track) => {
      const range = { start: { group: 0n, object: 0n }, end: { group: 0n, object: 1n } };
      return session.fetch({ type: 'standalone', track, ...range }, {}, ASK_OPTIONS).ok;
    },
  },
  trackStatus: { request: 'TRACK_STATUS', ask: (session, track) => session.trackStatus(track, {}, ASK_OPTIONS) },
};

function subscribe(session: MoqtSession, track: FullTrackName): Promise<unknown> {
  const filter = session.profile.features.unfiltered ? {} : ({ filter: { type: 'largest-object' } } as const);
  return session.subscribe(track, filter, NO_SINK, ASK_OPTIONS);
}

/** Asks each question in a session of its own. */
export async function askAll(open: OpenSession): Promise<Answers> {
  const answers: Partial<Record<QuestionName, Behaviour>> = {};
  for (const [name, question] of Object.entries(QUESTIONS)) {
    answers[name as QuestionName] = await ask(open, (session) => question.ask(session, unknownTrack()));
  }
  return answers as Answers;
}

/** Whether the same refusal has another reason when it is asked for again; null when it is not refused with one. */
export async function hasRandomReason(open: OpenSession): Promise<string | null> {
  const track = unknownTrack();
  const [one, other] = [
    await ask(open, (session) => subscribe(session, track)),
    await ask(open, (session) => subscribe(session, track)),
  ];
  const both = one.answer === 'refused' && other.answer === 'refused' && one.code === other.code;
  return both && one.reason !== other.reason ? other.reason : null;
}

/** The `behaviour` of a fingerprint. */
export function behaviourFacts(answers: Answers, published: PublishedTrack, replays: boolean | null): Detail {
  const { blindSubscribe: blind, publish } = answers;
  const isKnown = published.subscribe !== null;
  return {
    ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, behaviourDetail(answer)])),
    publishedTrack: published.detail,
    answersFetch: answered(published.fetch ?? answers.fetch),
    servesFetch: published.fetch === null ? null : published.fetchedObjects > 0,
    answersTrackStatus: answered(published.trackStatus ?? answers.trackStatus),
    forwardsObjects: isKnown ? published.objectArrived : null,
    acceptsPublish: publish.answer === 'untried' ? null : publish.answer === 'accepted',
    // Neither accepted nor refused, as a relay does that waits for a publisher.
    blindSubscribeAllowed:
      blind.answer === 'untried' ? null : blind.answer === 'none' ? 'held' : blind.answer === 'accepted',
    replaysAnnouncements: replays,
  };
}

function answered(behaviour: Behaviour): boolean | null {
  return behaviour.answer === 'untried' ? null : isAnswered(behaviour);
}

/** What a user should know of the answers. */
export function answerQuirks(answers: Answers, published: PublishedTrack, randomly: string | null): ProbeWarning[] {
  const of = (wanted: (answer: Behaviour) => boolean, without?: QuestionName): RequestKind[] =>
    Object.entries(answers).flatMap(([name, answer]) =>
      wanted(answer) && name !== without ? [QUESTIONS[name as QuestionName].request] : [],
    );
  const closes = of(
    ({ answer, code, name, reason }) => answer === 'closed' && code === '0x0' && name === 'NO_ERROR' && reason === '',
  );
  // A SUBSCRIBE may wait for its publisher.
  const silent = new Set(of(({ answer }) => answer === 'none', 'blindSubscribe'));
  if (published.fetch?.answer === 'none') silent.add('FETCH');
  if (published.trackStatus?.answer === 'none') silent.add('TRACK_STATUS');
  return [
    ...(closes.length > 0 ? [closesOnUnknown(closes)] : []),
    ...Object.entries(answers).flatMap(([name, { answer, reason }]) =>
      answer === 'invalid' ? [invalidAnswer(QUESTIONS[name as QuestionName].request, reason ?? '')] : [],
    ),
    ...(silent.size > 0 ? [unanswered([...silent])] : []),
    ...(answers.blindSubscribe.answer === 'accepted' ? [ACCEPTS_UNKNOWN_TRACK] : []),
    ...(randomly === null ? [] : [randomReason(randomly)]),
    ...Object.values(answers).flatMap(({ quirks }) => quirks),
    ...published.quirks,
  ];
}

/** Whether a namespace that was announced before is told to one who asks later; null when it cannot be found out. */
export async function replaysAnnouncements(open: OpenSession, openLater: OpenSession = open): Promise<boolean | null> {
  const { namespace } = unknownTrack();
  const outcome = await ask(open, async (publisher) => {
    const announced = await publisher.publishNamespace(namespace, {}, ASK_OPTIONS);
    const later = await ask(openLater, async (subscriber) => {
      let told = (): void => {};
      const heard = new Promise<boolean>((resolve) => {
        told = () => resolve(true);
      });
      const sink = { onNamespace: told, onNamespaceDone: () => {} };
      const wants = { namespaces: true, tracks: false };
      await subscriber.subscribeNamespace(namespace, wants, sink, {}, ASK_OPTIONS);
      const silence = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ANSWER_MS / 2));
      return await Promise.race([heard, silence]);
    });
    await announced.withdraw().catch(() => {});
    return later.got ?? null;
  });
  return outcome.got ?? null;
}
