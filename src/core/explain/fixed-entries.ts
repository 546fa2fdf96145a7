import { CAUSES } from '../errors/causes.js';
import type { CodeSpaceName } from '../errors/codes/code-space.js';
import { HTTP_STATUSES } from '../errors/codes/http-statuses.js';
import { HTTP2_CODES } from '../errors/codes/http2-codes.js';
import { HTTP3_CODES, WEBTRANSPORT_CODES } from '../errors/codes/http3-codes.js';
import { IMPLEMENTATIONS, OWN_CODES } from '../errors/codes/implementations.js';
import { CRYPTO_ERRORS, QUIC_CODES } from '../errors/codes/quic-codes.js';
import { CAUSE_TRIES } from '../errors/codes/texts/causes.js';
import { codeText } from '../errors/codes/texts.js';
import { TLS_ALERTS } from '../errors/codes/tls-alerts.js';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { EXIT, EXIT_MEANINGS } from '../errors/exit-codes.js';
import { hintFor } from '../errors/hints.js';
import { createEntry, type Entry } from './entry.js';

/** The registries that have nothing to do with the draft. */
const REGISTRIES: readonly { space: CodeSpaceName; codes: Readonly<Record<string, number>>; section: string }[] = [
  { space: 'webtransport', codes: WEBTRANSPORT_CODES, section: 'draft-ietf-webtrans-http3 §9.5' },
  { space: 'http3', codes: HTTP3_CODES, section: 'RFC 9114 §8.1' },
  { space: 'http2', codes: HTTP2_CODES, section: 'RFC 9113 §7' },
  { space: 'http', codes: HTTP_STATUSES, section: 'RFC 9110 §15' },
  { space: 'quic', codes: QUIC_CODES, section: 'RFC 9000 §20.1' },
  { space: 'tls', codes: TLS_ALERTS, section: 'RFC 8446 §6.2' },
];

/** Everything but the codes of MoQ: the same for every draft. */
export function fixedEntries(): Entry[] {
  return [...registryEntries(), ...capsuleEntries(), ...cryptoEntries(), ...ownCodeEntries(), ...moqtNameEntries()];
}

function registryEntries(): Entry[] {
  return REGISTRIES.flatMap(({ space, codes, section }) =>
    Object.entries(codes).map(([name, code]) =>
      createEntry({
        space,
        name,
        number: BigInt(code),
        sections: [codeText(space, name)?.section ?? section],
      }),
    ),
  );
}

/** Numbers that stand beside WebTransport's codes in logs, and are none. */
function capsuleEntries(): Entry[] {
  const capsule = (name: string, number: bigint, says: string): Entry =>
    createEntry({
      space: 'webtransport',
      name,
      number,
      sections: ['draft-ietf-webtrans-http3 §9.6'],
      says: `A type of capsule, not an error: ${says}.`,
      usually: ['a log that prints the types of capsules'],
      try: ['look for the code inside the capsule'],
    });
  return [
    capsule('WT_CLOSE_SESSION', 0x2843n, 'it closes the session, with a code and a reason'),
    capsule('WT_DRAIN_SESSION', 0x78aen, 'it asks the peer to leave, as GOAWAY does'),
  ];
}

/** TLS alerts as QUIC shows them. */
function cryptoEntries(): Entry[] {
  return Object.entries(TLS_ALERTS).map(([name, alert]) =>
    createEntry({
      space: 'quic',
      name,
      number: BigInt(CRYPTO_ERRORS + alert),
      sections: ['RFC 9001 §4.8', codeText('tls', name)?.section ?? 'RFC 8446 §6.2'],
      says: `The TLS handshake failed with alert ${alert}. ${codeText('tls', name)?.says ?? ''}`,
    }),
  );
}

function ownCodeEntries(): Entry[] {
  return OWN_CODES.flatMap(({ implementation, space, names, says }) => {
    const about = IMPLEMENTATIONS.find(({ id }) => id === implementation)?.about ?? implementation;
    return Object.entries(names).map(([code, name]) =>
      createEntry({
        space,
        name,
        number: BigInt(code),
        implementation,
        sections: [],
        says: `${says}: ${name}.`,
        usually: [`the peer is ${about}`],
        try: ['see its log; the reason beside the code says more'],
        remarks: [],
      }),
    );
  });
}

/** The names that moqt itself gives to what goes wrong. */
function moqtNameEntries(): Entry[] {
  const causes = Object.entries(CAUSES).map(([name, { stage, exitCode, meaning }]) =>
    createEntry({
      space: 'cause',
      name,
      number: null,
      says: sentence(meaning),
      usually: [
        exitCode === null
          ? 'a warning: it ends nothing'
          : `found at stage ${stage}; a command ends with exit ${exitCode}`,
      ],
      try: [CAUSE_TRIES[name as keyof typeof CAUSES]],
    }),
  );
  const errors = Object.entries(ERROR_CODES).map(([name, { exitCode, meaning }]) => {
    const hint = hintFor({ code: name as ErrorCode });
    return createEntry({
      space: 'error',
      name,
      number: null,
      says: sentence(meaning),
      usually: [`a command that fails with it ends with exit ${exitCode}, unless the case says better`],
      try: [hint ?? 'read the cause beside it: it is finer, and moqt explains it too'],
    });
  });
  const exits = Object.entries(EXIT).map(([name, code]) =>
    createEntry({
      space: 'exit',
      name: `exit ${code}`,
      number: BigInt(code),
      says: sentence(EXIT_MEANINGS[code]),
      usually: [`what moqt calls ${name} ended the command`],
      try: code === EXIT.ok ? ['nothing: all is done'] : ['the line on stderr says what happened'],
    }),
  );
  return [...causes, ...errors, ...exits];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
