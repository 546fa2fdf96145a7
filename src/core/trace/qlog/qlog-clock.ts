import { isJsonMap, type Json, type JsonMap } from '../json-value.js';

/** Beyond this a time in ms is no time since a start, but one since 1970: that of 1973. */
const LEAST_EPOCH_MS = 1e11;

/**
 * What the times of a qlog file mean (draft-ietf-quic-qlog-main-schema, in its versions 0.3 and 0.4): since a reference, since the
 * event before, or since 1970, with or without saying so.
 */
export class QlogClock {
  private readonly format: string;
  /** Epoch ms that times count from. */
  private base: number | null;
  private start: number | null;
  private hasBegun = false;
  private lastMs = 0;

  constructor(common: JsonMap) {
    const { time_format: format, reference_time: reference = null } = common;
    this.format = typeof format === 'string' ? format : '';
    const { wall_clock_time: wall, epoch } = isJsonMap(reference) ? reference : { epoch: reference };
    const epochMs = dateOf(epoch);
    const isSince1970 = this.format === 'absolute' || epochMs === 0;
    // A monotonic clock begins anywhere: then the wall clock says when.
    this.start = dateOf(wall) ?? (epochMs === 0 ? null : epochMs);
    this.base = isSince1970 ? 0 : (epochMs ?? this.start);
  }

  /** Epoch ms; null until the first event has told it. */
  get startTime(): number | null {
    return this.start;
  }

  /** Ms since `startTime`. To be called in order: in some files each time counts from the one before. */
  toRelative(time: number): number {
    if (this.format === 'delta' || this.format === 'relative_to_previous_event') {
      this.start ??= 0;
      this.lastMs += time;
      return this.lastMs;
    }
    if (!this.hasBegun) this.begin(time);
    return (this.base as number) + time - (this.start as number);
  }

  private begin(first: number): void {
    this.hasBegun = true;
    if (this.format === '' && first > LEAST_EPOCH_MS) this.base = 0;
    this.start ??= this.base === 0 ? first : 0;
    this.base ??= this.start;
  }
}

function dateOf(json: Json | undefined): number | null {
  if (typeof json === 'number') return Number.isFinite(json) ? json : null;
  const date = typeof json === 'string' ? Date.parse(json) : Number.NaN;
  return Number.isNaN(date) ? null : date;
}
