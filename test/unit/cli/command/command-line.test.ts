import { describe, expect, it } from 'vitest';
import { CommandLine } from '../../../../src/cli/command/command-line.js';

const line = (...words: string[]) =>
  new CommandLine(words, 'certs:check', { MOQT_CONFIG: 'c.json', MOQT_CERTS_CHECK_RATE: '7' });

describe('CommandLine', () => {
  it('finds the last value of a flag, in both forms', () => {
    expect(line('--draft', '14', '--draft=16').value('draft')).toBe('16');
    expect(line('--draft=14', '--draft', '16').value('draft')).toBe('16');
  });

  it('looks in the environment for what does not stand there', () => {
    expect(line().value('config')).toBe('c.json');
    expect(line('--config', 'd.json').value('config')).toBe('d.json');
    expect(line().value('rate')).toBe('7');
    expect(line().value('draft')).toBeUndefined();
  });

  it('takes nothing behind -- for a flag, and no flag for another of which it is the beginning', () => {
    expect(line('--', '--draft=14').value('draft')).toBeUndefined();
    expect(line('--drafts=14').value('draft')).toBeUndefined();
  });
});
