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
    peerParameters: {
      max_idle_timeout: totals.peerMaxIdleTimeout,
      max_udp_payload_size: totals.peerMaxUdpPayloadSize,
      initial_max_data: totals.peerInitialMaxData,
      initial_max_stream_data_bidi_local: totals.peerInitialMaxStreamDataBidiLocal,
      initial_max_stream_data_bidi_remote: totals.peerInitialMaxStreamDataBidiRemote,
      initial_max_stream_data_uni: totals.peerInitialMaxStreamDataUni,
      initial_max_streams_bidi: totals.peerInitialMaxStreamsBidi,
      initial_max_streams_uni: totals.peerInitialMaxStreamsUni,
      ack_delay_exponent: totals.peerAckDelayExponent,
      max_ack_delay: totals.peerMaxAckDelay,
      disable_active_migration: totals.peerDisableActiveMigration,
      active_connection_id_limit: totals.peerActiveConnIdLimit,
      max_datagram_frame_size: totals.peerMaxDatagramFrameSize ?? null,
    },
  };
}
