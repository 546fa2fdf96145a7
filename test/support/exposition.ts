/** A metric of Prometheus' text exposition format. */
export interface MetricFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Reads the text exposition format 0.0.4 strictly: throws for anything that Prometheus would refuse or that repeats. */
export function parseExposition(text: string): Map<string, MetricFamily> {
  const families = new Map<string, MetricFamily>();
  if (text === '') return families;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const seen = new Set<string>();
  let current = '';
  let help: { name: string; text: string } | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string];
      if (families.has(name)) throw new Error(`${name} begins twice`);
      if (kind === 'HELP') help = { name, text: rest };
      else {
        if (help?.name !== name) throw new Error(`TYPE of ${name} does not follow its HELP`);
        if (!['gauge', 'counter', 'histogram', 'summary', 'untyped'].includes(rest))
          throw new Error(`no type: ${rest}`);
        families.set(name, { help: help.text, type: rest, samples: [] });
        current = name;
      }
      continue;
    }
    const { name, labels, value } = sample(line);
    if (name !== current) throw new Error(`a sample of ${name} stands among those of ${current}`);
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    if (seen.has(key)) throw new Error(`the series ${key} is there twice`);
    seen.add(key);
    (families.get(name) as MetricFamily).samples.push({ labels, value });
  }
  return families;
}

function sample(line: string): { name: string; labels: Record<string, string>; value: number } {
  const head = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?/.exec(line);
  if (!head) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(head[0].length);
  while (head[2] !== undefined && !rest.startsWith('}')) {
    const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|(?=\}))/.exec(rest);
    if (!pair) throw new Error(`bad labels: ${line}`);
    const [whole, name, value] = pair as unknown as [string, string, string];
    if (name in labels) throw new Error(`label ${name} is there twice`);
    labels[name] = value.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c));
    rest = rest.slice(whole.length);
  }
  if (head[2] !== undefined) rest = rest.slice(1);
  if (!/^ (?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.test(rest)) throw new Error(`bad value: ${line}`);
  return { name: head[1] as string, labels, value: Number(rest) };
}
