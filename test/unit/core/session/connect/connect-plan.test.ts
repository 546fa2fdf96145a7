import { describe, expect, it } from 'vitest';
import { planConnection } from '../../../../../src/core/session/connect/connect-plan.js';

describe('planConnection', () => {
  it.each([
    ['moqt://relay.example', {}, 'quic', ['moqt-18', 'moqt-16', 'moq-00']],
    ['https://relay.example', {}, 'webtransport', ['moqt-18', 'moqt-16']],
    ['http://relay.example', {}, 'webtransport', ['moqt-18', 'moqt-16']],
    ['moqt://relay.example', { transport: 'webtransport' }, 'webtransport', ['moqt-18', 'moqt-16']],
    ['https://relay.example', { transport: 'webtransport-h2' }, 'webtransport-h2', ['moqt-18', 'moqt-16']],
    ['moqt://relay.example', { transport: 'webtransport-h2' }, 'webtransport-h2', ['moqt-18', 'moqt-16']],
    ['https://relay.example', { transport: 'quic' }, 'quic', ['moqt-18', 'moqt-16', 'moq-00']],
    ['moqt://relay.example', { drafts: ['14', '16'] }, 'quic', ['moq-00', 'moqt-16']],
    ['https://relay.example', { drafts: ['14'] }, 'webtransport', []],
  ] as const)('%s with %j', (url, settings, transport, protocols) => {
    expect(planConnection(url, settings)).toMatchObject({ transport, protocols, peer: 'relay.example:443' });
  });

  it.each([
    ['https://h', {}, true],
    ['http://h', {}, true],
    ['https://h', { transport: 'auto' }, true],
    ['https://h', { transport: 'webtransport' }, false],
    ['https://h', { transport: 'webtransport-h2' }, false],
    ['moqt://h', {}, false],
    ['moqt://h', { transport: 'webtransport' }, false],
  ] as const)('%s with %j falls back to HTTP/2: %s', (url, settings, fallback) => {
    expect(planConnection(url, settings).fallback).toBe(fallback);
  });

  it('keeps the default of every timeout that is not given', () => {
    const { timeouts } = planConnection('moqt://[::1]:4443', { timeouts: { setupMs: 0 } });
    expect(timeouts).toEqual({ connectMs: 5000, setupMs: 0, requestMs: 10_000, idleMs: 30_000, closeMs: 2000 });
  });

  it.each([
    [{ drafts: ['99'] }, 'MOQT_E_USAGE', '"99" is not supported'],
    [{ drafts: ['18', '18'] }, 'MOQT_E_USAGE', 'named twice'],
    [{ drafts: [] }, 'MOQT_E_USAGE', 'no draft'],
    [{ drafts: [''] }, 'MOQT_E_USAGE', 'not supported'],
  ] as const)('refuses %j', (settings, code, message) => {
    expect(() => planConnection('moqt://h', settings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
