// Runs the arms of a comparison in turns, A B A B …, so that what disturbs the machine disturbs both.

/** A run that does not count: packets were dropped. It is repeated a few times. */
export class VoidRun extends Error {}

const MAX_VOID = 5;

/** Rounds of a comparison that are made however long they take. */
const MIN_ROUNDS = 2;

/**
 * Makes `rounds` rounds, or fewer once `budgetMs` is used up.
 * @param arms name → function that makes one run and returns its figure (more is better), or {value, ...details}
 * @returns name → {best, median, values, voided, details of the best}
 */
export async function interleave(arms, { rounds, budgetMs, log }) {
  const results = Object.fromEntries(Object.keys(arms).map((name) => [name, { runs: [], voided: [] }]));
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= MIN_ROUNDS && performance.now() - startedAt > budgetMs) break;
    for (const [name, run] of Object.entries(arms)) {
      const result = results[name];
      while (result.voided.length <= MAX_VOID) {
        try {
          const outcome = await run();
          result.runs.push(typeof outcome === 'number' ? { value: outcome } : outcome);
          log(`  ${round + 1}/${rounds} ${name}: ${show(result.runs.at(-1).value)}`);
          break;
        } catch (error) {
          result.voided.push(error.message);
          log(`  ${round + 1}/${rounds} ${name}: void (${error.message.slice(0, 300)})`);
          if (!(error instanceof VoidRun)) break;
        }
      }
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, summary(result)]));
}

function summary({ runs, voided }) {
  if (runs.length === 0) return { best: null, median: null, values: [], voided };
  const sorted = [...runs].sort((a, b) => a.value - b.value);
  const { value: best, ...details } = sorted.at(-1);
  return { best, median: sorted[sorted.length >> 1].value, values: runs.map(({ value }) => value), voided, details };
}

/** The ratio of the bests, and that of the medians to show how steady it is; null when an arm never succeeded. */
export function ratio(a, b) {
  if (a.best === null || b.best === null) return null;
  return { best: a.best / b.best, median: a.median / b.median };
}

/** How far below the best the worst run was. */
export function spread({ values, best }) {
  return best === null ? '–' : `${Math.round((Math.min(...values) / best) * 100)}–100 % of ${values.length}`;
}

export function show(value) {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
