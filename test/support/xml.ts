/** An element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };

/** Reads the XML that a report needs (elements, attributes, text, entities), and throws for what is not well-formed. */
export function parseXml(source: string): XmlElement {
  // XML 1.0 §2.2.
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(source))
    throw new Error('a forbidden character');
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(source);
  if (!declaration) throw new Error('no declaration');
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let rest = source.slice(declaration[0].length);
  while (rest !== '') {
    const parent = open.at(-1) as XmlElement;
    const text = /^[^<]+/.exec(rest);
    if (text) {
      if (text[0].includes(']]>')) throw new Error(']]> in text');
      parent.text += unescaped(text[0]);
      rest = rest.slice(text[0].length);
      continue;
    }
    const end = /^<\/([A-Za-z][\w.-]*)>/.exec(rest);
    if (end) {
      if (open.length === 1 || parent.name !== end[1]) throw new Error(`</${end[1]}> ends <${parent.name}>`);
      open.pop();
      rest = rest.slice(end[0].length);
      continue;
    }
    const start = /^<([A-Za-z][\w.-]*)((?: [A-Za-z][\w.-]*="[^"<]*")*)(\/?)>/.exec(rest);
    if (!start) throw new Error(`not well-formed: ${rest.slice(0, 80)}`);
    const attributes: Record<string, string> = {};
    for (const [, name, value] of (start[2] as string).matchAll(/ ([\w.-]+)="([^"]*)"/g)) {
      if ((name as string) in attributes) throw new Error(`attribute ${name} is there twice`);
      attributes[name as string] = unescaped(value as string);
    }
    const element: XmlElement = { name: start[1] as string, attributes, children: [], text: '' };
    parent.children.push(element);
    if (start[3] === '') open.push(element);
    rest = rest.slice(start[0].length);
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== '')
    throw new Error('not one whole element');
  return root.children[0] as XmlElement;
}

function unescaped(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? ENTITIES[name] : undefined;
    if (character === undefined) throw new Error(`bad entity ${whole}`);
    return character;
  });
}
