import { describe, expect, it } from 'vitest';
import { NamespaceTree } from '../../../../src/core/relay/namespace-tree.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import type { TrackNamespace } from '../../../../src/core/wire/full-track-name.js';
import { namespace } from '../../../support/relay-world.js';

function text(fields: TrackNamespace): string {
  return fields.map((field) => Buffer.from(field).toString('latin1')).join('/');
}

describe('NamespaceTree', () => {
  it('finds the publishers of a namespace and of its prefixes, field by field', () => {
    const tree = new NamespaceTree<string, never>();
    tree.publish(namespace('foo'), 'a');
    tree.publish(namespace('foo/bar'), 'b');
    tree.publish(namespace('foobar'), 'c');
    tree.publish(namespace('foo/bar/baz'), 'd');
    expect(tree.publishersOf(namespace('foo/bar'))).toEqual(['b', 'a']);
    expect(tree.publishersOf(namespace('foobar/x'))).toEqual(['c']);
    expect(tree.publishersOf(namespace('fo'))).toEqual([]);
  });

  it('tells fields apart that look alike when joined', () => {
    const tree = new NamespaceTree<string, never>();
    tree.publish([utf8('a/b')], 'one field');
    tree.publish([new Uint8Array([0xff])], 'a byte');
    expect(tree.publishersOf(namespace('a/b'))).toEqual([]);
    expect(tree.publishersOf([new Uint8Array([0xff])])).toEqual(['a byte']);
    expect(tree.publishersOf([utf8('ÿ')])).toEqual([]);
  });

  it('counts publishers of the same namespace, and forgets empty branches', () => {
    const tree = new NamespaceTree<string, string>();
    expect(tree.publish(namespace('a/b'), 'x')).toBe(true);
    expect(tree.publish(namespace('a/b'), 'y')).toBe(false);
    expect(tree.withdraw(namespace('a/b'), 'x')).toBe(false);
    tree.watch(namespace('a'), 'w');
    expect(tree.watchersOf(namespace('a/b'))).toEqual(['w']);
    expect(tree.withdraw(namespace('a/b'), 'y')).toBe(true);
    expect(tree.withdraw(namespace('a/b'), 'y')).toBe(false);
    expect(tree.isEmpty).toBe(false);
    tree.unwatch(namespace('a'), 'w');
    expect(tree.isEmpty).toBe(true);
  });

  it('lists what is published below a prefix, the root included', () => {
    const tree = new NamespaceTree<string, never>();
    for (const path of ['a', 'a/b', 'a/b/c', 'x']) tree.publish(namespace(path), path);
    const below = (path: string) => [...tree.below(namespace(path))].map(({ namespace: found }) => text(found)).sort();
    expect(below('a')).toEqual(['a', 'a/b', 'a/b/c']);
    expect(below('a/b')).toEqual(['a/b', 'a/b/c']);
    expect(below('')).toEqual(['a', 'a/b', 'a/b/c', 'x']);
    expect(below('q')).toEqual([]);
  });
});
