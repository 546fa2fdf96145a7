import { describe, expect, it } from 'vitest';
import { ControlDecoder, encodeControlMessage } from '../../../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { ControlMessage } from '../../../../src/core/wire/messages/control-message.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { EncodeError, type SessionErrorName, type WireError } from '../../../../src/core/wire/wire-error.js';
import { ByteWriter } from '../../../../src/core/wire/writer.js';

const utf8 = (text: string) => new TextEncoder().encode(text);

function profileOf(draft: string): DraftProfile {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no profile for draft ${draft}`);
  return profile;
}

/** A message from its type and body; a string is hex, a number a varint, bytes are length-prefixed. */
function frame(draft: string, type: number, ...parts: (string | number | bigint | Uint8Array)[]): Uint8Array {
  const { varint } = profileOf(draft);
  const body = new ByteWriter(varint);
  for (const part of parts) {
    if (typeof part === 'string') body.bytes(Buffer.from(part.replaceAll(' ', ''), 'hex'));
    else if (part instanceof Uint8Array) body.lengthPrefixed(part);
    else body.varint(part);
  }
  const whole = new ByteWriter(varint);
  whole.varint(type);
  whole.uint16(body.length);
  whole.bytes(body.finish());
  return whole.finish();
}

function decode(draft: string, bytes: Uint8Array): ControlMessage {
  const decoder = new ControlDecoder(profileOf(draft));
  decoder.push(bytes);
  const decoded = decoder.next();
  if (decoded === null) throw new Error('the message is not complete');
  return decoded.message;
}

function refusal(draft: string, bytes: Uint8Array): SessionErrorName {
  let error: unknown;
  try {
    decode(draft, bytes);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ name: 'WireError', incomplete: false });
  return (error as WireError).closeWith;
}

function encode(draft: string, message: ControlMessage): string {
  return Buffer.from(encodeControlMessage(profileOf(draft), message)).toString('hex');
}

const DRAFTS = ['14', '16', '18'];
const TRACK = { namespace: [utf8('a')], name: utf8('t') };
/** Namespace ("a"), name "t". */
const TRACK_HEX = '01 01 61 01 74';

describe('ControlDecoder', () => {
  it.each(DRAFTS)('draft %s: refuses an unknown type before its length is known, and again ever after', (draft) => {
    const decoder = new ControlDecoder(profileOf(draft));
    decoder.push(Uint8Array.of(0x3f));
    expect(() => decoder.next()).toThrow(/unknown message type 0x3f/);
    decoder.push(frame(draft, 0x10, utf8('')));
    expect(() => decoder.next()).toThrow(/unknown message type 0x3f/);
  });

  it('gives each message the bytes it came in, and counts those of the next', () => {
    const decoder = new ControlDecoder(profileOf('16'));
    const first = frame('16', 0x0a, 7);
    decoder.push(Buffer.concat([first, frame('16', 0x0a, 9).subarray(0, 3)]));
    const { raw, message } = decoder.next() ?? {};
    expect(raw && Buffer.compare(raw, first)).toBe(0);
    expect(message).toEqual({ type: 'UNSUBSCRIBE', requestId: 7n });
    expect(decoder.next()).toBeNull();
    expect(decoder.pendingBytes).toBe(3);
    decoder.push(Uint8Array.of(9));
    expect(decoder.next()?.message).toEqual({ type: 'UNSUBSCRIBE', requestId: 9n });
    expect(decoder.pendingBytes).toBe(0);
  });

  it('does not share its buffer with the messages it gave out', () => {
    const decoder = new ControlDecoder(profileOf('16'));
    const chunk = frame('16', 0x08, 1, utf8('name'));
    decoder.push(chunk);
    const first = decoder.next()?.message;
    chunk.fill(0);
    decoder.push(frame('16', 0x08, 1, utf8('else')));
    decoder.next();
    expect(first).toEqual({ type: 'NAMESPACE', suffix: [utf8('name')] });
  });

  it('takes the largest message there is, a byte at a time', () => {
    const bytes = frame('14', 0x03, 0, TRACK_HEX, '80 00 01 02', 1, 3, new Uint8Array(65_519).fill(3));
    expect(bytes.length).toBe(3 + 65_535);
    const decoder = new ControlDecoder(profileOf('14'));
    for (let i = 0; i < bytes.length - 1; i++) {
      decoder.push(bytes.subarray(i, i + 1));
      expect(decoder.pendingBytes).toBe(i + 1);
    }
    expect(decoder.next()).toBeNull();
    decoder.push(bytes.subarray(-1));
    expect(decoder.next()?.message.type).toBe('SUBSCRIBE');
  });
});

describe('rules for every message', () => {
  it.each(DRAFTS)('draft %s: a length that does not fit the fields is a violation, both ways', (draft) => {
    expect(refusal(draft, frame(draft, 0x10))).toBe('PROTOCOL_VIOLATION');
    const goAway = draft === '18' ? [utf8('u'), 5, 2] : [utf8('u')];
    expect(decode(draft, frame(draft, 0x10, ...goAway)).type).toBe('GOAWAY');
    expect(refusal(draft, frame(draft, 0x10, ...goAway, '00'))).toBe('PROTOCOL_VIOLATION');
  });

  it.each(DRAFTS)('draft %s: huge lengths and counts are refused before anything is allocated', (draft) => {
    const huge = profileOf(draft).features.maxVarint;
    expect(refusal(draft, frame(draft, 0x10, huge))).toBe('PROTOCOL_VIOLATION');
    expect(refusal(draft, frame(draft, 0x06, 0, huge))).toBe('PROTOCOL_VIOLATION');
    expect(refusal(draft, frame(draft, 0x06, 0, 1, huge))).toBe('PROTOCOL_VIOLATION');
    expect(refusal(draft, frame(draft, 0x06, 0, '01 01 61', huge))).toBe('PROTOCOL_VIOLATION');
    expect(refusal(draft, frame(draft, 0x06, 0, '01 01 61', 1, 3, huge))).toBe('PROTOCOL_VIOLATION');
  });

  it.each(DRAFTS)('draft %s: a namespace has at most 32 fields', (draft) => {
    const fields = (count: number) => frame(draft, 0x06, 0, count, '01 61'.repeat(count), 0);
    expect(decode(draft, fields(32)).type).toBe('PUBLISH_NAMESPACE');
    expect(refusal(draft, fields(33))).toBe('PROTOCOL_VIOLATION');
  });

  it('a namespace without fields is allowed from 17 on, an empty field to 15', () => {
    const none = (draft: string) => frame(draft, 0x06, 0, '00 00');
    expect(refusal('14', none('14'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('16', none('16'))).toBe('PROTOCOL_VIOLATION');
    expect(decode('18', none('18'))).toMatchObject({ namespace: [] });
    const empty = (draft: string) => frame(draft, 0x06, 0, '02 01 61 00 00');
    expect(decode('14', empty('14'))).toMatchObject({ namespace: [utf8('a'), utf8('')] });
    expect(refusal('16', empty('16'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('18', empty('18'))).toBe('PROTOCOL_VIOLATION');
  });

  it('a namespace prefix without fields is read (the session judges it in 14), a suffix without fields wherever there is one', () => {
    expect(decode('14', frame('14', 0x11, 0, '00 00'))).toMatchObject({ prefix: [] });
    expect(decode('16', frame('16', 0x11, 0, '00 01 00'))).toMatchObject({ prefix: [], subscribeOptions: 'namespace' });
    expect(decode('18', frame('18', 0x50, 0, '00 00'))).toMatchObject({ prefix: [] });
    expect(decode('16', frame('16', 0x08, '00'))).toEqual({ type: 'NAMESPACE', suffix: [] });
  });

  it.each(DRAFTS)('draft %s: a full track name has at most 4096 bytes', (draft) => {
    const rest = draft === '14' ? '80 00 01 02 00' : '00';
    const subscribe = (field: number, name: number) =>
      frame(draft, 0x03, 0, 1, new Uint8Array(field), new Uint8Array(name), rest);
    expect(decode(draft, subscribe(4000, 96)).type).toBe('SUBSCRIBE');
    expect(refusal(draft, subscribe(4000, 97))).toBe('PROTOCOL_VIOLATION');
    expect(refusal(draft, frame(draft, 0x06, 0, 2, new Uint8Array(4000), new Uint8Array(97), 0))).toBe(
      'PROTOCOL_VIOLATION',
    );
  });

  it.each(DRAFTS)('draft %s: a reason has at most 1024 bytes, a session URI 8192', (draft) => {
    const done = (reason: number) =>
      frame(draft, 0x0b, ...(draft === '18' ? [] : [0]), 0, 0, new Uint8Array(reason).fill(0x61));
    expect(decode(draft, done(1024))).toMatchObject({ reason: 'a'.repeat(1024) });
    expect(refusal(draft, done(1025))).toBe('PROTOCOL_VIOLATION');
    const goAway = (uri: number) => frame(draft, 0x10, new Uint8Array(uri).fill(0x61), ...(draft === '18' ? [0] : []));
    expect(decode(draft, goAway(8192)).type).toBe('GOAWAY');
    expect(refusal(draft, goAway(8193))).toBe('PROTOCOL_VIOLATION');
  });
});

describe('parameters', () => {
  const subscribe = (draft: string, ...parameters: (string | number | bigint | Uint8Array)[]) =>
    frame(draft, 0x03, 0, TRACK_HEX, ...(draft === '14' ? ['80 00 01 02'] : []), ...parameters);

  it('that repeat are a violation, unless they may', () => {
    expect(refusal('14', subscribe('14', 2, '02 05 02 05'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('16', subscribe('16', 2, '02 05 00 05'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('18', subscribe('18', 2, '02 05 00 05'))).toBe('PROTOCOL_VIOLATION');
    const token = { alias: 'use-alias', tokenAlias: 9n };
    for (const [draft, second] of [
      ['14', '03'],
      ['16', '00'],
      ['18', '00'],
    ] as const) {
      expect(decode(draft, subscribe(draft, 2, `03 02 02 09 ${second} 02 02 09`))).toMatchObject({
        parameters: { authorizationTokens: [token, token] },
      });
    }
  });

  it('that are unknown are kept in 14, repeated or not, and a violation from 16 on', () => {
    expect(decode('14', subscribe('14', 3, '3f 01 aa 3e 07 3f 00'))).toMatchObject({
      parameters: {
        unknown: [
          { type: 0x3fn, value: Uint8Array.of(0xaa) },
          { type: 0x3en, value: 7n },
          { type: 0x3fn, value: new Uint8Array(0) },
        ],
      },
    });
    expect(refusal('16', subscribe('16', 1, '3f 01 aa'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('18', subscribe('18', 1, '3f 01 aa'))).toBe('PROTOCOL_VIOLATION');
  });

  it('that belong to another message are ignored to 16, and a violation from 17 on', () => {
    // MAX_CACHE_DURATION in SUBSCRIBE, EXPIRES in SUBSCRIBE.
    expect(decode('14', subscribe('14', 1, '04 05'))).toMatchObject({ type: 'SUBSCRIBE' });
    expect(Object.keys((decode('14', subscribe('14', 1, '04 05')) as { parameters: object }).parameters)).not.toContain(
      'maxCacheDuration',
    );
    expect(decode('16', subscribe('16', 1, '08 05'))).toMatchObject({ parameters: {} });
    expect((decode('16', subscribe('16', 1, '08 05')) as { parameters: object }).parameters).toEqual({});
    expect(refusal('18', subscribe('18', 1, '08 05'))).toBe('PROTOCOL_VIOLATION');
  });

  it('whose types add up beyond 2^64-1 are a violation', () => {
    const max = (1n << 62n) - 2n;
    const unknown = [max, '00', max, '00', max, '00', max, '00', max, '00'] as const;
    expect(refusal('16', frame('16', 0x20, 5, ...unknown))).toBe('PROTOCOL_VIOLATION');
    expect(decode('16', frame('16', 0x20, 4, ...unknown.slice(0, 8))).type).toBe('CLIENT_SETUP');
    const almost = (1n << 64n) - 2n;
    expect(decode('18', frame('18', 0x2f00, almost, '00')).type).toBe('SETUP');
    expect(refusal('18', frame('18', 0x2f00, almost, '00', 2, '00'))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('18', subscribe('18', 2, '02 05', almost, '00'))).toBe('PROTOCOL_VIOLATION');
  });

  it('that do not have the form of their type close with KEY_VALUE_FORMATTING_ERROR', () => {
    for (const draft of DRAFTS) {
      for (const token of ['04 09', '00', '00 09 09', '02', '01 09', '03', '']) {
        expect(refusal(draft, subscribe(draft, 1, 3, Buffer.from(token.replaceAll(' ', ''), 'hex'))), token).toBe(
          'KEY_VALUE_FORMATTING_ERROR',
        );
      }
    }
    expect(refusal('16', frame('16', 0x04, 0, 0, 1, '09 03 01 02 03'))).toBe('KEY_VALUE_FORMATTING_ERROR');
    expect(refusal('16', frame('16', 0x04, 0, 0, 1, '09 01 01'))).toBe('KEY_VALUE_FORMATTING_ERROR');
  });

  it('name what a filter, an order, a flag or a priority may be', () => {
    for (const filter of ['00', '05', '01 00', '03 01', '04 01 02', '04 01 02 03 04', '']) {
      for (const draft of ['16', '18']) {
        const bytes = Buffer.from(filter.replaceAll(' ', ''), 'hex');
        expect(refusal(draft, subscribe(draft, 1, 0x21, bytes)), filter).toBe('PROTOCOL_VIOLATION');
      }
    }
    for (const bad of ['10 02', '22 00', '22 03']) {
      expect(refusal('16', subscribe('16', 1, bad)), bad).toBe('PROTOCOL_VIOLATION');
      expect(refusal('18', subscribe('18', 1, bad)), bad).toBe('PROTOCOL_VIOLATION');
    }
    expect(refusal('16', subscribe('16', 1, 0x20, 256))).toBe('PROTOCOL_VIOLATION');
    expect(decode('16', subscribe('16', 1, 0x20, 255))).toMatchObject({ parameters: { subscriberPriority: 255 } });
  });

  it('take a priority of 128 in the encoding of their draft', () => {
    expect(encode('16', { type: 'PUBLISH_OK', requestId: 1n, parameters: { subscriberPriority: 128 } })).toBe(
      '1e0005010120 4080'.replace(' ', ''),
    );
    expect(encode('18', { type: 'REQUEST_OK', parameters: { subscriberPriority: 128 } })).toBe('070003012080');
  });

  it('allow no delivery timeout of 0 in 16; from 18 on it is none', () => {
    expect(refusal('16', subscribe('16', 1, '02 00'))).toBe('PROTOCOL_VIOLATION');
    expect(decode('18', subscribe('18', 1, '02 00'))).toMatchObject({ parameters: { objectDeliveryTimeout: 0n } });
  });

  it("count a filter's last group from its first in 18, and refuse one above 2^64-1", () => {
    const filter = { type: 'absolute-range', start: { group: 10n, object: 3n }, endGroup: 12n };
    expect(decode('16', subscribe('16', 1, '21 04 04 0a 03 0c'))).toMatchObject({ parameters: { filter } });
    expect(decode('18', subscribe('18', 1, '21 04 04 0a 03 02'))).toMatchObject({ parameters: { filter } });
    expect(refusal('18', subscribe('18', 1, '21 0c 04 ffffffffffffffffff 00 01'))).toBe('PROTOCOL_VIOLATION');
  });

  it('carry TRACK_NAMESPACE_PREFIX without a length', () => {
    expect(decode('18', frame('18', 0x02, 4, 1, '34 02 01 61 01 62'))).toMatchObject({
      parameters: { trackNamespacePrefix: [utf8('a'), utf8('b')] },
    });
  });
});

describe('fields', () => {
  it('of 14 name what an order, a flag or a filter may be', () => {
    const subscribe = (order: string, forward: string, filter: string) =>
      frame('14', 0x03, 0, TRACK_HEX, '80', order, forward, filter, '00');
    expect(decode('14', subscribe('00', '01', '02')).type).toBe('SUBSCRIBE');
    for (const [order, forward, filter] of [
      ['03', '01', '02'],
      ['00', '02', '02'],
      ['00', '01', '00'],
      ['00', '01', '05'],
    ] as const) {
      expect(refusal('14', subscribe(order, forward, filter))).toBe('PROTOCOL_VIOLATION');
    }
    for (const bad of ['00 00', '03 00', '01 02']) {
      expect(refusal('14', frame('14', 0x04, 0, 0, 0, bad, '00'))).toBe('PROTOCOL_VIOLATION');
    }
  });

  it.each(DRAFTS)('draft %s: the fetch type is 1, 2 or 3', (draft) => {
    for (const type of [0, 4]) {
      const bytes = frame(draft, 0x16, 0, ...(draft === '14' ? ['80 01'] : []), type, '01 01 00');
      expect(refusal(draft, bytes)).toBe('PROTOCOL_VIOLATION');
    }
  });

  it('subscribe options of 16 are 0, 1 or 2', () => {
    expect(refusal('16', frame('16', 0x11, 0, '00 03 00'))).toBe('PROTOCOL_VIOLATION');
  });

  it('a fetch must not end before it begins; 14 has a request error for it', () => {
    const fetch = (draft: string, range: string) =>
      frame(draft, 0x16, 0, ...(draft === '14' ? ['80 01'] : []), 1, TRACK_HEX, range, 0);
    for (const draft of ['16', '18']) {
      expect(decode(draft, fetch(draft, '05 03 05 04')).type).toBe('FETCH');
      expect(decode(draft, fetch(draft, '05 03 05 00')).type).toBe('FETCH');
      expect(refusal(draft, fetch(draft, '05 03 05 03'))).toBe('PROTOCOL_VIOLATION');
      expect(refusal(draft, fetch(draft, '05 03 04 09'))).toBe('PROTOCOL_VIOLATION');
    }
    expect(decode('14', fetch('14', '05 03 04 09')).type).toBe('FETCH');
  });

  it('an update of 14 must not end before it begins', () => {
    const update = (range: string) => frame('14', 0x02, 4, 2, range, '80 01 00');
    expect(decode('14', update('05 00 06'))).toMatchObject({ parameters: { filter: { endGroup: 5n } } });
    expect(decode('14', update('05 00 00'))).toMatchObject({ parameters: { filter: { type: 'absolute-start' } } });
    expect(refusal('14', update('05 00 05'))).toBe('PROTOCOL_VIOLATION');
  });

  it('CLIENT_SETUP of 14 offers a version', () => {
    expect(refusal('14', frame('14', 0x20, 0, 0))).toBe('VERSION_NEGOTIATION_FAILED');
  });

  it('a path and an authority have the form of a URI', () => {
    const setup = (type: number, value: string) => frame('18', 0x2f00, type, utf8(value));
    expect(decode('18', setup(1, '/a?b'))).toEqual({ type: 'SETUP', options: { path: '/a?b' } });
    for (const path of ['a', '/ ', '/%2', '/\u00fc', '/a#b', '/\n']) {
      expect(refusal('18', setup(1, path)), path).toBe('MALFORMED_PATH');
    }
    for (const authority of ['a/b', 'a b', '\u0000', 'a%zz']) {
      expect(refusal('18', setup(5, authority)), authority).toBe('MALFORMED_AUTHORITY');
    }
  });

  it('MOQT_IMPLEMENTATION is 0x07 in 14 too, whatever its text says', () => {
    const message: ControlMessage = {
      type: 'SERVER_SETUP',
      version: 0xff00000en,
      options: { authority: 'h', implementation: 'moqt/1' },
    };
    expect(decode('14', encodeControlMessage(profileOf('14'), message))).toEqual(message);
    expect(encode('14', message)).toContain('050168 07066d6f71742f31'.replace(' ', ''));
  });

  it('track properties of 16 and 18 name what they may be', () => {
    const ok = (draft: string, properties: string) =>
      frame(draft, 0x04, ...(draft === '16' ? [0] : []), 1, 0, properties);
    for (const draft of ['16', '18']) {
      expect(decode(draft, ok(draft, '0e 0a 14 02 0e 01'))).toMatchObject({
        trackProperties: [
          { type: 0x0en, value: 10n },
          { type: 0x22n, value: 2n },
          { type: 0x30n, value: 1n },
        ],
      });
      for (const bad of ['22 00', '22 03', '30 02']) {
        expect(refusal(draft, ok(draft, bad)), bad).toBe('PROTOCOL_VIOLATION');
      }
      expect(refusal(draft, ok(draft, draft === '16' ? '0e 41 00' : '0e 81 00'))).toBe('PROTOCOL_VIOLATION');
    }
    expect(refusal('16', ok('16', '02 00'))).toBe('PROTOCOL_VIOLATION');
    expect(decode('18', ok('18', '02 00')).type).toBe('SUBSCRIBE_OK');
  });

  it('18 accepts PUBLISH_OK under its own number and without track properties', () => {
    expect(decode('18', frame('18', 0x1e, '01 10 00'))).toEqual({ type: 'PUBLISH_OK', parameters: { forward: false } });
    expect(refusal('18', frame('18', 0x1e, '00 0e 0a'))).toBe('PROTOCOL_VIOLATION');
  });

  it('18 has a redirect with code 0x34 and only then', () => {
    const redirect = { connectUri: 'moqt://r', track: TRACK };
    const message: ControlMessage = {
      type: 'REQUEST_ERROR',
      errorCode: 0x34n,
      retryInterval: 1n,
      reason: '',
      redirect,
    };
    expect(decode('18', encodeControlMessage(profileOf('18'), message))).toEqual(message);
    expect(refusal('18', frame('18', 0x05, 0x34, 0, utf8('')))).toBe('PROTOCOL_VIOLATION');
    expect(refusal('18', frame('18', 0x05, 0x33, 0, utf8(''), utf8(''), TRACK_HEX))).toBe('PROTOCOL_VIOLATION');
  });

  it('integers beyond 2^53 are exact', () => {
    for (const draft of DRAFTS) {
      const { maxVarint } = profileOf(draft).features;
      for (const id of [2n ** 53n - 1n, 2n ** 53n + 1n, maxVarint]) {
        const bytes = encodeControlMessage(profileOf(draft), {
          type: 'PUBLISH_NAMESPACE',
          requestId: id,
          namespace: [utf8('a')],
          parameters: {},
        });
        expect(decode(draft, bytes)).toMatchObject({ requestId: id });
      }
    }
  });
});

describe('encodeControlMessage', () => {
  it('fills the fields of 14 with what their absence means', () => {
    expect(encode('14', { type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: {} })).toBe(
      '03000b000101610174800001 0200'.replace(' ', ''),
    );
    expect(encode('14', { type: 'SUBSCRIBE_OK', requestId: 0n, trackAlias: 1n, parameters: {} })).toBe(
      '040006000100010000',
    );
  });

  it.each<[string, string, ControlMessage, RegExp]>([
    ['14', 'a message that the draft lacks', { type: 'NAMESPACE', suffix: [] }, /draft 14 has no NAMESPACE/],
    [
      '14',
      'an error without the request that it refuses',
      { type: 'REQUEST_ERROR', requestId: 0n, errorCode: 0n, reason: '' },
      /draft 14 has no REQUEST_ERROR/,
    ],
    [
      '14',
      'a retry interval where there is none',
      { type: 'REQUEST_ERROR', request: 'SUBSCRIBE', requestId: 0n, errorCode: 0n, retryInterval: 1n, reason: '' },
      /no place for retryInterval/,
    ],
    [
      '14',
      'track properties where there are none',
      {
        type: 'PUBLISH',
        requestId: 0n,
        track: TRACK,
        trackAlias: 0n,
        parameters: {},
        trackProperties: [{ type: 0x0en, value: 1n }],
      },
      /no place for trackProperties/,
    ],
    [
      '14',
      'parameters in a message without any',
      { type: 'REQUEST_OK', request: 'PUBLISH_NAMESPACE', requestId: 0n, parameters: { expires: 5n } },
      /no place for expires/,
    ],
    [
      '14',
      'an update that leaves the range as it is',
      { type: 'REQUEST_UPDATE', requestId: 2n, existingRequestId: 0n, parameters: { forward: true } },
      /needs a filter/,
    ],
    [
      '14',
      'an update that leaves the priority as it is',
      {
        type: 'REQUEST_UPDATE',
        requestId: 2n,
        existingRequestId: 0n,
        parameters: { forward: true, filter: { type: 'absolute-start', start: { group: 0n, object: 0n } } },
      },
      /needs subscriber_priority/,
    ],
    [
      '16',
      'a parameter that the draft lacks',
      { type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { rendezvousTimeout: 5n } },
      /no place for rendezvousTimeout/,
    ],
    [
      '16',
      'a parameter of another message',
      { type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { expires: 5n } },
      /no place for expires/,
    ],
    [
      '16',
      'a parameter that the peer would not know',
      { type: 'SUBSCRIBE', requestId: 0n, track: TRACK, parameters: { unknown: [{ type: 0x3fn, value: utf8('') }] } },
      /not one this draft defines/,
    ],
    ['16', 'a response without a Request ID', { type: 'REQUEST_OK', parameters: {} }, /needs request_id/],
    [
      '16',
      'a namespace subscription that does not say what it is for',
      { type: 'SUBSCRIBE_NAMESPACE', requestId: 0n, prefix: [], parameters: {} },
      /needs subscribe_options/,
    ],
    [
      '18',
      'a response with a Request ID',
      { type: 'REQUEST_OK', requestId: 0n, parameters: {} },
      /no place for requestId/,
    ],
    ['18', 'credit', { type: 'MAX_REQUEST_ID', maxRequestId: 1n }, /draft 18 has no MAX_REQUEST_ID/],
    ['18', 'a setup option that the draft lacks', { type: 'SETUP', options: { maxRequestId: 1n } }, /maxRequestId/],
    [
      '18',
      'a known setup option as an unknown one',
      { type: 'SETUP', options: { unknown: [{ type: 1n, value: utf8('/') }] } },
      /not an unknown one/,
    ],
    [
      '18',
      'a redirect without its code',
      {
        type: 'REQUEST_ERROR',
        errorCode: 1n,
        retryInterval: 0n,
        reason: '',
        redirect: { connectUri: '', track: TRACK },
      },
      /no place for redirect/,
    ],
    [
      '18',
      'a redirect code without a redirect',
      { type: 'REQUEST_ERROR', errorCode: 0x34n, reason: '' },
      /needs redirect/,
    ],
    [
      '18',
      'an integer where a property has bytes',
      { type: 'SUBSCRIBE_OK', trackAlias: 0n, parameters: {}, trackProperties: [{ type: 0x0bn, value: 1n }] },
      /odd and needs bytes/,
    ],
    [
      '18',
      'a filter that ends before it begins',
      {
        type: 'SUBSCRIBE',
        requestId: 0n,
        track: TRACK,
        parameters: { filter: { type: 'absolute-range', start: { group: 5n, object: 0n }, endGroup: 4n } },
      },
      /integer/,
    ],
    [
      '18',
      'an integer above 2^64-1',
      { type: 'PUBLISH_NAMESPACE', requestId: 2n ** 64n, namespace: [], parameters: {} },
      /18446744073709551616/,
    ],
    ['16', 'an integer above 2^62-1', { type: 'UNSUBSCRIBE', requestId: 2n ** 62n }, /4611686018427387904/],
    [
      '16',
      'a reason above 1024 bytes',
      { type: 'PUBLISH_DONE', requestId: 0n, statusCode: 0n, streamCount: 0n, reason: 'x'.repeat(1025) },
      /1025/,
    ],
    ['16', '33 namespace fields', { type: 'NAMESPACE', suffix: Array.from({ length: 33 }, () => utf8('x')) }, /33/],
    ['16', 'an empty namespace field', { type: 'NAMESPACE', suffix: [utf8('')] }, /empty/],
    [
      '16',
      'a priority above 255',
      { type: 'PUBLISH_OK', requestId: 0n, parameters: { subscriberPriority: 256 } },
      /256/,
    ],
    [
      '18',
      'a message above 65535 bytes',
      {
        type: 'SETUP',
        options: { unknown: Array.from({ length: 3 }, () => ({ type: 0x9dn, value: new Uint8Array(30_000) })) },
      },
      /90013 bytes/,
    ],
  ])('draft %s refuses %s', (draft, _what, message, expected) => {
    expect(() => encode(draft, message)).toThrow(EncodeError);
    expect(() => encode(draft, message)).toThrow(expected);
  });

  it('takes empty track properties in every draft', () => {
    for (const draft of DRAFTS) {
      const requestId = draft === '18' ? undefined : 0n;
      const message: ControlMessage = {
        type: 'SUBSCRIBE_OK',
        requestId,
        trackAlias: 1n,
        parameters: {},
        trackProperties: [],
      };
      expect(decode(draft, encodeControlMessage(profileOf(draft), message))).toMatchObject({ trackAlias: 1n });
    }
  });
});
