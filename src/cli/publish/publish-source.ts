import { MoqtError } from '../../core/errors/moqt-error.js';
import type { Deframer } from '../../core/framing/deframer.js';
import type { FrameSpec } from '../../core/framing/frame-spec.js';
import type { PlacedObject } from '../../core/publisher/object-planner.js';
import type { PublishSource } from '../../core/publisher/publish-options.js';
import type { TrackRecord } from '../../core/records/object-record.js';
import { concatenate, type Input } from '../io/input.js';

/** A record has to be in memory as a whole before it can be an object. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** What a command reads, cut up as --frame says. Payloads are not copied where the framing lets them be. */
export async function publishSource(
  input: Input,
  spec: FrameSpec,
  note: (line: string) => void,
): Promise<PublishSource> {
  if (spec.kind === 'raw') return { kind: 'bytes', chunks: concatenate(input) };
  if (spec.kind === 'file') return { kind: 'records', batches: wholeFiles(input) };
  if (spec.kind === 'jsonl') return { kind: 'objects', batches: placedObjects(input) };
  const { createDeframer } = await import('../../core/framing/deframer.js');
  const deframer = createDeframer(spec, { maxRecordBytes: MAX_RECORD_BYTES });
  return { kind: 'records', batches: records(input, deframer, note) };
}

/** Bodies from a template: each is one object. */
export function bodySource(bodies: Iterable<string>): PublishSource {
  return {
    kind: 'records',
    madeOnDemand: true,
    batches: (async function* () {
      for (const body of bodies) yield [Buffer.from(body)];
    })(),
  };
}

async function* records(input: Input, deframer: Deframer, note: (line: string) => void) {
  for await (const chunk of concatenate(input)) {
    const batch = deframer.push(chunk);
    if (batch.length > 0) yield batch;
  }
  const rest = deframer.end();
  if (deframer.unterminated)
    note('the last record had no delimiter behind it; subscribers write one after every object');
  if (rest.length > 0) yield rest;
}

async function* wholeFiles(input: Input): AsyncIterable<readonly Uint8Array[]> {
  for (const part of input.parts) {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of part.chunks()) {
      size += chunk.length;
      if (size > MAX_RECORD_BYTES) {
        throw new MoqtError(
          'MOQT_E_USAGE',
          `${part.name} is too large for one object: more than ${MAX_RECORD_BYTES} bytes`,
          {
            stage: 'io',
            cause: 'publish.object-too-large',
            hint: 'publish it without --frame file, as many objects',
          },
        );
      }
      chunks.push(chunk);
    }
    yield [Buffer.concat(chunks)];
  }
}

async function* placedObjects(input: Input): AsyncIterable<readonly PlacedObject[]> {
  const { RecordReader } = await import('../../core/framing/record-reader.js');
  // Base64 and the fields around the payload need room too.
  const reader = new RecordReader({ maxRecordBytes: MAX_RECORD_BYTES * 2 });
  for await (const chunk of concatenate(input)) {
    const batch = reader.push(chunk).flatMap(placed);
    if (batch.length > 0) yield batch;
  }
  const rest = reader.end().flatMap(placed);
  if (rest.length > 0) yield rest;
}

/** Gaps and the end of a recording have no place of their own in a track: the numbers of the objects say the same. */
function placed(record: TrackRecord): PlacedObject[] {
  return record.kind === 'object' ? [record] : [];
}
