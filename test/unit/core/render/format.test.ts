import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/render/format.js';

describe('compileFormat', () => {
  it('fills variables in and understands escapes', () => {
    const format = compileFormat('%{group}.%{object}\\t%{size}%%\\x21\\n', ['group', 'object', 'size']);
    expect(format.render({ group: 7n, object: 0n, size: 3 })).toBe('7.0\t3%!\n');
    expect(format.names).toEqual(['group', 'object', 'size']);
  });

  it('leaves a missing value empty and an unknown escape as it is', () => {
    expect(compileFormat('[%{a}]\\q', ['a']).render({ a: null })).toBe('[]\\q');
  });

  it('refuses an unknown variable and lists those there are', () => {
    expect(() => compileFormat('%{nope}', ['size'])).toThrowError(
      expect.objectContaining({ code: 'MOQT_E_USAGE', hint: 'variables: %{size}' }),
    );
    expect(() => compileFormat('%{size', ['size'])).toThrowError(/without its/);
  });
});
