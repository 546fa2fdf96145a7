/** Where in its track a stream stands: what the events of its objects may leave out. */
interface StreamPlace {
  readonly group: bigint | null;
  readonly subgroup: bigint | null;
  /** The object that was last; null before the first. */
  last: bigint | null;
}

/** Streams that are remembered; of further ones nothing is inferred. */
const MAX_STREAMS = 100_000;

/** Follows the IDs of objects by stream, as the wire does: an object's ID counts from the one before (draft-18 §11.4.2). */
export class StreamPlaces {
  private readonly places = new Map<string, StreamPlace>();

  opened(stream: string, group: bigint | null, subgroup: bigint | null): void {
    this.places.delete(stream);
    if (this.places.size < MAX_STREAMS) this.places.set(stream, { group, subgroup, last: null });
  }

  closed(stream: string): void {
    this.places.delete(stream);
  }

  find(stream: string): { readonly group: bigint | null; readonly subgroup: bigint | null } | undefined {
    return this.places.get(stream);
  }

  /** The ID that is `delta` further, as an event counts: the first one is the delta itself. Null on a stream that is not known. */
  objectAt(stream: string, delta: bigint): bigint | null {
    const place = this.places.get(stream);
    if (place === undefined) return null;
    place.last = place.last === null ? delta : place.last + 1n + delta;
    return place.last;
  }

  /** How an event says this ID; null where IDs do not ascend, or the stream is not known. */
  deltaTo(stream: string, object: bigint): bigint | null {
    const place = this.places.get(stream);
    if (place === undefined) return null;
    const delta = place.last === null ? object : object - place.last - 1n;
    place.last = object;
    return delta < 0n ? null : delta;
  }
}
