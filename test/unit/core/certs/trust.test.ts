import { beforeAll, describe, expect, it } from 'vitest';
import {
  certificateSha256,
  judge,
  judgeChain,
  judgePins,
  matchesHost,
  trustError,
} from '../../../../src/core/certs/trust.js';
import * as certs from '../../../support/certs.js';

let root: certs.TestAuthority;
let otherRoot: certs.TestAuthority;
let good: certs.TestCertificate;

beforeAll(async () => {
  [root, otherRoot] = await Promise.all([certs.authority(), certs.authority('Other Root')]);
  good = await root.issue({ hosts: ['relay.example', '*.wild.example', '127.0.0.1', '::1'] });
});

function problem(chain: certs.TestCertificate[], roots = root.certPem, host = 'relay.example'): string | null {
  return (
    judgeChain(
      chain.map((one) => one.x509),
      { host, rootsPem: roots },
    )?.problem ?? null
  );
}

describe('judgeChain', () => {
  it('accepts a chain that leads to a root, directly or over intermediates in any order', async () => {
    expect(problem([good])).toBeNull();
    const middle = await root.intermediate('Middle');
    const lower = await middle.intermediate('Lower');
    const leaf = await lower.issue({ hosts: ['relay.example'] });
    expect(problem([leaf, lower, middle])).toBeNull();
    expect(problem([leaf, middle, otherRoot, lower])).toBeNull();
    expect(problem([leaf, middle])).toBe('untrusted');
    expect(problem([leaf, lower], middle.certPem)).toBeNull();
  });

  it('accepts a self-signed certificate that is itself a trusted root', async () => {
    const own = await certs.selfSigned({ hosts: ['relay.example'] });
    expect(problem([own], own.certPem)).toBeNull();
  });

  it.each([
    ['relay.example', null],
    ['relay.example.', null],
    ['RELAY.example', null],
    ['a.wild.example', null],
    ['a.b.wild.example', 'wrong-host'],
    ['wild.example', 'wrong-host'],
    ['leaf', 'wrong-host'],
    ['127.0.0.1', null],
    ['127.0.0.2', 'wrong-host'],
    ['::1', null],
    ['0:0:0:0:0:0:0:1', null],
    ['::2', 'wrong-host'],
  ])('host %s: %s', (host, expected) => {
    expect(problem([good], root.certPem, host)).toBe(expected);
    expect(matchesHost(good.x509, host)).toBe(expected === null);
  });

  it('names what is wrong, with a hint and the particulars', async () => {
    const cases = [
      [[await root.issue({ fromDays: -9, toDays: -2, hosts: ['relay.example'] })], 'expired', /expired on \d{4}-/],
      [[await root.issue({ fromDays: 2, toDays: 9, hosts: ['relay.example'] })], 'not-yet-valid', /only from \d{4}-/],
      [[await root.issue({ hosts: ['elsewhere.example'] })], 'wrong-host', /DNS:elsewhere\.example/],
      [[await certs.selfSigned({ hosts: ['relay.example'] })], 'self-signed', /self-signed/],
      [[await otherRoot.issue({ hosts: ['relay.example'] })], 'untrusted', /issued by CN=Other Root/],
      [
        [await root.issue({ hosts: ['relay.example'], purposes: ['1.3.6.1.5.5.7.3.4'] })],
        'wrong-purpose',
        /serverAuth/,
      ],
      [[], 'no-certificate', /no certificate/],
    ] as const;
    for (const [chain, expected, message] of cases) {
      const failure = judgeChain(
        chain.map((one) => one.x509),
        { host: 'relay.example', rootsPem: root.certPem },
      );
      expect(failure?.problem).toBe(expected);
      expect(failure?.message).toMatch(message);
      expect(failure?.hint).not.toBe('');
    }
  });

  it('does not take a leaf for an authority', async () => {
    const forged = await otherRoot.issue({ hosts: ['relay.example'] });
    expect(problem([forged, good, otherRoot])).toBe('untrusted');
  });

  it('tells an expired intermediate or root from a missing one', async () => {
    const old = await root.intermediate('Old', { fromDays: -9, toDays: -2 });
    const leaf = await old.issue({ hosts: ['relay.example'] });
    expect(problem([leaf, old])).toBe('expired');
    const oldRoot = await certs.authority('Old Root', { fromDays: -9, toDays: -2 });
    expect(problem([await oldRoot.issue({ hosts: ['relay.example'] })], oldRoot.certPem)).toBe('expired');
  });

  it('does not blame an expired certificate that is on nobody’s way', async () => {
    const noise = await certs.authority('Noise', { fromDays: -9, toDays: -2 });
    const foreign = await otherRoot.issue({ hosts: ['relay.example'] });
    expect(problem([foreign, noise])).toBe('untrusted');
    expect(problem([good, noise])).toBeNull();
  });

  it('takes a wildcard for a whole label only', async () => {
    const leaf = await root.issue({ hosts: ['a*.wild.example'] });
    expect(problem([leaf], root.certPem, 'ab.wild.example')).toBe('wrong-host');
    expect(judgeChain([leaf.x509], { host: 'ab.wild.example', rootsPem: root.certPem })?.hint).not.toContain('*');
  });

  it('tells a root that was sent along, and is not trusted, from an issuer that was not', async () => {
    const leaf = await otherRoot.issue({ hosts: ['relay.example'] });
    const failure = judgeChain([leaf.x509, otherRoot.x509], { host: 'relay.example', rootsPem: root.certPem });
    expect(failure).toMatchObject({
      problem: 'untrusted',
      message: expect.stringContaining('ends at the root CN=Other Root'),
    });
    expect(failure?.hint).not.toContain('intermediate');
  });

  it('accepts a certificate for any purpose, which TLS libraries do not', async () => {
    const leaf = await root.issue({ hosts: ['relay.example'], purposes: ['2.5.29.37.0'] });
    const question = { host: 'relay.example', rootsPem: root.certPem };
    expect(judgeChain([leaf.x509], question)).toBeNull();
    expect(judgeChain([leaf.x509], { ...question, wholeOnly: true })).toMatchObject({ problem: 'wrong-purpose' });
  });

  it('judges by the clock it is given', () => {
    const question = { host: 'relay.example', rootsPem: root.certPem };
    const day = 86_400_000;
    expect(judgeChain([good.x509], { ...question, now: Date.now() + 30 * day })?.problem).toBe('expired');
    expect(judgeChain([good.x509], { ...question, now: Date.now() - 30 * day })?.problem).toBe('not-yet-valid');
  });

  it('walks a hostile chain of look-alikes in bounded time', async () => {
    const rival = await certs.authority('Rival');
    const crowd = await Promise.all(Array.from({ length: 60 }, () => rival.intermediate('Rival')));
    const leaf = await (crowd[0] as certs.TestAuthority).issue({ hosts: ['relay.example'] });
    expect(problem([leaf, ...crowd])).toBe('untrusted');
  });
});

describe('judgePins', () => {
  it('accepts one of several pins, whatever the host and the issuer', async () => {
    const own = await certs.wrongHost();
    expect(judgePins([own.x509], [good.sha256, own.sha256])).toBeNull();
    expect(certificateSha256(own.x509)).toEqual(own.sha256);
  });

  it('refuses another certificate, also one with a valid chain', () => {
    expect(judgePins([good.x509], [new Uint8Array(32)])?.problem).toBe('pin-mismatch');
    expect(judgePins([good.x509, root.x509], [root.sha256])?.problem).toBe('pin-mismatch');
    expect(judgePins([], [good.sha256])?.problem).toBe('no-certificate');
  });

  it('still wants the dates to be right', async () => {
    const old = await certs.expired();
    const future = await certs.notYetValid();
    expect(judgePins([old.x509], [old.sha256])?.problem).toBe('expired');
    expect(judgePins([future.x509], [future.sha256])?.problem).toBe('not-yet-valid');
  });
});

describe('trustError', () => {
  it('is exit 4 with the cause by name', () => {
    const failure = judgePins([good.x509], [new Uint8Array(32)]);
    expect(trustError(failure as NonNullable<typeof failure>, 'relay.example:443')).toMatchObject({
      code: 'MOQT_E_TLS',
      exitCode: 4,
      stage: 'tls',
      reason: 'tls.pin-mismatch',
      peer: 'relay.example:443',
    });
  });
});

describe('judge', () => {
  it('follows the one rule it is given', () => {
    const chain = [good.x509];
    const rootsPem = root.certPem;
    expect(judge({ kind: 'chain', rootsPem }, chain, 'relay.example')).toBeNull();
    expect(judge({ kind: 'chain', rootsPem }, chain, 'other.example')?.problem).toBe('wrong-host');
    expect(judge({ kind: 'chain', rootsPem: otherRoot.certPem }, chain, 'relay.example')?.problem).toBe('untrusted');
    expect(judge({ kind: 'pins', sha256: [good.sha256] }, chain, 'other.example')).toBeNull();
    expect(judge({ kind: 'pins', sha256: [root.sha256] }, chain, 'relay.example')?.problem).toBe('pin-mismatch');
    expect(judge({ kind: 'none' }, [], 'relay.example')).toBeNull();
  });
});
