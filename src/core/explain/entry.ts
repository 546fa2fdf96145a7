import type { CodeSpaceName } from '../errors/codes/code-space.js';
import { REMARKS } from '../errors/codes/implementations.js';
import { codeText } from '../errors/codes/texts.js';
import type { CodeMeaning } from '../records/explanation.js';

/** A meaning with what its place among others depends on. */
export interface Entry {
  readonly meaning: CodeMeaning;
  readonly number: bigint | null;
  /** Why it is met more often than its neighbours; null where it is not. */
  readonly common: string | null;
}

/** What an entry is made of beyond the texts that its name has. */
export interface EntryParts extends Partial<Omit<CodeMeaning, 'space' | 'name' | 'code' | 'hex'>> {
  readonly space: CodeSpaceName;
  readonly name: string;
  readonly number: bigint | null;
}

/** An entry from the name's texts; `parts` win over them. */
export function createEntry({ space, name, number, ...parts }: EntryParts): Entry {
  const text = codeText(space, name);
  return {
    number,
    common: text?.common ?? null,
    meaning: {
      space,
      code: number === null ? null : number.toString(),
      hex: number === null ? null : toHex(number),
      name,
      drafts: [],
      messages: [],
      implementation: null,
      sections: text?.section === undefined ? [] : [text.section],
      says: text?.says ?? '',
      usually: text?.usually ?? [],
      try: text?.try ?? [],
      remarks: REMARKS.filter((remark) => remark.space === space && remark.names.includes(name)).map(
        ({ implementation, text: words }) => ({ implementation, text: words }),
      ),
      ...withoutUndefined(parts),
    },
  };
}

export function toHex(number: bigint): string {
  return `0x${number.toString(16)}`;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
