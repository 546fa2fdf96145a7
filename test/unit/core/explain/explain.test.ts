import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../../../src/core/errors/causes.js';
import { CODE_SPACES } from '../../../../src/core/errors/codes/code-space.js';
import { HTTP_STATUSES } from '../../../../src/core/errors/codes/http-statuses.js';
import { HTTP2_CODES } from '../../../../src/core/errors/codes/http2-codes.js';
import { HTTP3_CODES, WEBTRANSPORT_CODES } from '../../../../src/core/errors/codes/http3-codes.js';
import { IMPLEMENTATIONS, OWN_CODES, REMARKS } from '../../../../src/core/errors/codes/implementations.js';
import { QUIC_CODES } from '../../../../src/core/errors/codes/quic-codes.js';
import { PUBLISH_DONE_TEXTS } from '../../../../src/core/errors/codes/texts/publish-done.js';
import { REQUEST_ERROR_TEXTS } from '../../../../src/core/errors/codes/texts/request-error.js';
import { SESSION_TEXTS } from '../../../../src/core/errors/codes/texts/session.js';
import { STREAM_RESET_TEXTS } from '../../../../src/core/errors/codes/texts/stream-reset.js';
import { TLS_ALERTS } from '../../../../src/core/errors/codes/tls-alerts.js';
import { ERROR_CODES } from '../../../../src/core/errors/error-codes.js';
import { EXIT } from '../../../../src/core/errors/exit-codes.js';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { Explainer } from '../../../../src/core/explain/explain.js';
import { REQUESTS } from '../../../../src/core/explain/moqt-entries.js';
import { PHRASES } from '../../../../src/core/explain/phrases.js';
import type { CodeMeaning } from '../../../../src/core/records/explanation.js';
import { errorLine } from '../../../../src/core/render/error-line.js';
import { wrapCode } from '../../../../src/core/transport/webtransport/stream-codes.js';
import { PROFILES, profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';

const all = new Explainer();
const first = (input: string, explainer = all) => explainer.explain(input).meanings[0];
const names = (input: string, explainer = all) =>
  explainer.explain(input).meanings.map(({ space, name }) => `${space} ${name}`);
const only = (draft: string) => ({ profiles: [profileByDraft(draft) as DraftProfile] });

/** space, code and name of everything in the tables, the drafts' registries among them. */
function* tables(): Generator<{ space: keyof typeof CODE_SPACES; code: bigint; name: string; draft?: string }> {
  for (const profile of PROFILES) {
    for (const space of ['session', 'publish-done', 'stream-reset'] as const) {
      for (const [code, name] of profile.codes(space).entries()) yield { space, code, name, draft: profile.draft };
    }
    for (const request of REQUESTS) {
      for (const [code, name] of profile.codes('request-error', request).entries()) {
        yield { space: 'request-error', code, name, draft: profile.draft };
      }
    }
  }
  const fixed = {
    webtransport: WEBTRANSPORT_CODES,
    http3: HTTP3_CODES,
    http2: HTTP2_CODES,
    http: HTTP_STATUSES,
    quic: QUIC_CODES,
    tls: TLS_ALERTS,
  } as const;
  for (const [space, codes] of Object.entries(fixed)) {
    for (const [name, code] of Object.entries(codes))
      yield { space: space as keyof typeof fixed, code: BigInt(code), name };
  }
}

describe('every code', () => {
  const spaces = Object.keys(CODE_SPACES) as (keyof typeof CODE_SPACES)[];
  const bySpace = new Map(spaces.map((space) => [space, new Explainer({ space })]));

  it('of every table is explained by its number, in decimal and hexadecimal, and by its name', () => {
    let seen = 0;
    for (const { space, code, name, draft } of tables()) {
      const explainer = bySpace.get(space) as Explainer;
      const fits = (meaning: CodeMeaning): boolean =>
        meaning.space === space &&
        meaning.name === name &&
        meaning.code === code.toString() &&
        (draft === undefined || meaning.drafts.includes(draft));
      for (const input of [code.toString(), `0x${code.toString(16)}`, name, `${name} (0x${code.toString(16)})`]) {
        expect(explainer.explain(input).meanings.some(fits), `${space} ${input}`).toBe(true);
        expect(all.explain(input).meanings.some(fits), `${space} ${input} among all`).toBe(true);
      }
      seen++;
    }
    expect(seen).toBeGreaterThan(250);
  });

  it('says what it means, what causes it, what to try and where it is defined', () => {
    const meanings = all.list();
    expect(meanings.length).toBeGreaterThan(250);
    for (const meaning of meanings) {
      const label = `${meaning.space} ${meaning.name}`;
      expect(meaning.says, label).toMatch(/[.!]$/);
      expect(meaning.usually.length, label).toBeGreaterThan(0);
      expect(meaning.try.length, label).toBeGreaterThan(0);
      const defined = !['cause', 'error', 'exit'].includes(meaning.space) && meaning.implementation === null;
      expect(meaning.sections.length > 0, label).toBe(defined);
      for (const section of meaning.sections) expect(section, label).toMatch(/^(RFC \d+|draft-ietf-[a-z-]+\d*).*§?/);
    }
  });

  it('of moqt itself is explained', () => {
    for (const name of Object.keys(CAUSES)) expect(first(name), name).toMatchObject({ space: 'cause', name });
    for (const name of Object.keys(ERROR_CODES)) expect(first(name), name).toMatchObject({ space: 'error', name });
    for (const code of Object.values(EXIT)) expect(first(`exit ${code}`), `${code}`).toMatchObject({ space: 'exit' });
  });

  it('that a TLS alert becomes in QUIC is explained', () => {
    for (const [name, alert] of Object.entries(TLS_ALERTS)) {
      expect(names(`${0x100 + alert}`), name).toContain(`quic ${name}`);
    }
    expect(names('0x1ff')).toContain('quic alert 255');
  });

  it('has texts, and every text a code', () => {
    const texts = {
      session: SESSION_TEXTS,
      'request-error': REQUEST_ERROR_TEXTS,
      'publish-done': PUBLISH_DONE_TEXTS,
      'stream-reset': STREAM_RESET_TEXTS,
    };
    const known = new Set([...tables()].map(({ space, name }) => `${space} ${name}`));
    for (const [space, table] of Object.entries(texts)) {
      for (const name of Object.keys(table)) expect(known, `${space} ${name}`).toContain(`${space} ${name}`);
    }
    for (const name of known) {
      const [space, rest] = name.split(' ') as [keyof typeof texts, string];
      if (space in texts) expect(texts[space], name).toHaveProperty(rest);
    }
  });

  it('in an error line of moqt is the first that the line is explained with', () => {
    const wires = new Set([
      'session',
      'request-error',
      'publish-done',
      'stream-reset',
      'http3',
      'http2',
      'http',
      'quic',
      'tls',
    ]);
    let seen = 0;
    for (const { space, code, name, implementation } of all.list()) {
      if (!wires.has(space) || code === null || implementation !== null) continue;
      const error = new MoqtError('MOQT_E_CLOSED', `the peer ended it: ${name}`, {
        stage: 'session',
        cause: 'session.closed',
        peer: '127.0.0.1:4443',
        wire: { space, code: BigInt(code), name },
      });
      const line = errorLine(error, null, (text) => text);
      expect(first(line), line).toMatchObject({ space, name, code });
      seen++;
    }
    expect(seen).toBeGreaterThan(150);
  });
});

describe('codes that WebTransport wrapped', () => {
  it('are unwrapped over the whole range, and named as the number inside', () => {
    const named = new Map([...tables()].map(({ space, code, name }) => [`${space} ${code} ${name}`, code]));
    const inner = [...new Set([...named.values()])].filter((code) => code < 2n ** 32n);
    const number = fc.oneof(
      fc.integer({ min: 0, max: 0xffff_ffff }).map(BigInt),
      fc.constantFrom(...inner),
      fc.integer({ min: 0, max: 0x1ff }).map(BigInt),
    );
    fc.assert(
      fc.property(number, fc.boolean(), (code, hex) => {
        const wire = wrapCode(code);
        const explanation = all.explain(hex ? `0x${wire.toString(16)}` : wire.toString());
        expect(explanation.unwrapped?.code).toBe(code.toString());
        const [wrapper, ...rest] = explanation.meanings;
        expect(wrapper).toMatchObject({ space: 'webtransport', name: 'WT_APPLICATION_ERROR', code: wire.toString() });
        for (const meaning of rest) {
          expect(['session', 'stream-reset']).toContain(meaning.space);
          expect(meaning.code).toBe(code.toString());
        }
        const expected = [...named.keys()].filter(
          (key) => /^(session|stream-reset) /.test(key) && key.split(' ')[1] === `${code}`,
        );
        for (const key of expected) {
          const [space, , name] = key.split(' ');
          expect(rest).toContainEqual(expect.objectContaining({ space, name }));
        }
      }),
    );
  });

  it('leave out the points that HTTP/3 reserves, which are said to be reserved', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0x52e4a40fa8dbn, max: 0x52e5ac983162n }), (code) => {
        const explanation = all.explain(code.toString());
        const reserved = (code - 0x21n) % 0x1fn === 0n;
        expect(explanation.unwrapped === null).toBe(reserved);
        // Some of them are reserved by MoQ too.
        const meanings = explanation.meanings.map(({ space, name }) => `${space} ${name}`);
        if (reserved) expect(meanings).toContain('http3 reserved');
      }),
    );
    expect(first('91141958510841')).toMatchObject({ space: 'http3', name: 'reserved' });
  });
});

describe('drafts, spaces, messages and implementations', () => {
  it('narrow the meanings', () => {
    expect(names('5', new Explainer({ ...only('18'), space: 'publish-done' }))).toEqual([
      'publish-done TOO_FAR_BEHIND',
    ]);
    expect(names('5', new Explainer({ ...only('16'), space: 'publish-done' }))).toEqual(['publish-done EXPIRED']);
    expect(first('16', new Explainer({ ...only('16'), space: 'request-error' }))).toMatchObject({
      name: 'DOES_NOT_EXIST',
      drafts: ['16'],
      sections: ['draft-ietf-moq-transport-16 §9.8'],
    });
  });

  it('tell apart the registries that draft 14 has per message', () => {
    const four = (message: string) => first('4', new Explainer({ ...only('14'), message }));
    expect(four('SUBSCRIBE')).toMatchObject({
      name: 'TRACK_DOES_NOT_EXIST',
      messages: ['SUBSCRIBE', 'FETCH', 'TRACK_STATUS'],
      sections: ['draft-ietf-moq-transport-14 §9.9, §9.18, §9.22'],
    });
    expect(four('PUBLISH')).toMatchObject({ name: 'UNINTERESTED' });
    expect(four('SUBSCRIBE_NAMESPACE')).toMatchObject({ name: 'NAMESPACE_PREFIX_UNKNOWN' });
    expect(first('4', new Explainer({ ...only('18'), message: 'FETCH' }))).toMatchObject({
      name: 'MALFORMED_AUTH_TOKEN',
      messages: [],
    });
  });

  it('name an implementation: its own codes, and its remarks only', () => {
    const relay = new Explainer({ implementation: 'moq-relay' });
    expect(first('30', relay)).toMatchObject({ name: 'Unroutable', implementation: 'moq-relay' });
    for (const { remarks } of relay.list())
      for (const remark of remarks) expect(remark.implementation).toBe('moq-relay');
    expect(first('moq-relay error 30')).toMatchObject({ name: 'Unroutable' });
    expect(first('0x10', new Explainer({ implementation: 'moq-relay-ietf' }))?.remarks).toMatchObject([
      { text: expect.stringContaining('random id') },
    ]);
  });

  it('are known by what is said of them', () => {
    const ids = new Set(IMPLEMENTATIONS.map(({ id }) => id));
    const known = new Set(all.list().map(({ space, name }) => `${space} ${name}`));
    for (const { implementation } of OWN_CODES) expect(ids).toContain(implementation);
    for (const { implementation, space, names: about } of REMARKS) {
      expect(ids).toContain(implementation);
      for (const name of about) expect(known).toContain(`${space} ${name}`);
    }
  });

  it('have reserved codes where the draft has them', () => {
    expect(names('0x9d', new Explainer({ ...only('18'), space: 'session' }))).toEqual(['session reserved']);
    expect(names('0x11c', new Explainer({ ...only('18'), space: 'request-error' }))).toEqual([
      'request-error reserved',
    ]);
    expect(names('0x9d', new Explainer({ ...only('16'), space: 'session' }))).toEqual([]);
  });
});

describe('the likeliest meaning', () => {
  it.each([
    ['0', 'session NO_ERROR'],
    ['16', 'request-error DOES_NOT_EXIST'],
    ['0x178', 'quic no_application_protocol'],
    ['376', 'quic no_application_protocol'],
    ['120', 'tls no_application_protocol'],
    ['0x100', 'http3 H3_NO_ERROR'],
    ['404', 'http NOT_FOUND'],
    ['0x170d7b68', 'webtransport WT_SESSION_GONE'],
    ['0x78ae', 'webtransport WT_DRAIN_SESSION'],
    // Words around the number, as programs write them.
    ['code 376', 'quic no_application_protocol'],
    ['closed by peer: 0', 'session NO_ERROR'],
    ['session closed: code 3', 'session PROTOCOL_VIOLATION'],
    ['WebTransportError: session closed with code 2', 'session UNAUTHORIZED'],
    ['ApplicationError 0x52e4a40fa8db', 'session NO_ERROR'],
    ['ApplicationClose { error_code: 91141958510811, reason: b"" }', 'session NO_ERROR'],
    ['RESET_STREAM 91141958510812', 'stream-reset CANCELLED'],
    ['stream 4 reset: code 2', 'stream-reset DELIVERY_TIMEOUT'],
    ['Application error 0x0 (remote)', 'session NO_ERROR'],
    ['CRYPTO_ERROR 0x178 (remote): tls: no application protocol', 'quic no_application_protocol'],
    [
      "the cryptographic handshake failed: error 120: peer doesn't support any known protocol",
      'tls no_application_protocol',
    ],
    ['tls alert 48', 'tls unknown_ca'],
    ['HTTP/3 403', 'http FORBIDDEN'],
    ['status 503', 'http SERVICE_UNAVAILABLE'],
    ['RST_STREAM 8', 'http2 CANCEL'],
    ['SUBSCRIBE_ERROR 4', 'request-error TRACK_DOES_NOT_EXIST'],
    ['publish error: code 4 on draft-14', 'request-error UNINTERESTED'],
    ['SUBSCRIBE_NAMESPACE_ERROR 4', 'request-error NAMESPACE_PREFIX_UNKNOWN'],
    ['publish_done 6 moqt-18', 'publish-done EXPIRED'],
    ['publish_done 6 moqt-16', 'publish-done TOO_FAR_BEHIND'],
    ['2026-11-23T12:00:01.123Z ERROR session{id=5}: closed code=0x3', 'session PROTOCOL_VIOLATION'],
    ['exit 7', 'exit exit 7'],
    // Names, in whatever case and form.
    ['H3_NO_ERROR', 'http3 H3_NO_ERROR'],
    ['h3 no error', 'http3 H3_NO_ERROR'],
    ['NoApplicationProtocol', 'quic no_application_protocol'],
    ['unauthorized', 'session UNAUTHORIZED'],
    ['unroutable', 'request-error DOES_NOT_EXIST'],
    [
      'moqt: subscribe 127.0.0.1:4443: SUBSCRIBE refused: DOES_NOT_EXIST (0x10) [track.not-found] — wait',
      'request-error DOES_NOT_EXIST',
    ],
    ['timeout: no recent network activity', 'cause session.idle'],
    ['connect ECONNREFUSED 127.0.0.1:4443', 'cause udp.refused'],
    ['net::ERR_CERT_AUTHORITY_INVALID', 'cause tls.untrusted'],
    // What others write: quinn, quic-go, quiche, ngtcp2, rustls, Go, Chromium.
    [
      'aborted by peer: the application or application protocol caused the connection to be closed during the handshake',
      'quic APPLICATION_ERROR',
    ],
    ['closed(code=52e4a40fa8db)', 'webtransport WT_APPLICATION_ERROR'],
    ['APPLICATION_ERROR 0x12', 'session DATA_STREAM_TIMEOUT'],
    ['CRYPTO_ERROR 0x12a (remote): tls: bad certificate', 'quic bad_certificate'],
    ['timeout: handshake did not complete in time', 'cause quic.timeout'],
    ['quiche: TlsFail', 'cause tls.alert'],
    ['ngtcp2_conn_read_pkt: ERR_DRAINING', 'cause session.closed'],
    ['ERR_HANDSHAKE_TIMEOUT', 'cause quic.timeout'],
    ['invalid peer certificate: UnknownIssuer', 'cause tls.untrusted'],
    ['x509: certificate signed by unknown authority', 'cause tls.untrusted'],
    ['x509: certificate is valid for localhost, not example.com', 'cause tls.wrong-host'],
    ['net::ERR_METHOD_NOT_SUPPORTED', 'cause webtransport.unsupported'],
    ['net::ERR_QUIC_PROTOCOL_ERROR', 'cause quic.closed'],
    ['net::ERR_QUIC_PROTOCOL_ERROR.QUIC_TLS_CERTIFICATE_UNKNOWN', 'quic certificate_unknown'],
    ['net::ERR_QUIC_PROTOCOL_ERROR.QUIC_NETWORK_IDLE_TIMEOUT (num_undecryptable_packets: 0)', 'cause session.idle'],
    ['WebTransportError: Opening handshake failed.', 'cause webtransport.unsupported'],
    ['Uncaught (in promise) WebTransportError: The session is closed.', 'cause session.closed'],
    ['WEBTRANSPORT_SESSION_GONE', 'webtransport WT_SESSION_GONE'],
  ])('of %j is %s', (input, expected) => {
    const meaning = first(input);
    expect(`${meaning?.space} ${meaning?.name}`).toBe(expected);
    expect(meaning?.why).not.toBe('');
  });

  it('knows every phrase, and every phrase has a target', () => {
    for (const [phrase, targets] of PHRASES) {
      expect(names(phrase)).toEqual(expect.arrayContaining(targets.map(([space, name]) => `${space} ${name}`)));
    }
  });
});

describe('what is not known', () => {
  it('has no meanings, and what comes nearest', () => {
    expect(all.explain('UNAUTHORISED')).toMatchObject({ meanings: [] });
    // A part of a longer word is no name: `Transport` is a code of moq-relay.
    expect(all.explain('WebTransportError').meanings).toEqual([]);
    expect(all.explain('-500').meanings).toEqual([]);
    expect(all.explain('UNAUTHORISED').nearest.map(({ name }) => name)).toContain('UNAUTHORIZED');
    expect(all.explain('udp.refuse').nearest.map(({ name }) => name)).toContain('udp.refused');
    const session = new Explainer({ space: 'session' });
    expect(session.explain('0x28')).toMatchObject({ meanings: [], code: '40', hex: '0x28' });
    expect(session.explain('0x28').nearest[0]?.name).toBe('MALFORMED_AUTHORITY');
    expect(all.explain(`${2n ** 80n}`).meanings).toEqual([]);
  });

  it('is never a throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void all.explain(text)));
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), (code) => void all.explain(`${code}`)));
  });
});

describe('several inputs', () => {
  it('are explained one by one, unless they are the words of a line', () => {
    expect(all.explainAll(['0x178', 'udp.refused']).map(({ input }) => input)).toEqual(['0x178', 'udp.refused']);
    expect(all.explainAll(['closed', 'by', 'peer:', '0'])).toMatchObject([{ input: 'closed by peer: 0', code: '0' }]);
    expect(all.explainAll(['nonsense']).map(({ meanings }) => meanings)).toEqual([[]]);
  });
});
