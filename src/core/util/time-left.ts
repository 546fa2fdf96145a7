/** `12d 23h`, `3h 5m`, `45s`: the two largest units. */
export function timeLeft(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const;
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || parts.length > 0) parts.push(`${count}${name}`);
  }
  const shown = parts.slice(0, 2).filter((part) => !/^0/.test(part));
  return shown.length === 0 ? '0s' : shown.join(' ');
}
