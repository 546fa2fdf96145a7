import { Flags } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { envName, normaliseArgv, valuesFromElsewhere } from '../../../../src/cli/command/flag-values.js';
import { parseConfig } from '../../../../src/core/config/config-file.js';

const flags = {
  draft: Flags.string({ multiple: true }),
  insecure: Flags.boolean(),
  ipv4: Flags.boolean({ exclusive: ['ipv6'] }),
  ipv6: Flags.boolean({ exclusive: ['ipv4'] }),
  rate: Flags.string(),
};
const shared = new Set(['draft', 'insecure', 'ipv4', 'ipv6']);
const file = parseConfig(
  'c.json',
  '{"draft":"16","rate":"9","commands":{"publish":{"rate":"2"}},"contexts":{"lab":{"draft":"14"}}}',
);

function resolve(options: { given?: string[]; env?: NodeJS.ProcessEnv; context?: string }) {
  return valuesFromElsewhere({
    given: new Set(options.given ?? []),
    flags,
    shared,
    commandId: 'publish',
    env: options.env ?? {},
    file,
    context: options.context,
  });
}

describe('valuesFromElsewhere', () => {
  it('prefers environment to context to file, and says where each value is from', () => {
    expect(resolve({ env: { MOQT_DRAFT: '18' }, context: 'lab' }).tokens).toContain('--draft=18');
    expect(resolve({ context: 'lab' }).tokens).toContain('--draft=14');
    const plain = resolve({});
    expect(plain.tokens).toEqual(['--draft=16', '--rate=2']);
    expect(plain.origins.get('insecure')).toEqual({ kind: 'default' });
    expect(plain.origins.get('draft')).toEqual({ kind: 'file', path: 'c.json' });
  });

  it('leaves a flag on the command line alone', () => {
    const { tokens, origins } = resolve({ given: ['draft'], env: { MOQT_DRAFT: '18' } });
    expect(tokens).toEqual(['--rate=2']);
    expect(origins.get('draft')).toEqual({ kind: 'flag' });
  });

  it('drops a value that the command line excludes', () => {
    expect(resolve({ given: ['ipv4'], env: { MOQT_IPV6: '1' } }).tokens).not.toContain('--ipv6');
  });

  it.each(['1', 'true', 'TRUE'])('takes %s as a true boolean', (value) => {
    expect(resolve({ env: { MOQT_INSECURE: value } }).tokens).toContain('--insecure');
  });

  it('refuses a boolean that is neither, and an unknown context', () => {
    expect(() => resolve({ env: { MOQT_INSECURE: 'yes please' } })).toThrowError(/MOQT_INSECURE/);
    expect(() => resolve({ context: 'nope' })).toThrowError(/no context/);
  });
});

describe('envName', () => {
  it('carries the command name unless the flag is shared', () => {
    expect(envName('connect-timeout', new Set(['connect-timeout']), 'publish')).toBe('MOQT_CONNECT_TIMEOUT');
    expect(envName('object-size', new Set(), 'publish')).toBe('MOQT_PUBLISH_OBJECT_SIZE');
  });
});

describe('normaliseArgv', () => {
  const optional = new Map([['wait', 'forever']]);
  it('gives a flag without its optional value the default one', () => {
    expect(normaliseArgv(['--wait', 'moqt://h', '-4'], optional)).toEqual(['--wait=forever', 'moqt://h', '--ipv4']);
    expect(normaliseArgv(['--wait', '10s', 'x'], optional)).toEqual(['--wait=10s', 'x']);
  });
  it('leaves everything behind -- alone', () => {
    expect(normaliseArgv(['--', '--wait', '-4'], optional)).toEqual(['--', '--wait', '-4']);
  });
});
