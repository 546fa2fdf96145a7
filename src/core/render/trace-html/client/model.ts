import type { PageData, PageMark, PageMessage, PageStream } from '../page-data.js';

/** Something that can be pointed at, selected and found: a letter for its array, and its index. */
export type Ref = `${'m' | 'k' | 's' | 'o'}${number}`;

export function refIndex(ref: Ref): number {
  return Number(ref.slice(1));
}

/** The document with what the views look up again and again. */
export class Model {
  /** Objects of each stream, in order of time. */
  readonly objectsOf: readonly (readonly number[])[];
  /** Messages and marks together, in order of time: the rows of the sequence. */
  readonly rows: readonly Ref[];

  constructor(readonly data: PageData) {
    const objectsOf: number[][] = data.streams.map(() => []);
    for (const [index, stream] of data.objects.stream.entries()) objectsOf[stream]?.push(index);
    this.objectsOf = objectsOf;
    const rows: { ref: Ref; t: number; seq: number }[] = [
      ...data.messages.map(({ t, seq }, index) => ({ ref: `m${index}` as Ref, t, seq })),
      ...data.marks.map(({ t, seq }, index) => ({ ref: `k${index}` as Ref, t, seq })),
    ];
    this.rows = rows.sort((a, b) => a.t - b.t || a.seq - b.seq).map(({ ref }) => ref);
  }

  message(ref: Ref): PageMessage | null {
    return ref.startsWith('m') ? (this.data.messages[refIndex(ref)] ?? null) : null;
  }

  mark(ref: Ref): PageMark | null {
    return ref.startsWith('k') ? (this.data.marks[refIndex(ref)] ?? null) : null;
  }

  stream(ref: Ref): PageStream | null {
    return ref.startsWith('s') ? (this.data.streams[refIndex(ref)] ?? null) : null;
  }

  time(ref: Ref): number {
    const index = refIndex(ref);
    const { messages, marks, streams, objects } = this.data;
    if (ref.startsWith('m')) return messages[index]?.t ?? 0;
    if (ref.startsWith('k')) return marks[index]?.t ?? 0;
    if (ref.startsWith('s')) return streams[index]?.t ?? 0;
    return objects.t[index] ?? 0;
  }

  /** The track of a stream, as `live/room/video`. */
  trackName(stream: PageStream): string {
    return this.data.tracks[stream.track]?.name ?? '';
  }

  /** When a stream ended, or the end of the trace. */
  endOf(stream: PageStream): number {
    return stream.end ?? this.data.end;
  }
}
