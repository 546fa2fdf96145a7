import type { TrackRecord } from '../records/object-record.js';
import type { PlacedObject } from './object-planner.js';

/**
 * The objects of a recorded track, to be published where they were. Gaps need nothing: the holes in the IDs say the same.
 * An end record ends the source.
 */
export async function* placedObjects(
  batches: AsyncIterable<readonly TrackRecord[]>,
): AsyncGenerator<readonly PlacedObject[]> {
  for await (const batch of batches) {
    const objects: PlacedObject[] = [];
    for (const record of batch) {
      if (record.kind === 'object') objects.push(record);
      else if (record.kind === 'end') {
        yield objects;
        return;
      }
    }
    yield objects;
  }
}
