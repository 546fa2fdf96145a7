import { describe, expect, it } from 'vitest';
import { latencyFacts } from '../../../../../src/core/probe/roundtrip/latency.js';
import { readStamp, SMALLEST_OBJECT, stampedPayload } from '../../../../../src/core/probe/roundtrip/payload.js';
import { roundtripVerdict } from '../../../../../src/core/probe/roundtrip/roundtrip-verdict.js';
import { Tally } from '../../../../../src/core/probe/roundtrip/tally.js';

const PLAN = { objects: 6, objectBytes: 100, rate: 10, groupEvery: 3 };

function sentAll(): { tally: Tally; payloads: Uint8Array[] } {
  const tally = new Tally(PLAN);
  const payloads = Array.from({ length: PLAN.objects }, (_, sequence) => {
    tally.onSent(sequence);
    return stampedPayload({ sequence, sentMs: sequence }, PLAN.objectBytes);
  });
  return { tally, payloads };
}

function arrive(tally: Tally, payloads: readonly Uint8Array[], ...sequences: readonly number[]): void {
  for (const sequence of sequences) {
    tally.onObject(BigInt(Math.floor(sequence / 3)), BigInt(sequence % 3), payloads[sequence] as Uint8Array, 20);
  }
}

const OPTIONS = {
  lossHasThreshold: false,
  unsent: 0,
  lostAlone: 0,
  forwarding: 'subgroup',
  dataTimeoutMs: 100,
  close: null,
} as const;

function causeOf(tally: Tally): string | undefined {
  return roundtripVerdict(tally.facts(), { ...OPTIONS, lostAlone: tally.lostAlone })?.cause;
}

describe('the payload of a round trip', () => {
  it('says what it was stamped with', () => {
    const payload = stampedPayload({ sequence: 4_000_000_000, sentMs: 1234.5 }, SMALLEST_OBJECT);
    expect(readStamp(payload)).toEqual({ sequence: 4_000_000_000, sentMs: 1234.5 });
  });

  it('shows a change of any one byte', () => {
    const payload = stampedPayload({ sequence: 1, sentMs: 2 }, 80);
    for (let i = 0; i < payload.length; i++) {
      const changed = Uint8Array.from(payload);
      changed[i] = (changed[i] as number) ^ 1;
      expect(readStamp(changed), `byte ${i}`).toBeNull();
    }
    expect(readStamp(payload.subarray(0, 79))).toBeNull();
  });
});

describe('the tally of a round trip', () => {
  it('finds nothing wrong when everything came once and in order', () => {
    const { tally, payloads } = sentAll();
    arrive(tally, payloads, 3, 4, 5, 0, 1, 2);
    expect(tally.facts()).toMatchObject({ received: 6, lost: 0, reordered: 0, groups: 2 });
    expect(causeOf(tally)).toBeUndefined();
  });

  it.each([
    ['data.loss', [0, 1, 2, 3, 5], { lost: 1 }],
    ['data.duplicate', [0, 1, 2, 3, 4, 5, 5], { duplicated: 1 }],
    ['data.reordered', [1, 0, 2, 3, 4, 5], { reordered: 1 }],
  ] as const)('calls it %s when %s arrive', (cause, sequences, counts) => {
    const { tally, payloads } = sentAll();
    arrive(tally, payloads, ...sequences);
    expect(tally.facts()).toMatchObject(counts);
    expect(causeOf(tally)).toBe(cause);
  });

  it('calls a changed object data.corrupt, and does not count it as lost', () => {
    const { tally, payloads } = sentAll();
    (payloads[2] as Uint8Array)[50] = 0;
    (payloads[2] as Uint8Array)[51] = 0;
    arrive(tally, payloads, 0, 1, 2, 3, 4, 5);
    expect(tally.facts()).toMatchObject({ received: 5, corrupted: 1, lost: 0 });
    expect(causeOf(tally)).toBe('data.corrupt');
  });

  it('calls an object at the place of another data.corrupt', () => {
    const { tally, payloads } = sentAll();
    tally.onObject(0n, 0n, payloads[1] as Uint8Array, 20);
    expect(tally.facts().corrupted).toBe(1);
  });

  it('calls an object that broke off data.partial', () => {
    const { tally, payloads } = sentAll();
    arrive(tally, payloads, 0, 1, 2, 3, 4);
    tally.onPartial(1n, 2n);
    expect(tally.facts()).toMatchObject({ partial: 1, lost: 0 });
    expect(causeOf(tally)).toBe('data.partial');
  });

  it('calls it data.none when nothing came, and data.closed when the session ended', () => {
    const { tally } = sentAll();
    expect(causeOf(tally)).toBe('data.none');
    const info = { by: 'peer', isApplication: true, code: 1n, reason: '', name: 'INTERNAL_ERROR' } as const;
    const close = { who: 'subscriber', info };
    expect(roundtripVerdict(tally.facts(), { ...OPTIONS, close })?.cause).toBe('data.closed');
  });

  it('blames an object that broke off for those behind it, and for no others', () => {
    const { tally, payloads } = sentAll();
    arrive(tally, payloads, 0, 1, 2);
    tally.onPartial(1n, 0n);
    expect(tally.facts()).toMatchObject({ partial: 1, lost: 2 });
    expect(tally.lostAlone).toBe(0);
    expect(causeOf(tally)).toBe('data.partial');
    const other = sentAll();
    other.tally.onPartial(1n, 0n);
    expect(other.tally.lostAlone).toBe(3);
    expect(causeOf(other.tally)).toBe('data.loss');
  });

  it('calls it data.closed too when all that was sent arrived, and more was to be sent', () => {
    const { tally, payloads } = sentAll();
    arrive(tally, payloads, 0, 1, 2, 3, 4, 5);
    const info = { by: 'peer', isApplication: true, code: 1n, reason: '', name: 'INTERNAL_ERROR' } as const;
    const close = { who: 'publisher', info };
    expect(roundtripVerdict(tally.facts(), { ...OPTIONS, close })).toBeNull();
    expect(roundtripVerdict(tally.facts(), { ...OPTIONS, close, unsent: 4 })).toMatchObject({
      cause: 'data.closed',
      message: expect.stringContaining('4 could not be sent'),
    });
  });
});

describe('latency', () => {
  it('has percentiles by nearest rank', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(latencyFacts(values)).toMatchObject({ min: 1, p50: 50, p90: 90, p99: 99, max: 100, mean: 50.5 });
  });

  it('counts every value in one bucket, limits ascending', () => {
    const facts = latencyFacts(Float64Array.of(0.3, 0.7, 3, 40));
    expect(facts?.histogram).toEqual([
      ...[
        { upTo: 0.5, count: 1 },
        { upTo: 1, count: 1 },
        { upTo: 2, count: 0 },
        { upTo: 5, count: 1 },
      ],
      ...[
        { upTo: 10, count: 0 },
        { upTo: 20, count: 0 },
        { upTo: 50, count: 1 },
      ],
    ]);
  });

  it('is null without values', () => {
    expect(latencyFacts(new Float64Array(0))).toBeNull();
  });
});
