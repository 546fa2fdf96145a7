import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/core/errors/causes.js';
import { CASES } from '../diagnosis/cases/index.js';
import { CANNOT_BE_MADE, casesByCause, withoutCase } from '../diagnosis/coverage.js';

describe('the diagnosis lab', () => {
  it('has a case for every cause, or says why it cannot have one', () => {
    expect(CASES.length).toBeGreaterThan(100);
    expect(withoutCase(CASES)).toEqual([]);
  });

  it('notices a cause without a case', () => {
    const others = CASES.filter(({ expect: { cause } }) => cause !== 'tls.expired');
    expect(withoutCase(others)).toEqual(['tls.expired']);
  });

  it('excuses no cause that has a case', () => {
    for (const cause of Object.keys(CANNOT_BE_MADE)) expect(casesByCause(CASES).get(cause), cause).toBe(0);
  });

  it('expects the exit code of the table, or the one for credentials', () => {
    for (const { name, expect: expected } of CASES) {
      if (expected.cause === null) expect(expected.exit, name).toBe(0);
      else expect([CAUSES[expected.cause as keyof typeof CAUSES].exitCode, 5], name).toContain(expected.exit);
    }
  });

  it('calls no two cases the same', () => {
    const names = CASES.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('has words to look for in the hint of every failure', () => {
    const wordless = CASES.filter(({ expect: { cause, hint = [] } }) => cause !== null && hint.length === 0);
    expect(wordless.map(({ name }) => name)).toEqual([]);
  });
});
