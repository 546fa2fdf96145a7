import { parseFullTrackName, parseNamespace } from '../../url/namespace.js';
import { PROFILES, profileByDraft } from '../../wire/drafts/index.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import type { DraftProfile } from '../../wire/profile.js';
import { code, count, draft, duration, FaultFormError, percent, url, versions, word } from './arguments.js';
import type { Fault, FaultSetting } from './fault.js';
import * as handshake from './handshake-faults.js';
import * as http from './http-faults.js';
import * as packet from './packet-faults.js';
import * as request from './request-faults.js';
import * as setup from './setup-faults.js';

/** A fault that can be asked for. */
export interface FaultDefinition {
  readonly name: string;
  /** How it is written. */
  readonly form: string;
  /** What the relay does then, in one line. */
  readonly summary: string;
  /** `argument` is what stands behind the first colon. Throws FaultFormError. */
  readonly make: (argument: string | undefined, setting: FaultSetting) => Fault;
}

const DAY = 1;
const YEAR_DAYS = 365;
const HOLD_MS = 20;
const OBJECTS_BEFORE_CLOSE = 10;

/** A fault without an argument. */
function plain(name: string, summary: string, make: (setting: FaultSetting) => Fault): FaultDefinition {
  return {
    name,
    form: name,
    summary,
    make(argument, setting) {
      if (argument !== undefined) throw new FaultFormError(`${name} takes no argument`);
      return make(setting);
    },
  };
}

/** The draft that a relay confuses with this one: the newest that writes its SETUP otherwise. */
function otherDraft(profile: DraftProfile): DraftProfile {
  const { requests } = profile.features;
  return PROFILES.find(({ features }) => features.requests !== requests) as DraftProfile;
}

const NETWORK: readonly FaultDefinition[] = [
  {
    name: 'drop',
    form: 'drop:P%',
    summary: 'loses this share of the packets, both ways',
    make: (argument, { random }) => packet.drop(percent(argument), random),
  },
  {
    name: 'delay',
    form: 'delay:D',
    summary: 'makes the round trip longer, such as by 50ms',
    make: (argument) => packet.delay(duration(argument)),
  },
  {
    name: 'corrupt-packets',
    form: 'corrupt-packets:P%',
    summary: 'flips a bit in this share of the packets',
    make: (argument, { random }) => packet.corruptPackets(percent(argument), random),
  },
  {
    name: 'duplicate-packets',
    form: 'duplicate-packets:P%',
    summary: 'passes this share of the packets twice',
    make: (argument, { random }) => packet.duplicatePackets(percent(argument), random),
  },
  {
    name: 'reorder-packets',
    form: 'reorder-packets:P%',
    summary: 'holds this share of the packets back for 20 ms',
    make: (argument, { random }) => packet.reorderPackets(percent(argument), HOLD_MS, random),
  },
  {
    name: 'mtu',
    form: 'mtu:BYTES',
    summary: 'lets larger UDP payloads vanish without a message',
    make: (argument) => packet.mtu(count(argument, 64, 65_527)),
  },
  {
    name: 'blackhole',
    form: 'blackhole[:D]',
    summary: 'lets every packet vanish, from D after the first one on',
    make: (argument) => packet.blackhole(argument === undefined ? 0 : duration(argument)),
  },
];

const HANDSHAKE: readonly FaultDefinition[] = [
  plain('udp-echo', 'sends every packet back', () => handshake.udpEcho()),
  plain('udp-garbage', 'answers every packet with nonsense', ({ random }) => handshake.udpGarbage(random)),
  {
    name: 'version-negotiation',
    form: 'version-negotiation[:0xVERSION]',
    summary: 'speaks another version of QUIC only (0xff00001d)',
    make: (argument) => handshake.versionNegotiation(argument === undefined ? [0xff00001d] : versions(argument)),
  },
  plain('retry-loop', 'demands Retry again and again', () => handshake.retryLoop()),
  plain('stuck-handshake', 'begins the handshake and never ends it', () => handshake.stuckHandshake()),
  {
    name: 'alert',
    form: 'alert:N',
    summary: 'ends every handshake with this TLS alert; 120 is no_application_protocol',
    make: (argument) => handshake.alert(count(argument, 0, 255)),
  },
  {
    name: 'quic-close',
    form: 'quic-close:CODE',
    summary: 'ends every handshake with this QUIC transport error; 2 is CONNECTION_REFUSED',
    make: (argument) => handshake.quicClose(count(argument, 0, 0x3fff), ''),
  },
  {
    name: 'first-alpn',
    form: 'first-alpn:NAME',
    summary: 'looks only at the first protocol that a client offers, and wants it to be this one, such as moqt-18',
    make: (argument) => handshake.firstProtocolOnly(word(argument ?? '')),
  },
  plain('client-cert', 'demands a client certificate', () => handshake.clientCertificate()),
];

const CERTIFICATE: readonly FaultDefinition[] = [
  plain('expired-cert', 'shows a certificate that expired yesterday', () => ({
    certificate: { now: () => daysFromNow(-11), days: 10 },
  })),
  plain('not-yet-valid-cert', 'shows a certificate that is valid from tomorrow on', () => ({
    certificate: { now: () => daysFromNow(DAY), days: 10 },
  })),
  plain('wrong-host-cert', 'shows a certificate for elsewhere.example', () => ({
    certificate: { hosts: ['elsewhere.example'] },
  })),
  plain('long-cert', 'shows a certificate that is valid for a year', () => ({
    certificate: { days: YEAR_DAYS, allowLong: true },
  })),
  plain('rsa-cert', 'shows a certificate with an RSA key', () => ({ certificate: { key: 'RSA-2048' } })),
];

const HTTP: readonly FaultDefinition[] = [
  plain('no-settings', 'HTTP/3: sends no SETTINGS', () => http.noSettings()),
  plain('no-webtransport', 'HTTP/3: offers no WebTransport in its SETTINGS', () => http.noWebTransport()),
  {
    name: 'http-status',
    form: 'http-status:N',
    summary: 'WebTransport: answers CONNECT with this status, such as 404',
    make: (argument) => http.httpStatus(count(argument, 300, 599)),
  },
  {
    name: 'redirect',
    form: 'redirect:URL',
    summary: 'WebTransport: answers CONNECT with 307 and this Location',
    make: (argument) => http.redirect(url(argument)),
  },
  plain('no-protocol', 'WebTransport: names no WT-Protocol', () => http.noProtocol()),
  {
    name: 'wrong-protocol',
    form: 'wrong-protocol[:NAME]',
    summary: 'WebTransport: names a WT-Protocol that was not offered (moq-lite-03)',
    make: (argument) => http.wrongProtocol(argument === undefined ? 'moq-lite-03' : word(argument)),
  },
];

const SETUP: readonly FaultDefinition[] = [
  plain('silent-setup', 'accepts sessions and sends no SETUP', () => setup.silentSetup()),
  {
    name: 'wrong-draft',
    form: 'wrong-draft[:N]',
    summary: 'answers with the SETUP of another draft',
    make(argument) {
      if (argument === undefined) return setup.wrongDraft(otherDraft);
      const profile = profileByDraft(draft(argument)) as DraftProfile;
      return setup.wrongDraft(() => profile);
    },
  },
  {
    name: 'garbage-setup',
    form: 'garbage-setup[:http]',
    summary: 'answers with nonsense in place of SETUP, or like a web server',
    make(argument, { random }) {
      if (argument === undefined) return setup.garbageSetup(random);
      if (argument !== 'http') throw new FaultFormError('the only kind with a name is http');
      return setup.httpSetup();
    },
  },
  plain('echo', 'sends back what it gets on the control stream', () => setup.echo()),
  plain('no-request-credit', 'allows no requests: MAX_REQUEST_ID 0 (14 to 16)', () => setup.noRequestCredit()),
  {
    name: 'goaway',
    form: 'goaway[:URI]',
    summary: 'sends GOAWAY right after SETUP',
    make: (argument) => setup.goAway(argument ?? ''),
  },
];

const REQUESTS: readonly FaultDefinition[] = [
  {
    name: 'close',
    form: 'close:CODE[@setup|@session|@REQUEST|@objects]',
    summary: 'closes the session in place of SETUP (default), after it, when such a request comes, or after 10 objects',
    make(argument) {
      const [text, place = 'setup'] = atSign(argument);
      const checked = code('session', text);
      if (place === 'setup') return setup.closeAtSetup(checked);
      if (place === 'session') return setup.closeAfterSetup(checked);
      if (place === 'objects') return { objects: { close: { after: OBJECTS_BEFORE_CLOSE, name: checked } } };
      return request.closeAt(checked, requestWord(place, ['setup', 'session', 'objects']));
    },
  },
  {
    name: 'reject',
    form: 'reject:CODE[@REQUEST][:REASON]',
    summary: 'refuses every request, or those of one kind',
    make(argument = '') {
      const colon = argument.indexOf(':');
      const [text, place] = atSign(colon < 0 ? argument : argument.slice(0, colon));
      const reason = colon < 0 ? 'rejected by --fault' : argument.slice(colon + 1);
      return request.reject(code('request-error', text), place === undefined ? null : requestWord(place, []), reason);
    },
  },
  {
    name: 'redirect-request',
    form: 'redirect-request[:REQUEST]:[URI][#TARGET]',
    summary: 'sends requests, or those of one kind, to this URI, for this track or namespace (18 on)',
    make(argument = '') {
      const word = request.REQUEST_WORDS.find((one) => argument === one || argument.startsWith(`${one}:`)) ?? null;
      const rest = word === null ? argument : argument.slice(word.length + 1);
      const hash = rest.indexOf('#');
      const uri = hash < 0 ? rest : rest.slice(0, hash);
      const isNamespace = word === 'announce' || word === 'subscribe-namespace';
      const track = redirectTarget(hash < 0 ? '' : rest.slice(hash + 1), isNamespace);
      return request.redirectRequest(uri === '' ? '' : url(uri), track, word);
    },
  },
  {
    name: 'never-answer',
    form: 'never-answer:REQUEST|connect',
    summary: 'leaves requests of this kind, or the CONNECT of WebTransport over HTTP/3, without an answer',
    make: (argument = '') =>
      argument === 'connect' ? http.silentConnect() : request.neverAnswer(requestWord(argument, ['connect'])),
  },
  plain('stall', 'accepts every SUBSCRIBE and sends no object', () => request.stall()),
];

const OBJECTS: readonly FaultDefinition[] = [
  {
    name: 'drop-objects',
    form: 'drop-objects[:P%]',
    summary: 'leaves out objects (10%)',
    make: (argument) => ({ objects: { drop: share(argument) } }),
  },
  {
    name: 'duplicate',
    form: 'duplicate[:P%]',
    summary: 'sends objects twice (10%)',
    make: (argument) => ({ objects: { duplicate: share(argument) } }),
  },
  {
    name: 'reorder',
    form: 'reorder[:P%]',
    summary: 'sends objects behind their successors (10%)',
    make: (argument) => ({ objects: { reorder: share(argument) } }),
  },
  {
    name: 'corrupt',
    form: 'corrupt[:P%]',
    summary: 'flips a bit in the payload of objects (10%)',
    make: (argument) => ({ objects: { corrupt: share(argument) } }),
  },
  {
    name: 'cut',
    form: 'cut[:P%]',
    summary: 'breaks objects off in the middle, and resets their streams (10%)',
    make: (argument) => ({ objects: { cut: share(argument) } }),
  },
  {
    name: 'reset',
    form: 'reset:CODE[@N]',
    summary: 'resets the streams of a subscription after N objects (10)',
    make(argument) {
      const [text, after = '10'] = atSign(argument);
      return { objects: { reset: { after: count(after, 0, 1_000_000_000), name: code('stream-reset', text) } } };
    },
  },
];

/** Every fault, in the order of what a client meets first. */
export const FAULTS: readonly FaultDefinition[] = [
  ...NETWORK,
  ...HANDSHAKE,
  ...CERTIFICATE,
  ...HTTP,
  ...SETUP,
  ...REQUESTS,
  ...OBJECTS,
];

function share(argument: string | undefined): number {
  return argument === undefined ? 0.1 : percent(argument);
}

/** `CODE@PLACE` in its parts. */
function atSign(argument = ''): [string, string | undefined] {
  const at = argument.indexOf('@');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** `live/room1/video`: of a track the last part is the name. Empty: the same as was asked for. */
function redirectTarget(text: string, isNamespace: boolean): FullTrackName {
  if (text === '') return { namespace: [], name: new Uint8Array() };
  const slash = text.lastIndexOf('/');
  if (isNamespace) return { namespace: parseNamespace(text), name: new Uint8Array() };
  if (slash <= 0) throw new FaultFormError('expected NAMESPACE/TRACK behind #');
  return parseFullTrackName(text.slice(0, slash), text.slice(slash + 1));
}

function requestWord(text: string, others: readonly string[]): request.RequestWord {
  const found = request.REQUEST_WORDS.find((one) => one === text);
  if (found !== undefined) return found;
  throw new FaultFormError(`expected one of ${[...others, ...request.REQUEST_WORDS].join(', ')}`);
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}
