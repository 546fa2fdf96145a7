import { describe, expect, it } from 'vitest';
import { type AliasOwner, AliasTable } from '../../../../../src/core/session/data/alias-table.js';

function owner(trackKey: string, defaultPriority = 128): AliasOwner {
  return { trackKey, defaultPriority };
}

describe('AliasTable', () => {
  it('gives an alias to every subscription of its track, in order', () => {
    const table = new AliasTable(10);
    const [one, two] = [owner('a'), owner('a')];
    table.add(1n, one);
    expect(table.isFree(1n, 'a')).toBe(true);
    table.add(1n, two);
    expect(table.lookup(1n)).toEqual({ kind: 'owned', owners: [one, two] });
    table.remove(1n, one);
    expect(table.lookup(1n)).toEqual({ kind: 'owned', owners: [two] });
  });

  it('keeps another track out while a subscription is established or a PUBLISH pending', () => {
    const table = new AliasTable(10);
    const established = owner('a');
    table.add(1n, established);
    expect(table.isFree(1n, 'b')).toBe(false);
    table.drain(1n, established);
    expect(table.isFree(1n, 'b')).toBe(true);
    table.reserve(2n, 'a');
    expect(table.isFree(2n, 'b')).toBe(false);
    expect(table.lookup(2n).kind).toBe('unknown');
    table.unreserve(2n);
    expect(table.isFree(2n, 'b')).toBe(true);
  });

  it('remembers what was torn down, until it is used again', () => {
    const table = new AliasTable(10);
    const first = owner('a');
    expect(table.lookup(1n).kind).toBe('unknown');
    table.add(1n, first);
    table.remove(1n, first);
    expect(table.lookup(1n).kind).toBe('torn-down');
    table.add(1n, owner('b'));
    expect(table.lookup(1n).kind).toBe('owned');
  });

  it('delivers to a draining subscription until another track takes the alias', () => {
    const table = new AliasTable(10);
    const done = owner('a');
    const next = owner('b');
    table.add(1n, done);
    table.drain(1n, done);
    expect(table.lookup(1n)).toEqual({ kind: 'owned', owners: [done] });
    table.add(1n, next);
    expect(table.lookup(1n)).toEqual({ kind: 'owned', owners: [next] });
    table.remove(1n, done);
    expect(table.lookup(1n)).toEqual({ kind: 'owned', owners: [next] });
  });

  it('bounds what it remembers', () => {
    const table = new AliasTable(2);
    for (const alias of [1n, 2n, 3n]) {
      const subscription = owner('a');
      table.add(alias, subscription);
      table.drain(alias, subscription);
    }
    expect(table.lookup(1n).kind).toBe('torn-down');
    expect(table.lookup(2n).kind).toBe('owned');
    for (const alias of [11n, 12n, 13n]) table.bury(alias);
    expect(table.lookup(11n).kind).toBe('unknown');
    expect(table.lookup(13n).kind).toBe('torn-down');
  });

  it('knows the default priority of a track only with its subscription', () => {
    const table = new AliasTable(10);
    expect(table.defaultPriority(1n)).toBeNull();
    table.reserve(1n, 'a');
    expect(table.defaultPriority(1n)).toBeNull();
    table.add(1n, owner('a', 3));
    expect(table.defaultPriority(1n)).toBe(3);
  });
});
