/** The URL with another path and no query: scheme, host and port stay. */
export function withPath(url: string, path: string): string {
  const authority = /^([a-z]+:\/\/[^/?#]+)/i.exec(url)?.[1];
  return `${authority ?? url}${path}`;
}
