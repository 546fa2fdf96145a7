import { describe, expect, it } from 'vitest';
import { listeningText } from '../../../../src/cli/relay/relay-report.js';
import type { RelayTransport } from '../../../../src/core/relay/serve-options.js';

function commands(...transports: RelayTransport[]): string[] {
  const urls = [
    ...(transports.includes('quic') ? ['moqt://127.0.0.1:1/'] : []),
    ...(transports.some((one) => one !== 'quic') ? ['https://127.0.0.1:1/'] : []),
  ];
  const certificate = { sha256: 'ab'.repeat(32), notAfter: '2026-01-01T00:00:00.000Z' };
  const text = listeningText({ event: 'listening', urls, certificate, drafts: ['18'], transports });
  return text.split('\n').filter((line) => line.startsWith('moqt '));
}

describe('the commands that a relay offers for pasting', () => {
  it('need no flag for the transport where HTTP/3 is served', () => {
    const lines = commands('quic', 'webtransport', 'webtransport-h2');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^moqt publish moqt:/);
    expect(lines[2]).toBe('moqt subscribe http://127.0.0.1:1/ live/room1 cam --wait > copy');
    expect(lines.join()).not.toContain('--transport');
  });

  it('name HTTP/2 for https:// and http:// URLs where HTTP/3 is not', () => {
    const flag = ' --transport webtransport-h2';
    expect(commands('webtransport-h2').every((line) => line.includes(flag))).toBe(true);
    const [publish, , plain] = commands('quic', 'webtransport-h2');
    expect(publish).not.toContain(flag);
    expect(plain).toContain(flag);
  });

  it('have no http:// URL where nothing is served on TCP', () => {
    expect(commands('quic', 'webtransport')).toHaveLength(2);
  });
});
