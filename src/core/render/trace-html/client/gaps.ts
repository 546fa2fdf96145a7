/** A row of the grid: the objects of a group, or a run of groups that were not seen. */
export type GridRow =
  | {
      readonly kind: 'group';
      readonly group: string;
      /** Index by object ID, ascending. */
      readonly objects: ReadonlyMap<number, number>;
      /** Where the group is expected to begin. */
      readonly first: number;
      readonly last: number;
      readonly missing: number;
    }
  | { readonly kind: 'absent'; readonly from: string; readonly to: string; readonly count: string };

/**
 * The groups of one track with what is missing between the objects that were seen. Objects before the first one of the
 * track's first group are not missing: a subscription may begin in the middle. `objects` are [group, object, index].
 */
export function gridRows(objects: Iterable<readonly [group: string, object: string, index: number]>): {
  rows: readonly GridRow[];
  missingObjects: number;
  missingGroups: bigint;
} {
  const groups = new Map<string, Map<number, number>>();
  for (const [group, object, index] of objects) {
    const of = groups.get(group) ?? new Map<number, number>();
    groups.set(group, of.set(Number(object), index));
  }
  const rows: GridRow[] = [];
  let missingObjects = 0;
  let missingGroups = 0n;
  let previous: bigint | null = null;
  for (const group of [...groups.keys()].sort(byNumber)) {
    const id = BigInt(group);
    if (previous !== null && id > previous + 1n) {
      const count = id - previous - 1n;
      missingGroups += count;
      rows.push({ kind: 'absent', from: String(previous + 1n), to: String(id - 1n), count: String(count) });
    }
    const sorted = [...(groups.get(group) ?? [])].sort(([a], [b]) => a - b);
    const last = sorted.at(-1)?.[0] ?? 0;
    const first = previous === null ? (sorted[0]?.[0] ?? 0) : 0;
    const missing = last - first + 1 - sorted.length;
    missingObjects += missing;
    rows.push({ kind: 'group', group, objects: new Map(sorted), first, last, missing });
    previous = id;
  }
  return { rows, missingObjects, missingGroups };
}

function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
