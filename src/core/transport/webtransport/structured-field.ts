/**
 * The corner of Structured Fields (RFC 8941, RFC 9651) that WebTransport needs: for protocol negotiation a List whose
 * members are Strings and an Item that is a String, for its limits a Dictionary of Integers. Parameters are parsed and ignored; any other type makes the whole
 * field void (draft-ietf-webtrans-http3, "Application Protocol Negotiation").
 */

/** Whether `text` can be written as a Structured Fields String: printable ASCII. */
export function isStringItem(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** `"…"` with `"` and `\` escaped. Throws RangeError for anything but printable ASCII. */
export function encodeStringItem(text: string): string {
  if (!isStringItem(text)) throw new RangeError('structured field strings hold printable ASCII only');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** `"a", "b"`. */
export function encodeStringList(items: readonly string[]): string {
  return items.map(encodeStringItem).join(', ');
}

/** String with its escapes, from the opening quote. Sticky, so that parsing is linear and cannot backtrack. */
const STRING = /"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
/** Bare items that a parameter may hold: String, Boolean, Byte Sequence, Token, Integer, Decimal, Date, Display String. */
const BARE_ITEM =
  /(?:"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|\?[01]|:[A-Za-z0-9+/=]*:|[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*|@?-?[0-9]{1,15}(?:\.[0-9]{1,3})?|%"(?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*")/y;
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const PARAMETER_KEY = / *([a-z*][a-z0-9_\-.*]*)/y;
const INTEGER = /-?[0-9]{1,15}(?![0-9.])/y;
const COMMA = /[ \t]*,[ \t]*/y;

/** A cursor over the text: each step consumes what its sticky pattern matches at the present place. */
class FieldScanner {
  private position: number;
  private readonly end: number;

  constructor(private readonly text: string) {
    // Spaces around the field are no part of it (RFC 9651 §4.2).
    this.position = text.length - text.replace(/^ +/, '').length;
    let end = text.length;
    while (end > this.position && text[end - 1] === ' ') end--;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null || this.position + match[0].length > this.end) return null;
    this.position += match[0].length;
    return match;
  }

  private takeChar(char: string): boolean {
    if (this.atEnd || this.text[this.position] !== char) return false;
    this.position++;
    return true;
  }

  comma(): boolean {
    return this.take(COMMA) !== null;
  }

  /** A String with its parameters; null when there is none or a parameter is malformed. */
  stringItem(): string | null {
    const match = this.take(STRING);
    if (match === null || !this.skipParameters()) return null;
    return (match[1] as string).replace(/\\(["\\])/g, '$1');
  }

  /** A key with its Integer and parameters; the value is NaN when it is of another type. Null when it is malformed. */
  integerMember(): readonly [key: string, value: number] | null {
    const key = this.take(KEY);
    if (key === null) return null;
    let value = Number.NaN;
    if (this.takeChar('=')) {
      const integer = this.take(INTEGER);
      if (integer !== null) value = Number(integer[0]);
      else if (this.take(BARE_ITEM) === null) return null;
    }
    return this.skipParameters() ? [key[0], value] : null;
  }

  private skipParameters(): boolean {
    while (this.takeChar(';')) {
      if (this.take(PARAMETER_KEY) === null) return false;
      if (this.takeChar('=') && this.take(BARE_ITEM) === null) return false;
    }
    return true;
  }
}

/** The Strings of a List; null when the field is void: malformed, or with a member that is no String. */
export function parseStringList(text: string): string[] | null {
  return parseMembers(text, (scanner) => scanner.stringItem());
}

/**
 * The Integers of a Dictionary by their keys, of which the last of a name counts; NaN stands for a member of another type.
 * Null when the field is malformed, or has an inner list.
 */
export function parseIntegerDictionary(text: string): ReadonlyMap<string, number> | null {
  const members = parseMembers(text, (scanner) => scanner.integerMember());
  return members === null ? null : new Map(members);
}

/** What stands between commas, none of them the last character; null when a member is. */
function parseMembers<T>(text: string, next: (scanner: FieldScanner) => T | null): T[] | null {
  const scanner = new FieldScanner(text);
  const members: T[] = [];
  if (scanner.atEnd) return members;
  for (;;) {
    const member = next(scanner);
    if (member === null) return null;
    members.push(member);
    if (scanner.atEnd) return members;
    if (!scanner.comma() || scanner.atEnd) return null;
  }
}

/** The String of an Item; null when the field is void. */
export function parseStringItem(text: string): string | null {
  const scanner = new FieldScanner(text);
  const item = scanner.stringItem();
  return item !== null && scanner.atEnd ? item : null;
}
