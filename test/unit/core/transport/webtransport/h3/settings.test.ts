import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H3Error } from '../../../../../../src/core/transport/webtransport/h3/h3-error.js';
import {
  connectProtocol,
  decodeSettings,
  encodeSettings,
  ourSettings,
  SETTING,
  supportsDatagrams,
  supportsWebTransport,
} from '../../../../../../src/core/transport/webtransport/h3/settings.js';
import { encodeVarints } from '../../../../../../src/core/transport/webtransport/h3/varint.js';

describe('settings', () => {
  it('come back as they were sent', () => {
    for (const role of ['client', 'server'] as const) {
      const settings = ourSettings(role, 3);
      expect(decodeSettings(encodeSettings(settings))).toEqual(settings);
    }
  });

  it('speak every dialect of WebTransport, and offer extended CONNECT as a server only', () => {
    const server = ourSettings('server', 1);
    expect(supportsWebTransport(server)).toBe(true);
    expect(supportsDatagrams(server)).toBe(true);
    expect(server.get(SETTING.ENABLE_CONNECT_PROTOCOL)).toBe(1);
    expect(ourSettings('client', 1).has(SETTING.ENABLE_CONNECT_PROTOCOL)).toBe(false);
  });

  it.each([SETTING.ENABLE_WEBTRANSPORT, SETTING.WT_MAX_SESSIONS_07, SETTING.WT_MAX_SESSIONS_13, SETTING.WT_ENABLED])(
    'recognise WebTransport by 0x%x alone',
    (id) => {
      expect(supportsWebTransport(new Map([[id, 1]]))).toBe(true);
      expect(supportsWebTransport(new Map([[id, 0]]))).toBe(false);
    },
  );

  it('ask a peer that knows only the newest dialect by its name', () => {
    expect(connectProtocol(new Map([[SETTING.WT_ENABLED, 1]]))).toBe('webtransport-h3');
    expect(connectProtocol(ourSettings('server', 1))).toBe('webtransport');
  });

  it.each([
    ['a setting of HTTP/2', encodeVarints(0x3, 1), 'H3_SETTINGS_ERROR'],
    ['a setting twice', encodeVarints(0x33, 1, 0x33, 1), 'H3_SETTINGS_ERROR'],
    ['a boolean of 2', encodeVarints(0x33, 2), 'H3_SETTINGS_ERROR'],
    ['half a setting', encodeVarints(0x33), 'H3_FRAME_ERROR'],
  ])('refuse %s', (_what, payload, name) => {
    expect(() => decodeSettings(payload)).toThrow(expect.objectContaining({ codeName: name }));
  });

  it('either decode or fail with H3Error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
        try {
          decodeSettings(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(H3Error);
        }
      }),
    );
  });
});
