import { CAUSES } from '../../src/core/errors/causes.js';
import type { DiagnosisCase } from './case.js';

/** Causes that no situation of the lab can bring about, and why. */
export const CANNOT_BE_MADE: Readonly<Partial<Record<keyof typeof CAUSES, string>>> = {
  'network.socket': 'a process that gets no socket has no file descriptor left to read its own modules with either',
  'relay.quirk.gone-after-migration': 'it takes a relay that dies of a packet from another port',
  'relay.quirk.empty-namespace-prefix': 'it takes a relay that asks its client for namespaces',
};

/** Causes that have no case, neither as the cause nor as a warning. */
export function withoutCase(cases: readonly DiagnosisCase[]): string[] {
  const held = new Set(cases.flatMap(({ expect }) => [expect.cause, ...(expect.warnings ?? [])]));
  return Object.keys(CAUSES).filter((cause) => !held.has(cause) && !(cause in CANNOT_BE_MADE));
}

/** How many cases each cause has, as the cause or as a warning; the fewest first. */
export function casesByCause(cases: readonly DiagnosisCase[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(Object.keys(CAUSES).map((cause) => [cause, 0]));
  for (const { expect } of cases) {
    for (const cause of [expect.cause, ...(expect.warnings ?? [])]) {
      if (cause !== null) counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
  }
  return new Map([...counts].sort(([, a], [, b]) => a - b));
}
