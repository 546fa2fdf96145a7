import { randomBytes } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { pinForms } from '../../../../src/core/certs/pin-forms.js';
import { parsePin } from '../../../../src/core/certs/pins.js';

it('writes forms that --cert-sha256 reads, and JavaScript that gives the same bytes', () => {
  const hash = new Uint8Array(randomBytes(32));
  const { hex, base64, colon, js } = pinForms(hash);
  for (const form of [hex, base64, colon]) expect(parsePin(form)).toEqual(hash);
  expect(colon).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
  const { serverCertificateHashes } = runInNewContext(`({ ${js} })`, { atob, Uint8Array });
  expect(serverCertificateHashes).toHaveLength(1);
  expect(serverCertificateHashes[0].algorithm).toBe('sha-256');
  expect(serverCertificateHashes[0].value).toEqual(hash);
});
