import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from './transport.js';

export function familyOf(host: string): 4 | 6 {
  return isIPv4(host) ? 4 : 6;
}

export function isIpLiteral(host: string): boolean {
  // Node's pattern for IPv6 takes milliseconds to be compiled: only for what may be one.
  return host.includes(':') ? isIPv6(host) : isIPv4(host);
}

export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase().startsWith('::ffff:127.');
}

/** `host:port`, with brackets around an IPv6 literal. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For people and reports: a peer that a dual-stack socket sees as `::ffff:192.0.2.1` is an IPv4 peer. */
export function toAddress(host: string, port: number): Address {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  const plain = mapped ?? host;
  return { host: plain, port, family: familyOf(plain) };
}

/** Without the zone of a link-local address (`fe80::1%eth0`), which the QUIC library cannot parse and does not need. */
export function withoutZone(host: string): string {
  const zone = host.indexOf('%');
  return zone === -1 ? host : host.slice(0, zone);
}
