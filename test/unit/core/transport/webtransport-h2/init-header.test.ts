import { describe, expect, it } from 'vitest';
import { grantedBy } from '../../../../../src/core/transport/webtransport-h2/init-header.js';

const SETTINGS = {
  maxData: 1000,
  maxStreamDataUni: 100,
  maxStreamDataBidi: 100,
  maxStreamsUni: 10,
  maxStreamsBidi: 10,
};
const UNCHANGED = { ...SETTINGS, maxStreamDataAnswers: 100 };

function granted(field?: string) {
  return grantedBy(SETTINGS, new Map(field === undefined ? [] : [['webtransport-init', field]]));
}

describe('WebTransport-Init', () => {
  it('grants more than SETTINGS, for each kind of stream and who opens it', () => {
    expect(granted('u=200, bl=300, br=400')).toEqual({
      ...SETTINGS,
      maxStreamDataUni: 200,
      maxStreamDataAnswers: 300,
      maxStreamDataBidi: 400,
    });
  });

  it('takes nothing away that SETTINGS granted', () => {
    expect(granted('u=1, bl=99, br=0')).toEqual(UNCHANGED);
  });

  it('leaves what it does not name to SETTINGS', () => {
    expect(granted('br=200, other=5')).toEqual({ ...UNCHANGED, maxStreamDataBidi: 200 });
    expect(granted()).toEqual(UNCHANGED);
  });

  it.each(['u=200, bl=-1', 'u=200, br=1.5', 'u=200, bl', 'u=200,', '"u"'])('is void as a whole: %s', (field) => {
    expect(granted(field)).toEqual(UNCHANGED);
  });
});
