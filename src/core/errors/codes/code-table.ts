/** Names of a registry and their numbers. */
export type NumberedNames = Readonly<Record<string, number>>;

/** The way back: number → name. Later names of a number win over earlier ones, but registries have one each. */
export function namesByNumber(table: NumberedNames): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([name, number]) => [number, name]));
}
