import type { TraceEvent, TraceHeader, TraceMap, TraceNote } from '../../records/trace-event.js';
import { fromUtf8 } from '../../util/bytes.js';
import { headerFromMap, isMap } from '../header-fields.js';
import { isJsonMap, type Json, type JsonMap, valueFromJson } from '../json-value.js';
import { traceFileError } from '../trace-error.js';
import type { TraceDecoder, TraceItem } from '../trace-item.js';
import { EventImporter } from './event-importer.js';
import { QlogClock } from './qlog-clock.js';
import { type RawRecord, RecordSplitter } from './record-splitter.js';

/** A record of more is none that a trace has. A file that is one JSON document is one record. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
const MAX_NOTES = 20;

/**
 * Reads qlog: JSON-SEQ, the same with lines alone, and one JSON document (`traces`). Ours, mlog, and any other schema, whose
 * events become annotations under their names.
 */
export class QlogReader implements TraceDecoder {
  private readonly splitter = new RecordSplitter(MAX_RECORD_BYTES);
  private importer: EventImporter | null = null;
  /** The header that waits for the first event to tell when the trace began. */
  private waiting: { readonly header: TraceHeader; readonly clock: QlogClock } | null = null;
  /** The lines of what may be one document over several of them. */
  private document: RawRecord[] | null = null;
  private skipped = 0;
  private overflowed = false;

  push(chunk: Uint8Array): TraceItem[] {
    const items: TraceItem[] = [];
    for (const record of this.splitter.push(chunk)) this.record(record, items);
    if (this.splitter.overflow && !this.overflowed) {
      this.overflowed = true;
      if (this.importer === null) throw traceFileError('the file is no qlog: it has no records');
      items.push(note('corrupt', `a record has more than ${MAX_RECORD_BYTES} bytes; nothing is read from there on`));
    }
    return items;
  }

  end(): TraceItem[] {
    const items: TraceItem[] = [];
    for (const record of this.splitter.end()) this.record(record, items);
    if (this.document !== null) this.wholeDocument(this.document, items);
    if (this.importer === null) throw traceFileError('the file ends before the header of its trace');
    this.release(items);
    if (this.skipped > MAX_NOTES) {
      items.push(note('skipped', `${this.skipped} records in all were no events and were skipped`));
    }
    return items;
  }

  private record(record: RawRecord, items: TraceItem[]): void {
    if (this.document !== null) {
      this.document.push(record);
      return;
    }
    const json = parse(record.bytes);
    if (json === undefined && isBlank(record.bytes)) return;
    if (this.importer !== null) this.event(json, record, items);
    else if (json === undefined) this.document = [record];
    else this.begin(json, items);
  }

  private begin(json: Json, items: TraceItem[]): void {
    // 0.3 has a version, 0.4 a schema, and some writers both.
    if (!isJsonMap(json) || (json.qlog_version === undefined && typeof json.file_schema !== 'string')) {
      throw traceFileError(
        'the file is no qlog: it does not begin with a header that has a qlog_version or file_schema',
      );
    }
    if (Array.isArray(json.traces)) {
      this.traces(json, items);
      return;
    }
    const trace = isJsonMap(json.trace) ? json.trace : {};
    this.header(json, trace, items);
  }

  /** The contained form (`qlog_format: "JSON"`): all events stand in the document. */
  private traces(json: JsonMap, items: TraceItem[]): void {
    for (const trace of json.traces as Json[]) {
      if (!isJsonMap(trace)) continue;
      this.header(json, trace, items);
      const events = Array.isArray(trace.events) ? trace.events : [];
      for (const event of events) this.event(event, null, items);
      this.release(items);
    }
    if (this.importer === null) throw traceFileError('the qlog document holds no trace');
  }

  private wholeDocument(records: readonly RawRecord[], items: TraceItem[]): void {
    const lines = records.map(({ bytes }) => fromUtf8(bytes) ?? '');
    const json = parseText(lines.join('\n'));
    if (json === undefined) throw traceFileError('the file is no qlog: it is not JSON');
    this.document = null;
    this.begin(json, items);
  }

  private header(file: JsonMap, trace: JsonMap, items: TraceItem[]): void {
    const clock = new QlogClock(isJsonMap(trace.common_fields) ? trace.common_fields : {});
    const header = headerOf(file, trace, clock.startTime ?? 0);
    this.importer = new EventImporter(header, clock);
    this.waiting = { header, clock };
    if (clock.startTime !== null || trace.moqtrace !== undefined) this.release(items);
  }

  /** The header goes before the first event. */
  private release(items: TraceItem[]): void {
    if (this.waiting === null) return;
    const { header, clock } = this.waiting;
    this.waiting = null;
    items.push({
      type: 'header',
      header: clock.startTime === null ? header : { ...header, startTime: clock.startTime },
    });
  }

  private event(json: Json | undefined, record: RawRecord | null, items: TraceItem[]): void {
    const events: readonly TraceEvent[] | null =
      json !== undefined && isJsonMap(json) ? (this.importer as EventImporter).events(json) : null;
    if (events !== null) this.release(items);
    if (events !== null) {
      for (const event of events) items.push({ type: 'event', event });
    } else if (json === undefined && record?.isLast === true) {
      items.push(
        note('truncated', `the file ends within a record: ${record.bytes.length} bytes are left over`, record),
      );
    } else if (++this.skipped <= MAX_NOTES) {
      const what = json === undefined ? 'is not JSON' : 'is no event: it has no time or name';
      items.push(note(json === undefined ? 'corrupt' : 'skipped', `a record ${what}, and was skipped`, record));
    }
  }
}

/** The header that the file holds for us, or what can be told from the ones of others. */
function headerOf(file: JsonMap, trace: JsonMap, startTime: number): TraceHeader {
  const own = trace.moqtrace === undefined ? null : valueFromJson(trace.moqtrace);
  if (own !== null && isMap(own)) return headerFromMap(own);
  const common = isJsonMap(trace.common_fields) ? trace.common_fields : {};
  const vantage = isJsonMap(trace.vantage_point) ? trace.vantage_point.type : undefined;
  const title = [trace.title, file.title].find((text): text is string => typeof text === 'string');
  const version = [common.moqt_version, common.protocol, trace.protocol].find((text) => typeof text === 'string');
  return {
    protocol: version === undefined ? 'unknown' : String(version),
    perspective: vantage === 'client' || vantage === 'server' ? vantage : 'observer',
    detail: 'headers+sizes',
    startTime,
    ...(title === undefined ? {} : { source: title }),
    custom: { qlog: valueFromJson(withoutEvents(file)) as TraceMap },
  };
}

function withoutEvents(file: JsonMap): JsonMap {
  const { traces: _, ...rest } = file;
  return rest;
}

function parse(bytes: Uint8Array): Json | undefined {
  const text = fromUtf8(bytes);
  return text === null ? undefined : parseText(text);
}

/** Long integers become strings, so that 62 bits survive. */
function parseText(text: string): Json | undefined {
  try {
    return JSON.parse(/\d{16}/.test(text) ? text.replace(STRING_OR_LONG_INTEGER, quoteInteger) : text) as Json;
  } catch {
    return undefined;
  }
}

const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/g;

function quoteInteger(token: string): string {
  return /^\d{16,}$/.test(token) && BigInt(token) > BigInt(Number.MAX_SAFE_INTEGER) ? `"${token}"` : token;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function note(kind: TraceNote['kind'], message: string, record: RawRecord | null = null): TraceItem {
  return { type: 'note', note: { kind, message, ...(record === null ? {} : { atByte: record.atByte }) } };
}
