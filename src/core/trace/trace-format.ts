import { MoqtError } from '../errors/moqt-error.js';
import { MoqtraceReader } from './moqtrace/reader.js';
import { MoqtraceWriter } from './moqtrace/writer.js';
import { QlogReader } from './qlog/reader.js';
import { QlogWriter } from './qlog/writer.js';
import type { TraceDecoder, TraceEncoder } from './trace-item.js';

/** `qlog` is JSON-SEQ with the events of draft-pardue-moq-qlog-moq-events; mlog is the same. */
export type TraceFormat = 'moqtrace' | 'qlog';

const SUFFIXES: readonly (readonly [string, TraceFormat])[] = [
  ['.moqtrace', 'moqtrace'],
  ['.qlog', 'qlog'],
  ['.mlog', 'qlog'],
  ['.sqlog', 'qlog'],
];

/** The format that a file name asks for. Throws MOQT_E_USAGE for any other suffix. */
export function formatOfFile(path: string): TraceFormat {
  const found = SUFFIXES.find(([suffix]) => path.toLowerCase().endsWith(suffix));
  if (found !== undefined) return found[1];
  throw new MoqtError(
    'MOQT_E_USAGE',
    `the name of a trace decides its format, and ${JSON.stringify(path)} names none`,
    {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'end it with .moqtrace, .qlog or .mlog',
    },
  );
}

export function traceEncoder(format: TraceFormat): TraceEncoder {
  return format === 'moqtrace' ? new MoqtraceWriter() : new QlogWriter();
}

/** A reader for what begins with this byte: the content decides, not the name. */
export function traceDecoder(firstByte: number): TraceDecoder {
  return firstByte === 0x4d ? new MoqtraceReader() : new QlogReader();
}
