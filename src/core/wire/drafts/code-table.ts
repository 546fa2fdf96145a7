import type { CodeTable } from '../profile.js';

/** The names of a registry with their numbers. */
export type Codes = Readonly<Record<string, number>>;

/**
 * A registry as a lookup both ways. `neutral` gives, for names that later drafts changed, the name they use:
 * both are accepted, the draft's own is shown.
 */
export function createCodeTable(codes: Codes, neutral: Readonly<Record<string, string>> = {}): CodeTable {
  const byName = new Map<string, bigint>();
  const byCode = new Map<bigint, string>();
  for (const [name, number] of Object.entries(codes)) {
    const code = BigInt(number);
    byName.set(name, code);
    byCode.set(code, name);
  }
  for (const [own, later] of Object.entries(neutral)) {
    const code = byName.get(own);
    if (code !== undefined && !byName.has(later)) byName.set(later, code);
  }
  return {
    name: (code) => byCode.get(code),
    code(name) {
      const code = byName.get(name);
      if (code === undefined) throw new RangeError(`this draft has no code named ${name}`);
      return code;
    },
    has: (name) => byName.has(name),
    neutralName(code) {
      const own = byCode.get(code);
      return own === undefined ? undefined : (neutral[own] ?? own);
    },
    entries: () => byCode.entries(),
  };
}
