type Child = Node | string | null;

/** An element of the page that the markup has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** A new element; strings become text, never markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Custom properties are set by script: the page's policy allows no style attributes in markup. */
export function coloured<T extends HTMLElement>(element: T, colour: string): T {
  element.style.setProperty('--c', `var(--${colour})`);
  return element;
}

export function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = el('button', { type: 'button' }, text);
  made.addEventListener('click', onClick);
  return made;
}
