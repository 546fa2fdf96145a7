/** A place between 0 and `total` as a percentage for SVG, within bounds and to a hundredth. */
export function percent(value: number, total: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, value / total)) : 0;
  return `${Number((share * 100).toFixed(2))}%`;
}

/** Round values from 0 to below `total`, about `wanted` of them: 1, 2 or 5 times a power of ten apart. */
export function ticks(total: number, wanted: number): number[] {
  if (!(total > 0) || !Number.isFinite(total)) return [0];
  const raw = total / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10) * power;
  const values: number[] = [];
  for (let i = 0; i * step <= total * 0.94; i++) values.push(Number((i * step).toPrecision(12)));
  return values;
}

/** A tick's label: as few digits as it needs. */
export function tickText(ms: number): string {
  if (ms === 0) return '0';
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(3))} s` : `${Number(ms.toPrecision(6))} ms`;
}
