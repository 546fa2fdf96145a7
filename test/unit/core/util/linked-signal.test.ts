import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { linkSignals } from '../../../../src/core/util/linked-signal.js';

describe('linkSignals', () => {
  it.each([0, 1])('aborts with source %i, and for its reason', (which) => {
    const sources = [new AbortController(), new AbortController()] as const;
    const { signal } = linkSignals(sources[0].signal, sources[1].signal);
    expect(signal.aborted).toBe(false);
    const reason = new Error('why');
    sources[which as 0 | 1].abort(reason);
    expect(signal.reason).toBe(reason);
    for (const source of sources) expect(getEventListeners(source.signal, 'abort')).toHaveLength(0);
  });

  it('is aborted from the beginning when a source is', () => {
    const reason = new Error('before');
    const { signal } = linkSignals(new AbortController().signal, AbortSignal.abort(reason));
    expect(signal.reason).toBe(reason);
  });

  it('leaves nothing behind in its sources once it was disposed of', () => {
    const source = new AbortController();
    const { signal, dispose } = linkSignals(source.signal, new AbortController().signal);
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1);
    dispose();
    dispose();
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(0);
    source.abort();
    expect(signal.aborted).toBe(false);
  });
});
