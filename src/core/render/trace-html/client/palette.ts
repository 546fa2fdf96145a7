const NAMES = [
  'bg',
  'panel',
  'sunken',
  'ink',
  'muted',
  'faint',
  'line',
  'accent',
  'select',
  'good',
  'warn',
  'bad',
  'setup',
  'subscribe',
  'publish',
  'fetch',
  'namespace',
  'session',
  'received',
  'sent',
  'tick',
  'grid-low',
  'grid-high',
] as const;

export type Colour = (typeof NAMES)[number];
export type Palette = Readonly<Record<Colour, string>> & { readonly sans: string; readonly mono: string };

/** The style sheet's colours, for canvases; read anew when the scheme changes. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Record<Colour, string>;
  return { ...colours, sans: read('sans'), mono: read('mono') };
}

/** The colour of a family of messages. */
export function familyColour(family: string): Colour {
  return family === 'error' ? 'bad' : (family as Colour);
}
