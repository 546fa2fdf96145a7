import type { IncomingHttpHeaders } from 'node:http2';

/** The head of a message as the rest of the transport wants it. */
export interface HeadFields {
  /** `:status`; 0 in a request. */
  readonly status: number;
  /** Pseudo-header of a request, '' when absent. */
  pseudo(name: ':method' | ':protocol' | ':scheme' | ':authority' | ':path'): string;
  /** Without pseudo-headers; what came several times is joined as RFC 9110 §5.3 has it. */
  readonly headers: ReadonlyMap<string, string>;
}

export function headerMap(incoming: IncomingHttpHeaders): HeadFields {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming)) {
    if (name.startsWith(':') || value === undefined) continue;
    headers.set(name, Array.isArray(value) ? value.join(', ') : String(value));
  }
  return {
    status: Number(incoming[':status'] ?? 0),
    pseudo: (name) => String(incoming[name] ?? ''),
    headers,
  };
}
