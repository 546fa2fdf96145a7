import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../src/core/util/bytes.js';
import { DRAFTS } from '../../../session/support/sessions.js';
import { randomBytes } from '../../../support/random.js';
import { batches, chunksOf, objectsOf, payloadOf, placesOf, roundTrip, trackPair } from '../../../support/tracks.js';

const MIB = 1024 * 1024;

describe.each(DRAFTS)('publish then subscribe on draft %s', (draft) => {
  it.each([0, 1, 16 * 1024, 16 * 1024 + 1, MIB])('gives %d bytes back as they were', async (size) => {
    const bytes = randomBytes(size, size + 1);
    const pair = await trackPair(draft);
    const { items, error, report, publishReport } = await roundTrip(
      pair,
      { source: { kind: 'bytes', chunks: chunksOf(bytes, 64 * 1024) } },
      { items: 'pieces', filter: 'current-group' },
    );
    expect(error).toBeUndefined();
    expect(Buffer.compare(payloadOf(items), bytes)).toBe(0);
    expect(report).toMatchObject({ outcome: 'complete', bytes: size, objects: Math.ceil(size / (16 * 1024)) });
    expect(publishReport).toMatchObject({ outcome: 'complete', bytes: size, subscribers: 0 });
    await pair.client.close();
  });
});
