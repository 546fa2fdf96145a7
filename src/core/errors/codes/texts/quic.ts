import type { CodeText } from '../code-text.js';
import type { QUIC_CODES } from '../quic-codes.js';

const DEFECT = 'a defect of one QUIC library, or a middlebox that changes packets';
const REPORT = 'update the side with the older QUIC library, and tell its authors';

/** Codes of the QUIC transport. */
export const QUIC_TEXTS: Readonly<Record<keyof typeof QUIC_CODES, CodeText>> = {
  NO_ERROR: {
    says: 'The connection ends without an error.',
    usually: ['the peer was stopped, or closed the connection underneath the session'],
    try: ['see the log of the peer for why it closed'],
  },
  INTERNAL_ERROR: {
    says: 'The QUIC library of the peer failed.',
    usually: ['a defect or a limit of the server', 'a TLS key or certificate that the server cannot use'],
    try: ['see the log of the server'],
    common: 'also what servers answer whose configuration is broken',
  },
  CONNECTION_REFUSED: {
    says: 'The server refuses to accept another connection.',
    usually: ['a limit of connections', 'a server that is shutting down', 'a load balancer without a backend'],
    try: ['try again later; see the log of the server'],
    common: 'how QUIC servers turn clients away',
  },
  FLOW_CONTROL_ERROR: {
    says: 'More bytes were sent than the receiver allowed.',
    usually: [DEFECT],
    try: [REPORT],
  },
  STREAM_LIMIT_ERROR: {
    says: 'More streams were opened than the receiver allowed.',
    usually: ['a sender that opens a stream for every object or group and does not wait for credit'],
    try: ['use fewer streams (--forwarding subgroup), and tell the authors of the sender'],
  },
  STREAM_STATE_ERROR: {
    says: 'A frame came for a stream that is not in a state for it.',
    usually: [DEFECT],
    try: [REPORT],
  },
  FINAL_SIZE_ERROR: {
    says: 'The length of a stream changed after its end was known.',
    usually: [DEFECT],
    try: [REPORT],
  },
  FRAME_ENCODING_ERROR: {
    says: 'A QUIC frame cannot be read.',
    usually: [DEFECT],
    try: [REPORT],
  },
  TRANSPORT_PARAMETER_ERROR: {
    says: 'The transport parameters cannot be read, or break a rule.',
    usually: ['QUIC libraries of different age', 'a load balancer that changes connection IDs'],
    try: [REPORT],
  },
  CONNECTION_ID_LIMIT_ERROR: {
    says: 'More connection IDs were given than the receiver allowed.',
    usually: [DEFECT],
    try: [REPORT],
  },
  PROTOCOL_VIOLATION: {
    says: 'A rule of QUIC was broken that has no code of its own.',
    usually: [DEFECT, 'a client that was told to use another version of QUIC'],
    try: [REPORT],
  },
  INVALID_TOKEN: {
    says: 'The token of a Retry or of an earlier connection is not valid.',
    usually: ['several servers behind one address that do not share their token key', 'a very slow path'],
    try: ['try again; on a load balancer, share the Retry key'],
  },
  APPLICATION_ERROR: {
    says: 'The application closed the connection before the handshake was over: its own code must not be shown yet.',
    usually: ['a server that turns clients away early: unknown name, path, address, too many sessions'],
    try: ['see the log of the server; check the host name and the drafts that were offered'],
    common: 'what stands for every application code during the handshake',
  },
  CRYPTO_BUFFER_EXCEEDED: {
    says: 'The handshake has more data than the receiver keeps.',
    usually: ['a certificate chain that is far too long'],
    try: ['leave the root and what is not needed out of the chain'],
  },
  KEY_UPDATE_ERROR: {
    says: 'An update of the keys broke a rule.',
    usually: [DEFECT],
    try: [REPORT],
  },
  AEAD_LIMIT_REACHED: {
    says: 'The keys have protected, or failed to open, as many packets as they safely can.',
    usually: [
      'a connection of very many packets whose library does not update keys',
      'packets that are corrupted on the way',
    ],
    try: ['connect again'],
  },
  NO_VIABLE_PATH: {
    says: 'The network has no path left that carries QUIC.',
    usually: ['the address of one side changed', 'a path that does not carry packets of 1200 bytes'],
    try: ['connect again; check the MTU of tunnels and VPNs on the way'],
  },
  VERSION_NEGOTIATION_ERROR: {
    says: 'The negotiation of the QUIC version does not agree with what was negotiated.',
    usually: [DEFECT],
    try: [REPORT],
    section: 'RFC 9368 §10.2',
  },
};
