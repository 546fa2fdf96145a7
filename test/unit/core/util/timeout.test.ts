import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../src/core/util/deferred.js';
import { settlesWithin, withSignal, withTimeout } from '../../../../src/core/util/timeout.js';
import { ManualClock } from '../../../support/manual-clock.js';

const late = (): Error => new Error('too late');

describe('withTimeout', () => {
  it('passes the outcome on and clears its timer', async () => {
    const clock = new ManualClock();
    expect(await withTimeout(Promise.resolve(7), 100, late, clock)).toBe(7);
    await expect(withTimeout(Promise.reject(new Error('inner')), 100, late, clock)).rejects.toThrow('inner');
    expect(clock.pending).toBe(0);
  });

  it('rejects with the given error at the deadline, not before', async () => {
    const clock = new ManualClock();
    let outcome = 'pending';
    const waiting = withTimeout(new Promise(() => {}), 100, late, clock).catch((error: Error) => {
      outcome = error.message;
    });
    await clock.advance(99);
    expect(outcome).toBe('pending');
    await clock.advance(1);
    await waiting;
    expect(outcome).toBe('too late');
  });

  it('waits for ever with 0', async () => {
    const clock = new ManualClock();
    const work = deferred<string>();
    const waiting = withTimeout(work.promise, 0, late, clock);
    expect(clock.pending).toBe(0);
    work.resolve('done');
    expect(await waiting).toBe('done');
  });

  it('swallows a rejection that comes after the deadline', async () => {
    const clock = new ManualClock();
    const work = deferred();
    const waiting = expect(withTimeout(work.promise, 5, late, clock)).rejects.toThrow('too late');
    await clock.advance(5);
    await waiting;
    work.reject(new Error('nobody listens'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('settlesWithin', () => {
  it('says that it settled, however it did, and clears its timer', async () => {
    const clock = new ManualClock();
    expect(await settlesWithin(Promise.resolve(7), 100, { clock })).toBe(true);
    expect(await settlesWithin(Promise.reject(new Error('inner')), 100, { clock })).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('says that it did not once the time has passed, and swallows what comes later', async () => {
    const clock = new ManualClock();
    const work = deferred();
    const waiting = settlesWithin(work.promise, 100, { clock });
    await clock.advance(100);
    expect(await waiting).toBe(false);
    work.reject(new Error('nobody listens'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('withSignal', () => {
  it('rejects with the reason of the signal, also when it aborted before', async () => {
    const controller = new AbortController();
    const waiting = expect(withSignal(new Promise(() => {}), controller.signal)).rejects.toThrow('stop');
    controller.abort(new Error('stop'));
    await waiting;
    await expect(withSignal(Promise.resolve(1), controller.signal)).rejects.toThrow('stop');
  });

  it('leaves no listener behind', async () => {
    let listeners = 0;
    const controller = new AbortController();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    }) as typeof signal.addEventListener;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    }) as typeof signal.removeEventListener;
    expect(await withSignal(Promise.resolve(1), signal)).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(listeners).toBe(0);
  });
});
