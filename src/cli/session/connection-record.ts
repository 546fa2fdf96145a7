import type { X509Certificate } from 'node:crypto';
import type { CertificateRecord, ConnectionRecord } from '../../core/records/connection-record.js';
import type { ConnectedSession } from '../../core/session/connect/connect-settings.js';
import type { Address } from '../../core/transport/transport.js';
import { toHex } from '../../core/util/bytes.js';

/** A session as the record that is printed. */
export function connectionRecord(session: ConnectedSession): ConnectionRecord {
  const { connection, transport, peerSetup } = session;
  return {
    url: connection.url,
    peer: connection.peer,
    transport: connection.transport,
    dialect: connection.dialect,
    draft: connection.draft,
    offered: connection.offered,
    protocol: connection.protocol,
    verified: connection.verified,
    roots: connection.roots,
    address: { local: addressText(transport.local), remote: addressText(transport.remote) },
    stages: connection.stages,
    totalMs: connection.totalMs,
    setupMs: session.setupMs,
    rttMs: transport.stats().rttMs,
    peerSetup: {
      implementation: peerSetup.implementation ?? null,
      maxRequestId: peerSetup.maxRequestId?.toString() ?? null,
      maxAuthTokenCacheSize: peerSetup.maxAuthTokenCacheSize?.toString() ?? null,
      unknownOptions: (peerSetup.unknown ?? []).map(({ type, value }) => ({
        type: `0x${type.toString(16)}`,
        value: typeof value === 'bigint' ? value.toString() : toHex(value),
      })),
    },
    maxDatagramSize: transport.maxDatagramSize,
    certificate: certificateRecord(transport.peerCertificates()),
    warnings: connection.warnings,
  };
}

function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function certificateRecord(chain: readonly X509Certificate[]): CertificateRecord | null {
  const leaf = chain[0];
  if (!leaf) return null;
  return {
    subject: leaf.subject ?? '',
    issuer: leaf.issuer ?? '',
    names: leaf.subjectAltName ?? null,
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    sha256: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    chainLength: chain.length,
  };
}
