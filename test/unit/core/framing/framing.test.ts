import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { createDeframer, type Deframer } from '../../../../src/core/framing/deframer.js';
import { type FrameSpec, parseFrameSpec } from '../../../../src/core/framing/frame-spec.js';
import { createFramer } from '../../../../src/core/framing/framer.js';
import { concatBytes, fromHex, utf8 } from '../../../../src/core/util/bytes.js';
import { anyCuts, cut, oneByOne } from '../../../support/data-arbitraries.js';

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

function deframe(deframer: Deframer, chunks: readonly Uint8Array[]): Uint8Array[] {
  return [...chunks.flatMap((chunk) => deframer.push(chunk)), ...deframer.end()];
}

function frame(spec: FrameSpec, payloads: readonly Uint8Array[]): Uint8Array {
  const framer = createFramer(spec);
  return concatBytes([...payloads.flatMap((payload) => framer.frame(payload)), ...framer.end()]);
}

function thrownBy(run: () => unknown): MoqtError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(MoqtError);
    return error as MoqtError;
  }
  throw new Error('nothing was thrown');
}

const anyPayloads = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });

/** True when the delimiter is found first where it was put: not in a payload, nor across its end. */
function survives(payload: Uint8Array, delimiter: Uint8Array): boolean {
  return Buffer.from(concatBytes([payload, delimiter])).indexOf(delimiter) === payload.length;
}

describe.each(['u32be', 'varint'])('%s framing', (name) => {
  const spec = parseFrameSpec(name, 'publish');

  it('gives back what was framed, cut anywhere', () => {
    fc.assert(
      fc.property(anyPayloads, anyCuts, (payloads, places) => {
        expect(deframe(createDeframer(spec), cut(frame(spec, payloads), places))).toEqual(payloads);
      }),
    );
  });

  it('calls a truncated tail incomplete, and gives what came before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (payloads, n) => {
          const bytes = frame(spec, payloads);
          const kept = n % bytes.length;
          const boundaries = payloads.map((_, i) => frame(spec, payloads.slice(0, i + 1)).length);
          const deframer = createDeframer(spec);
          const records = deframer.push(bytes.subarray(0, kept));
          expect(records).toEqual(payloads.slice(0, boundaries.filter((end) => end <= kept).length));
          if (kept === 0 || boundaries.includes(kept)) expect(deframer.end()).toEqual([]);
          else
            expect(thrownBy(() => deframer.end())).toMatchObject({
              code: 'MOQT_E_INCOMPLETE',
              reason: 'frame.truncated',
            });
        },
      ),
    );
  });

  it('refuses a record above the maximum by its length alone', () => {
    const deframer = createDeframer(spec, { maxRecordBytes: 5 });
    const [small, large] = [frame(spec, [bytesOf('0102030405')]), frame(spec, [bytesOf('010203040506')])];
    expect(deframer.push(small)).toHaveLength(1);
    const error = thrownBy(() => deframer.push(large.subarray(0, large.length - 6)));
    expect(error).toMatchObject({ code: 'MOQT_E_USAGE', reason: 'frame.record-too-large' });
    expect(thrownBy(() => deframer.end())).toBe(error);
  });

  it('hands on the records before one that is too large, and then throws', () => {
    const deframer = createDeframer(spec, { maxRecordBytes: 5 });
    const bytes = concatBytes([frame(spec, [bytesOf('01')]), frame(spec, [new Uint8Array(6)])]);
    expect(deframer.push(bytes)).toEqual([bytesOf('01')]);
    expect(thrownBy(() => deframer.push(new Uint8Array(0))).reason).toBe('frame.record-too-large');
  });

  it('makes records of no bytes', () => {
    expect(deframe(createDeframer(spec), [frame(spec, [new Uint8Array(0), new Uint8Array(0)])])).toHaveLength(2);
  });
});

describe('the bytes of length prefixes', () => {
  it.each([
    ['u32be', 3, '00000003'],
    ['varint', 0x3f, '3f'],
    ['varint', 0x40, '4040'],
    ['varint', 0x3fff, '7fff'],
    ['varint', 0x4000, '80004000'],
  ])('%s writes %i as %s', (name, length, hex) => {
    const [prefix] = createFramer(parseFrameSpec(name, 'subscribe')).frame(new Uint8Array(length));
    expect(prefix).toEqual(bytesOf(hex));
  });

  it('varint is read in any length', () => {
    for (const prefix of ['02', '4002', '80000002', 'c000000000000002']) {
      const records = deframe(createDeframer({ kind: 'varint' }), oneByOne(bytesOf(`${prefix}0809`)));
      expect(records).toEqual([bytesOf('0809')]);
    }
  });

  it('a length above 2^53 is refused by its exact value', () => {
    const push = () => createDeframer({ kind: 'varint' }).push(bytesOf('ffffffffffffffff'));
    expect(thrownBy(push).message).toContain('4611686018427387903');
  });
});

describe('delimited framing', () => {
  const delimiters = [bytesOf('0a'), bytesOf('00'), bytesOf('0d0a'), bytesOf('616162'), bytesOf('61616161')];

  it('gives back what was framed, cut anywhere', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    // Payloads of few letters nearly contain the delimiters, and end in beginnings of them.
    const tricky = fc
      .array(fc.constantFrom(0x61, 0x61, 0x62, 0x0d, 0x0a), { maxLength: 12 })
      .map((a) => Uint8Array.from(a));
    fc.assert(
      fc.property(
        fc.constantFrom(...delimiters),
        fc.array(fc.oneof(bytes, tricky), { maxLength: 8 }),
        anyCuts,
        (delimiter, candidates, places) => {
          const payloads = candidates.filter((payload) => survives(payload, delimiter));
          const spec: FrameSpec = { kind: 'delimiter', delimiter };
          const deframer = createDeframer(spec);
          expect(deframe(deframer, cut(frame(spec, payloads), places))).toEqual(payloads);
          expect(deframer.unterminated).toBe(false);
        },
      ),
    );
  });

  it('cuts any bytes alike however they arrive', () => {
    const letters = fc.array(fc.constantFrom(0x61, 0x62), { maxLength: 40 }).map((a) => Uint8Array.from(a));
    fc.assert(
      fc.property(fc.constantFrom(...delimiters), letters, (delimiter, bytes) => {
        const spec: FrameSpec = { kind: 'delimiter', delimiter };
        expect(deframe(createDeframer(spec), oneByOne(bytes))).toEqual(deframe(createDeframer(spec), [bytes]));
      }),
    );
  });

  it('makes empty records of empty lines', () => {
    const spec = parseFrameSpec('lines', 'publish');
    expect(deframe(createDeframer(spec), [utf8('\n\na\n')])).toEqual([utf8(''), utf8(''), utf8('a')]);
  });

  it('takes a last line without newline, and says so', () => {
    const deframer = createDeframer(parseFrameSpec('lines', 'publish'));
    expect(deframe(deframer, [utf8('a\nb')])).toEqual([utf8('a'), utf8('b')]);
    expect(deframer.unterminated).toBe(true);
  });

  it('makes nothing of nothing', () => {
    expect(deframe(createDeframer(parseFrameSpec('lines', 'publish')), [new Uint8Array(0)])).toEqual([]);
  });

  it.each([
    ['in one chunk', [utf8('a\n123456\n')]],
    ['over many chunks', oneByOne(utf8('a\n123456'))],
  ])('refuses a line above the maximum %s, and keeps no more than that', (_how, chunks) => {
    const deframer = createDeframer(parseFrameSpec('lines', 'publish'), { maxRecordBytes: 5 });
    const records: Uint8Array[] = [];
    const error = thrownBy(() => {
      for (const chunk of chunks) records.push(...deframer.push(chunk));
      deframer.end();
    });
    expect(records).toEqual([utf8('a')]);
    expect(error.reason).toBe('frame.record-too-large');
  });

  // Quadratic work on a megabyte would be 10^12 steps: that would not end in time.
  it('takes time in proportion to the bytes when they come one by one', { timeout: 40_000 }, () => {
    const deframer = createDeframer(parseFrameSpec('delim:\\r\\n', 'publish'));
    const byte = utf8('x');
    let records = 0;
    for (let i = 0; i < 1 << 20; i++) records += deframer.push(byte).length;
    expect(records).toBe(0);
    expect(deframer.end()[0]?.length).toBe(1 << 20);
  });
});

describe('raw and file framing', () => {
  it('raw passes bytes through in both directions', () => {
    const spec = parseFrameSpec('raw', 'publish');
    fc.assert(
      fc.property(anyPayloads, anyCuts, (payloads, places) => {
        const bytes = concatBytes(payloads);
        expect(frame(spec, payloads)).toEqual(bytes);
        expect(concatBytes(deframe(createDeframer(spec), cut(bytes, places)))).toEqual(bytes);
      }),
    );
  });

  it('file makes one record of everything, also of nothing', () => {
    const spec = parseFrameSpec('file', 'publish');
    expect(deframe(createDeframer(spec), oneByOne(utf8('abc')))).toEqual([utf8('abc')]);
    expect(deframe(createDeframer(spec), [])).toEqual([new Uint8Array(0)]);
    expect(thrownBy(() => createDeframer(spec, { maxRecordBytes: 2 }).push(utf8('abc'))).code).toBe('MOQT_E_USAGE');
  });

  it('has no writer for file and no reader for hexdump', () => {
    expect(thrownBy(() => createFramer({ kind: 'file' })).code).toBe('MOQT_E_USAGE');
    expect(thrownBy(() => createDeframer({ kind: 'hexdump' })).code).toBe('MOQT_E_USAGE');
  });
});

describe('parseFrameSpec', () => {
  it.each([
    ['lines', '0a'],
    ['nul', '00'],
    ['delim:\\n', '0a'],
    ['delim:\\t', '09'],
    ['delim:\\r\\n', '0d0a'],
    ['delim:\\x1E', '1e'],
    ['delim:\\x00--\\xff', '002d2dff'],
    ['delim:\\\\', '5c'],
    ['delim:ü', 'c3bc'],
    ['delim:a:b', '613a62'],
  ])('reads %s', (text, hex) => {
    expect(parseFrameSpec(text, 'publish')).toEqual({ kind: 'delimiter', delimiter: bytesOf(hex) });
  });

  it.each(['delim:', 'delim', 'delim:\\', 'delim:\\x', 'delim:\\x1', 'delim:\\q', 'Lines', 'json', '', 'u32le'])(
    'refuses %j',
    (text) => {
      const error = thrownBy(() => parseFrameSpec(text, 'publish'));
      expect(error).toMatchObject({ code: 'MOQT_E_USAGE', reason: 'usage.frame' });
      expect(error.hint).toBeTruthy();
    },
  );

  it('has file for publish and hexdump for subscribe only', () => {
    expect(parseFrameSpec('file', 'publish')).toEqual({ kind: 'file' });
    expect(parseFrameSpec('hexdump', 'subscribe')).toEqual({ kind: 'hexdump' });
    expect(thrownBy(() => parseFrameSpec('file', 'subscribe')).message).toContain('not for subscribe');
    expect(thrownBy(() => parseFrameSpec('hexdump', 'publish')).message).toContain('not for publish');
  });
});
