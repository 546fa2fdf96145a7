import type { SessionStats } from '../transport.js';
import type { QuicConnection } from './connection.js';

export function readStats(connection: QuicConnection): SessionStats {
  const { native, rtt } = connection;
  const totals = native.stats();
  const path = native.pathStats().find((one) => one.active);
  return {
    rttMs: rtt.smoothedMs,
    minRttMs: rtt.minMs,
    lostPackets: totals.lost,
    sentPackets: totals.sent,
    receivedPackets: totals.recv,
    sentBytes: totals.sentBytes,
    receivedBytes: totals.recvBytes,
    congestionWindow: path?.cwnd ?? null,
    retransmittedPackets: totals.retrans,
    packetIo: connection.packetKind,
    packetIoFallback: connection.fallbackReason,
    packetSize: connection.packetSize.current,
  };
}
