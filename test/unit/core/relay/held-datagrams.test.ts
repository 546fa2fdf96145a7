import { expect, it } from 'vitest';
import { HeldDatagrams } from '../../../../src/core/relay/held-datagrams.js';
import type { Upstream } from '../../../../src/core/relay/upstream.js';
import type { DatagramObject } from '../../../../src/core/wire/messages/object.js';

// Only passed through: nothing looks inside.
const FROM = {} as Upstream;
const numbered = (object: number) => ({ header: { object: BigInt(object) } }) as unknown as DatagramObject;

it('datagrams are given back in the order in which they came, once', () => {
  const held = new HeldDatagrams();
  for (const object of [0, 1, 2]) expect(held.hold(FROM, numbered(object))).toBe(true);
  expect(held.takeAll().map(([, { header }]) => header.object)).toEqual([0n, 1n, 2n]);
  expect(held.isEmpty).toBe(true);
  expect(held.takeAll()).toEqual([]);
});

it('datagrams are held within a bound', () => {
  const held = new HeldDatagrams();
  let taken = 0;
  while (held.hold(FROM, numbered(taken))) taken++;
  expect(taken).toBe(1024);
  expect(held.takeAll()).toHaveLength(1024);
});
