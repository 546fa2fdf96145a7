import { describe, expect, it } from 'vitest';
import {
  controlStreamPolicy,
  encodeFrame,
  FRAME,
  MAX_HEADERS_BYTES,
  MAX_SETTINGS_BYTES,
  requestStreamPolicy,
} from '../../../../../../src/core/transport/webtransport/h3/frames.js';
import { H3Error } from '../../../../../../src/core/transport/webtransport/h3/h3-error.js';

function codeName(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    return error instanceof H3Error ? error.codeName : String(error);
  }
}

/** A reserved type of RFC 9114 §7.2.8. */
const GREASE = 0x1f * 7 + 0x21;

describe('frames on the control stream', () => {
  it('must begin with SETTINGS', () => {
    expect(codeName(() => controlStreamPolicy()(FRAME.GOAWAY, 1))).toBe('H3_MISSING_SETTINGS');
    expect(codeName(() => controlStreamPolicy()(GREASE, 0))).toBe('H3_MISSING_SETTINGS');
  });

  it('have SETTINGS once, and of bounded size', () => {
    const policy = controlStreamPolicy();
    expect(policy(FRAME.SETTINGS, 10)).toBe('whole');
    expect(codeName(() => policy(FRAME.SETTINGS, 10))).toBe('H3_FRAME_UNEXPECTED');
    expect(codeName(() => controlStreamPolicy()(FRAME.SETTINGS, MAX_SETTINGS_BYTES + 1))).toBe('H3_EXCESSIVE_LOAD');
  });

  it('are refused when they belong elsewhere, and skipped when unknown', () => {
    const policy = controlStreamPolicy();
    policy(FRAME.SETTINGS, 0);
    for (const type of [FRAME.DATA, FRAME.HEADERS, FRAME.PUSH_PROMISE, 0x2, 0x6, 0x8, 0x9]) {
      expect(codeName(() => policy(type, 0))).toBe('H3_FRAME_UNEXPECTED');
    }
    expect(codeName(() => policy(FRAME.WT_STREAM, 0))).toBe('H3_FRAME_ERROR');
    expect(policy(GREASE, 2 ** 40)).toBe('skip');
    expect(policy(FRAME.GOAWAY, 8)).toBe('whole');
    expect(codeName(() => policy(FRAME.GOAWAY, 9))).toBe('H3_EXCESSIVE_LOAD');
  });
});

describe('frames on a request stream', () => {
  it('have HEADERS before DATA', () => {
    const policy = requestStreamPolicy();
    expect(codeName(() => policy(FRAME.DATA, 1))).toBe('H3_FRAME_UNEXPECTED');
    expect(policy(FRAME.HEADERS, 100)).toBe('whole');
    expect(policy(FRAME.DATA, 2 ** 40)).toBe('pass');
  });

  it('are bounded, refused or skipped', () => {
    const policy = requestStreamPolicy();
    expect(codeName(() => policy(FRAME.HEADERS, MAX_HEADERS_BYTES + 1))).toBe('H3_EXCESSIVE_LOAD');
    for (const type of [FRAME.SETTINGS, FRAME.GOAWAY, FRAME.MAX_PUSH_ID, FRAME.CANCEL_PUSH, FRAME.PUSH_PROMISE, 0x2]) {
      expect(codeName(() => policy(type, 1))).toBe('H3_FRAME_UNEXPECTED');
    }
    expect(codeName(() => policy(FRAME.WT_STREAM, 0))).toBe('H3_FRAME_ERROR');
    expect(policy(GREASE, 5)).toBe('skip');
  });
});

describe('encodeFrame', () => {
  it('writes type, length and payload', () => {
    expect([...encodeFrame(FRAME.DATA, Uint8Array.of(7, 8))]).toEqual([0, 2, 7, 8]);
  });
});
