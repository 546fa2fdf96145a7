import type { Interfaces } from '@oclif/core';
import { flagText } from '../flags/kinds.js';
import { describeOrigin, type Origin } from './flag-values.js';

interface ConfigRow {
  readonly flag: string;
  readonly value: unknown;
  readonly origin: string;
}

/** Thrown to end a command that was only asked for its configuration. */
export class ShowConfig extends Error {
  readonly #rows: readonly ConfigRow[];

  constructor(
    definitions: Interfaces.FlagInput,
    values: Readonly<Record<string, unknown>>,
    origins: ReadonlyMap<string, Origin>,
  ) {
    super('show-config');
    this.#rows = [...origins].map(([flag, origin]) => ({
      flag,
      value:
        flag === 'auth-token' && origin.kind !== 'default'
          ? '(hidden)'
          : flagText(definitions[flag], values[flag] ?? null),
      origin: describeOrigin(origin),
    }));
  }

  lines(json: boolean): string[] {
    if (json) return [JSON.stringify({ config: this.#rows })];
    const width = Math.max(...this.#rows.map(({ flag }) => flag.length));
    return this.#rows.map(({ flag, value, origin }) => `${flag.padEnd(width)}  ${JSON.stringify(value)}  (${origin})`);
  }
}

/** The same command with arguments that may be left out: to look at the configuration one needs none. */
export function withoutRequired<
  F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
>(ctor: Interfaces.Input<F, B, A>): Interfaces.Input<F, B, A> {
  const args = Object.fromEntries(
    Object.entries(ctor.args ?? {}).map(([name, arg]) => [name, { ...arg, required: false, multiple: false }]),
  ) as Interfaces.ArgInput<A>;
  return {
    ...ctor,
    ...(ctor.flags && { flags: ctor.flags }),
    ...(ctor.baseFlags && { baseFlags: ctor.baseFlags }),
    args,
    strict: false,
  };
}
