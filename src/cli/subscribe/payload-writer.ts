import type { FrameSpec } from '../../core/framing/frame-spec.js';
import { createFramer, type Framer } from '../../core/framing/framer.js';
import type { EndRecord, GapRecord, ObjectRecord, RecordOrigin } from '../../core/records/object-record.js';
import type { Format } from '../../core/render/format.js';
import type { TrackItem } from '../../core/subscriber/track-item.js';
import type { FullTrackName } from '../../core/wire/full-track-name.js';
import type { DraftProfile } from '../../core/wire/profile.js';
import { decodeProperties } from '../../core/wire/properties.js';
import type { FileOutput } from '../io/file-output.js';
import { objectVariables } from './object-variables.js';
import { type ObjectDirectory, TerminalGuard } from './payload-output.js';

/** Takes the items of a track in order; a promise means: wait before the next. */
export interface PayloadWriter {
  write(item: TrackItem): Promise<void> | undefined;
  /** What is left to be written after the last item. */
  end(): Promise<void> | undefined;
}

export interface WriterOptions {
  readonly track: FullTrackName;
  /** The draft whose encoding the objects' properties have. */
  readonly profile: DraftProfile;
  readonly spec: FrameSpec;
  readonly output: FileOutput;
  /** The output was named (`-o`), so that a terminal may get what it likes. */
  readonly explicit: boolean;
}

/** Payload as it comes, framed or not. */
export function payloadWriter(options: WriterOptions): PayloadWriter {
  const { spec, output } = options;
  const guard = new TerminalGuard({
    explicit: options.explicit,
    safe: spec.kind === 'jsonl' || spec.kind === 'hexdump',
  });
  if (spec.kind === 'raw') {
    return {
      write(item) {
        if (item.kind !== 'piece' && item.kind !== 'object') return undefined;
        guard.check(item.payload);
        return output.write(item.payload);
      },
      end: () => undefined,
    };
  }
  return new FramedWriter(options, createFramer(spec), guard);
}

class FramedWriter implements PayloadWriter {
  readonly #needsRecord: boolean;

  constructor(
    private readonly options: WriterOptions,
    private readonly framer: Framer,
    private readonly guard: TerminalGuard,
  ) {
    this.#needsRecord = options.spec.kind === 'jsonl' || options.spec.kind === 'hexdump';
  }

  write(item: TrackItem): Promise<void> | undefined {
    if (item.kind === 'piece') throw new TypeError('framings take whole objects');
    if (item.kind !== 'object')
      return this.#put(this.framer.event({ ...this.#origin(Date.now()), ...item } as GapRecord | EndRecord));
    if (this.#needsRecord) return this.#put(this.framer.frame(item.payload, this.#record(item)));
    // A status is no record: where only payload is written, there is nothing to write for it.
    if (item.header.status !== 'normal') return undefined;
    this.guard.check(item.payload);
    return this.#put(this.framer.frame(item.payload));
  }

  end(): Promise<void> | undefined {
    return this.#put(this.framer.end());
  }

  #put(parts: readonly Uint8Array[]): Promise<void> | undefined {
    let wait: Promise<void> | undefined;
    for (const part of parts) wait = this.options.output.write(part) ?? wait;
    return wait;
  }

  #origin(receivedAt: number): RecordOrigin {
    const { track } = this.options;
    return { namespace: track.namespace, track: track.name, receivedAt };
  }

  #record({ header, payload, forwarding, receivedAt }: Extract<TrackItem, { kind: 'object' }>): ObjectRecord {
    return {
      ...this.#origin(receivedAt),
      kind: 'object',
      group: header.group,
      subgroup: header.subgroup,
      object: header.object,
      priority: header.priority,
      forwarding,
      status: header.status,
      properties: decodeProperties(this.options.profile, header.properties),
      payload,
    };
  }
}

/** `--format`: a line of the user's own for each object instead of its payload. */
export function formatWriter(track: FullTrackName, format: Format, output: FileOutput): PayloadWriter {
  return {
    write: (item) =>
      item.kind === 'object' ? output.write(Buffer.from(format.render(objectVariables(track, item)))) : undefined,
    end: () => undefined,
  };
}

/** `--output-dir`: a file for each object that has a payload. */
export function directoryWriter(directory: ObjectDirectory): PayloadWriter {
  return {
    write(item) {
      if (item.kind !== 'object' || item.header.status !== 'normal') return undefined;
      const { group, subgroup, object } = item.header;
      return directory.write(group, subgroup, object, item.payload);
    },
    end: () => undefined,
  };
}
