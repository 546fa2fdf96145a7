import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../../../../src/core/util/waiting-line.js';

describe('WaitingLine', () => {
  it('serves in the order of coming', async () => {
    const line = new WaitingLine<string>();
    const all = Promise.all([line.wait(undefined), line.wait(undefined)]);
    expect(line.length).toBe(2);
    line.next()?.resolve('first');
    line.next()?.resolve('second');
    expect(await all).toEqual(['first', 'second']);
    expect(line.next()).toBeUndefined();
  });

  it('leaves out who has gone', async () => {
    const line = new WaitingLine<string>();
    const impatient = new AbortController();
    const gone = line.wait(impatient.signal);
    const patient = line.wait(undefined);
    impatient.abort(new Error('had enough'));
    await expect(gone).rejects.toThrow('had enough');
    line.next()?.resolve('it');
    expect(await patient).toBe('it');
  });

  it('lets nobody in whose signal has aborted before', async () => {
    const line = new WaitingLine();
    await expect(line.wait(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(line.length).toBe(0);
  });

  it('keeps what was served when the signal aborts behind it', async () => {
    const line = new WaitingLine<string>();
    const controller = new AbortController();
    const served = line.wait(controller.signal);
    line.next()?.resolve('it');
    controller.abort(new Error('too late'));
    expect(await served).toBe('it');
  });

  it('tells everybody that nothing comes any more', async () => {
    const line = new WaitingLine();
    const all = Promise.allSettled([line.wait(undefined), line.wait(undefined)]);
    line.fail(new Error('closed'));
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(line.length).toBe(0);
  });
});
