import { Flags } from '@oclif/core';
import { choiceFlag, countFlag, durationFlag } from './kinds.js';

const output = 'REPORT';
const many = 'MANY RELAYS';

export const PROBE_FORMATS = ['text', 'json', 'nagios', 'prometheus', 'junit', 'html'] as const;
export type ProbeFormat = (typeof PROBE_FORMATS)[number];

/** How reports of probes are written, for how many relays and how often. Environment: `MOQT_PROBE_<FLAG>`. */
export const probeOutputFlags = {
  format: choiceFlag(PROBE_FORMATS, {
    description: 'how the report is written; under nagios the exit code is 0 to 3 (OK, WARNING, CRITICAL, UNKNOWN)',
    default: 'text',
    helpGroup: output,
  }),
  output: Flags.string({
    char: 'o',
    helpGroup: output,
    helpValue: '<file>',
    description: 'write prometheus, junit or html there, whole or not at all',
  }),
  file: Flags.string({
    char: 'f',
    helpGroup: many,
    helpValue: '<relays.json>',
    description: 'list of relays, each with its own trust and draft: schemas/relays.json',
  }),
  concurrency: countFlag({ min: 1, max: 1000, helpGroup: many, description: 'probes at once', default: 8 }),
  interval: durationFlag({
    helpGroup: many,
    description: 'repeat, and tell what changes; with --serve: between probes (default 30s)',
  }),
  count: countFlag({
    min: 1,
    char: 'n',
    helpGroup: many,
    description: 'with --interval: leave after so many rounds',
    defaultHelp: async () => 'until a signal',
  }),
  for: durationFlag({ helpGroup: many, description: 'with --interval or --serve: leave after this long' }),
  serve: Flags.string({
    helpGroup: many,
    helpValue: '[HOST:]PORT',
    description: 'be a Prometheus exporter for these relays, on 127.0.0.1 unless told otherwise',
    exclusive: ['output', 'json', 'jsonl'],
  }),
};

/** The values of these flags. */
export interface ProbeOutputFlags {
  readonly format: ProbeFormat;
  readonly output?: string | undefined;
  readonly file?: string | undefined;
  readonly concurrency: number;
  readonly interval?: number | undefined;
  readonly count?: number | undefined;
  readonly for?: number | undefined;
  readonly serve?: string | undefined;
}
