import { escapeInvisible, escapeText } from '../util/escape.js';

/** Text that is HTML or XML already. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What a template may hold; null and undefined leave nothing. */
export type MarkupValue = Markup | string | number | null | undefined | readonly MarkupValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Any text as content or quoted attribute of HTML and XML. Control characters, lone surrogates and noncharacters, which
 * XML 1.0 §2.2 forbids even as references, are written visibly.
 */
export function escapeMarkup(text: string): string {
  return escapeText(text)
    .replace(/[\ufffe\uffff]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** A template that escapes everything in it which is not Markup: nothing of a peer gets through by being forgotten. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = parts[0] as string;
  for (const [i, value] of values.entries()) text += render(value) + (parts[i + 1] as string);
  return new Markup(text);
}

/** A document as the content of `<script type="application/json">`: no `<` that could end it. */
export function embedJson(document: unknown): Markup {
  const json = escapeInvisible(JSON.stringify(document));
  return new Markup(json.replace(/[<>&\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

function render(value: MarkupValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeMarkup(value);
  return typeof value === 'number' ? String(value) : value.map(render).join('');
}
