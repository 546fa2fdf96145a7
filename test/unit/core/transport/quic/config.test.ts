import { describe, expect, it } from 'vitest';
import { configFor } from '../../../../../src/core/transport/quic/config.js';
import { loadQuiche } from '../../../../../src/core/transport/quic/native.js';

describe('configFor', () => {
  it('keeps the windows of a real network apart from those of loopback', async () => {
    const config = configFor(
      await loadQuiche(),
      { caPem: null, acceptAny: true },
      {
        alpn: ['moqt-18'],
        idleTimeoutMs: 1000,
        maxIncomingUni: 1,
        maxIncomingBidi: 1,
        streamWindow: 1000,
        connectionWindow: undefined,
        congestionControl: 'cubic',
        keylog: false,
      },
    );
    expect(config('127.0.0.1')).toBe(config('::1'));
    expect(config('192.0.2.1')).toBe(config('192.0.2.2'));
    expect(config('192.0.2.1')).not.toBe(config('127.0.0.1'));
  });
});
