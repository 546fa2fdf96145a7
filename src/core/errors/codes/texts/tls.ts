import type { CodeText } from '../code-text.js';
import type { TLS_ALERTS } from '../tls-alerts.js';

const CLOSURE = 'RFC 8446 §6.1';
const DEFECT = 'a defect of one TLS library, or a middlebox that changes bytes';
const REPORT = 'update the side with the older TLS library, and tell its authors';
const OTHER_SIDE =
  'who sent the alert does not trust the certificate of the other side: moqt certs inspect URL shows what the server sends';

/** TLS alerts; QUIC carries them as 0x100 plus their number. */
export const TLS_TEXTS: Readonly<Record<keyof typeof TLS_ALERTS, CodeText>> = {
  close_notify: {
    says: 'The sender is done: nothing more follows.',
    usually: ['the orderly end of a TLS connection'],
    try: ['nothing, if it came after the work was done'],
    section: CLOSURE,
  },
  unexpected_message: {
    says: 'A TLS message came that has no place there.',
    usually: [DEFECT, 'something that is not TLS on that port'],
    try: [REPORT],
  },
  bad_record_mac: {
    says: 'A record could not be decrypted.',
    usually: ['bytes that were changed on the way', DEFECT],
    try: [`try another network path; ${REPORT}`],
  },
  record_overflow: {
    says: 'A record is longer than TLS allows.',
    usually: ['something that is not TLS on that port'],
    try: ['check the port'],
  },
  handshake_failure: {
    says: 'No set of parameters suits both sides.',
    usually: [
      'a server that demands a client certificate',
      'no cipher, group or signature in common',
      'a server whose certificate has a key that few clients take (Ed25519, P-521)',
      'a server that does not know this name',
    ],
    try: [
      'give a client certificate with --cert and --key if the server wants one; check --servername, and that the server has an ECDSA P-256 or RSA certificate',
    ],
    common: 'the general refusal of TLS servers',
  },
  bad_certificate: {
    says: 'The certificate was not acceptable: corrupt, or refused by a policy.',
    usually: [
      'a client that does not accept the server, such as a pin that does not match',
      'a client certificate that the server cannot use',
    ],
    try: [OTHER_SIDE],
    common: 'what clients send whose own check refuses the server',
  },
  unsupported_certificate: {
    says: 'The certificate is of a kind that is not supported.',
    usually: ['a key type or a usage that the other side does not accept'],
    try: ['use an ECDSA P-256 or RSA certificate with server authentication among its usages'],
  },
  certificate_revoked: {
    says: 'The certificate was revoked by its issuer.',
    usually: ['a key that was reported lost'],
    try: ['issue a new certificate'],
  },
  certificate_expired: {
    says: 'A certificate has expired, or is not valid yet.',
    usually: [
      'a certificate that was not renewed, or a server that still has the old one loaded',
      'a clock that is wrong',
    ],
    try: ['renew the certificate and reload the server; check the clocks', 'moqt certs check URL warns in time'],
    common: 'certificates expire',
  },
  certificate_unknown: {
    says: 'The certificate was not acceptable for some other reason.',
    usually: ['browsers send it for every certificate that they do not accept, a hash that does not match included'],
    try: [OTHER_SIDE],
    common: 'what browsers send for most certificates that they refuse',
  },
  illegal_parameter: {
    says: 'A field of the handshake contradicts another.',
    usually: [DEFECT],
    try: [REPORT],
  },
  unknown_ca: {
    says: 'The chain does not lead to a certification authority that is trusted.',
    usually: ['a self-signed or private certificate', 'an intermediate that the server does not send'],
    try: ['trust it with --ca FILE or pin it with --cert-sha256 HASH', 'let the server send the whole chain'],
    common: 'what every self-signed certificate leads to',
  },
  access_denied: {
    says: 'The certificate is fine, but its owner may not come in.',
    usually: ['a client certificate that the server does not allow'],
    try: ['use a client certificate that the server knows'],
  },
  decode_error: {
    says: 'A TLS message cannot be read.',
    usually: [DEFECT],
    try: [REPORT],
  },
  decrypt_error: {
    says: 'A signature or a finished message does not verify.',
    usually: ['a key that does not belong to the certificate', DEFECT],
    try: ['check that key and certificate belong together'],
  },
  protocol_version: {
    says: 'No TLS version in common.',
    usually: ['a server with TLS 1.2 only; QUIC needs 1.3'],
    try: ['let the server speak TLS 1.3'],
  },
  insufficient_security: {
    says: 'The server demands stronger ciphers than the client offers.',
    usually: ['a very strict server, or a very old client'],
    try: ['relax the policy of the server, or update the client'],
  },
  internal_error: {
    says: 'The TLS library of the sender failed.',
    usually: [
      'a server without a certificate for the name that was asked for',
      'a key or certificate that the server could not load',
    ],
    try: ['see the log of the server; check --servername'],
    common: 'what servers send that have no certificate for a name',
  },
  inappropriate_fallback: {
    says: 'The client came back with a lower version although the server speaks a higher one.',
    usually: ['an old client behind a lossy path'],
    try: ['update the client'],
  },
  user_canceled: {
    says: 'The handshake was given up for a reason that is not a failure of the protocol.',
    usually: ['a person or a timeout ended it'],
    try: ['try again'],
    section: CLOSURE,
  },
  missing_extension: {
    says: 'The handshake lacks an extension that it must have.',
    usually: ['QUIC without its transport parameters', 'no server name where the server demands one'],
    try: ['give the host by name, or --servername'],
  },
  unsupported_extension: {
    says: 'An extension was answered that was not offered.',
    usually: [DEFECT],
    try: [REPORT],
  },
  unrecognized_name: {
    says: 'The server does not know the name that was asked for.',
    usually: ['the host of the URL is an address or another name than the server serves'],
    try: ['ask for a name that the server has: --servername NAME'],
    common: 'what a wrong server name leads to',
  },
  bad_certificate_status_response: {
    says: 'The stapled answer about revocation is not acceptable.',
    usually: ['a server whose OCSP staple is old or corrupt'],
    try: ['restart or reconfigure stapling on the server'],
  },
  unknown_psk_identity: {
    says: 'No pre-shared key is known by that identity.',
    usually: ['a client that resumes with a server that does not know it'],
    try: ['connect without resumption'],
  },
  certificate_required: {
    says: 'The server demands a client certificate, and none came.',
    usually: ['a server with mutual TLS'],
    try: ['give a client certificate with --cert and --key'],
    common: 'what mutual TLS answers without a client certificate',
  },
  no_application_protocol: {
    says: 'None of the application protocols that were offered (ALPN) is one that the server speaks.',
    usually: [
      'no draft in common: the relay speaks other drafts than were offered',
      'a relay that looks only at the first protocol in the list',
      'a server that speaks only WebTransport (h3) asked over raw QUIC, or the other way round',
    ],
    try: [
      'offer other drafts (--draft), or try WebTransport (https://…) if the server speaks only that',
      'moqt probe tries each draft alone and says which works',
    ],
    common: 'the commonest failure between two implementations of MoQ: no draft in common',
  },
  ech_required: {
    says: 'The client insists on Encrypted Client Hello, and the server did not accept it.',
    usually: ['an old ECH configuration in DNS', 'a middlebox, or a server without ECH'],
    try: ['connect without ECH, or renew the ECH configuration in DNS'],
    section: 'RFC 9849 §11.2',
  },
};
