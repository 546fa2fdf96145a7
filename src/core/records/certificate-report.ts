/** What carried a server's certificates to us; `tcp` is TLS on TCP. */
export type CertificateCarrier = 'quic' | 'http3' | 'tcp' | 'file';

/** A public key: its family, and the curve or the size. */
export interface KeyFacts {
  /** `EC`, `RSA`, `Ed25519` …, as people write them. */
  readonly type: string;
  /** `P-256` …; null where there is none. */
  readonly curve: string | null;
  /** Size in bits; null where it says nothing. */
  readonly bits: number | null;
}

/** One certificate, as far as people ask about it. Strings from the certificate are as they are in it: escape to show. */
export interface CertificateDetails {
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** DNS names and IP addresses of the subjectAltName; other kinds with their kind before a colon. */
  readonly names: readonly string[];
  readonly key: KeyFacts;
  /** For example `ECDSA with SHA-256`; null when the library does not know it. */
  readonly signature: string | null;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** The whole validity, and what is left of it (below zero: over), in seconds. */
  readonly validitySeconds: number;
  readonly remainingSeconds: number;
  /** May sign others. */
  readonly ca: boolean;
  readonly selfSigned: boolean;
  /** Of the DER, lower-case hex. */
  readonly sha256: string;
}

/** The SHA-256 of a certificate in the forms that tools want. */
export interface PinForms {
  readonly hex: string;
  readonly base64: string;
  /** Hex with colons, as openssl writes it. */
  readonly colon: string;
  /** For the options of a browser's WebTransport. */
  readonly js: string;
}

/** How a chain stands to one thing it can be held against. */
export interface TrustVerdict {
  readonly against: 'pin' | 'ca' | 'system';
  /** Where the roots came from; null for pins. */
  readonly source: string | null;
  readonly ok: boolean;
  readonly cause: string | null;
  readonly message: string | null;
  readonly hint: string | null;
}

/** A chain that was read, and what is to be said of it. */
export interface CertificateReading {
  readonly ok: true;
  readonly over: CertificateCarrier;
  /** `address:port` that answered; null for files. */
  readonly address: string | null;
  /** ALPN that was chosen; empty without. */
  readonly protocol: string;
  /** As it was sent, leaf first; at least one. */
  readonly chain: readonly CertificateDetails[];
  readonly pin: PinForms;
  /** Whether browsers take the leaf's hash in serverCertificateHashes, and why not. */
  readonly pinnable: boolean;
  readonly notPinnableBecause: readonly string[];
  /** Name that the leaf is held against, and whether it has it; null when no name was given (files). */
  readonly host: { readonly name: string; readonly matches: boolean } | null;
  /** The first is the one that other commands would go by. */
  readonly verdicts: readonly TrustVerdict[];
  /** What other commands would do with it; null with --insecure. */
  readonly trusted: boolean | null;
  /** The issuer that would have to follow: it was not sent and is no known root. Null when nothing is missing. */
  readonly missingIssuer: { readonly name: string; readonly url: string | null } | null;
  /** The certificate whose end comes first among those that a client needs. */
  readonly firstToExpire: { readonly subject: string; readonly notAfter: string; readonly remainingSeconds: number };
}

/** A server that showed no certificate, and why. */
export interface FailedReading {
  readonly ok: false;
  readonly over: CertificateCarrier;
  readonly cause: string;
  readonly message: string;
  readonly hint: string | null;
}

/** What `certs inspect` found: the document of --json. */
export interface CertificateInspection {
  /** The URL, redacted, or the file's name. */
  readonly source: string;
  readonly readings: readonly (CertificateReading | FailedReading)[];
  /** HTTP/3 against TCP: the same chain, the same leaf below another chain, another leaf. Null: there are not two. */
  readonly comparison: 'same' | 'other-chain' | 'different' | null;
}

/** States of a health check, in the words of its output. */
export type CheckState = 'ok' | 'warning' | 'critical';

/** Something that a check has to say. */
export interface CheckFinding {
  readonly state: CheckState;
  readonly over: CertificateCarrier;
  readonly cause: string | null;
  readonly message: string;
}

/** One URL of `certs check`. */
export interface CertificateCheck {
  readonly url: string;
  readonly state: CheckState;
  readonly findings: readonly CheckFinding[];
  /** Seconds to the first end of a certificate that clients need; null when none was seen. */
  readonly expirySeconds: number | null;
  readonly notAfter: string | null;
  /** Of the leaf, HTTP/3's before TCP's. */
  readonly sha256: string | null;
  readonly durationMs: number;
  /** Seconds. */
  readonly warning: number;
  readonly critical: number;
}

/** A certificate as `certs watch` shows it. */
export interface WatchedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly remainingSeconds: number;
  readonly trusted: boolean | null;
}

/** What `certs watch` tells. `at` is RFC 3339. */
export type WatchEvent =
  /** The first one that was seen. */
  | (Watched & { readonly event: 'certificate'; readonly certificate: WatchedCertificate })
  | (Watched & { readonly event: 'changed'; readonly before: string; readonly certificate: WatchedCertificate })
  | (Watched & {
      readonly event: 'expiring';
      readonly state: 'warning' | 'critical' | 'expired';
      readonly certificate: WatchedCertificate;
    })
  | (Watched & { readonly event: 'unreachable'; readonly cause: string; readonly message: string })
  | (Watched & { readonly event: 'reachable'; readonly certificate: WatchedCertificate });

/** What every event of a watch has: when it was seen, and by which carrier. */
export interface Watched {
  readonly at: string;
  readonly over: CertificateCarrier;
}
