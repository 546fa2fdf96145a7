const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Four decimal numbers, without leading zeros, that some take for octal. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** Without brackets and zone. */
export function isIPv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]+$/.test(text) && hostNameOf(`[${text}]`) !== '';
}

/**
 * An international domain name in its ASCII form (UTS 46, as URLs have it); empty when it has none. What becomes an address
 * only by another way of writing numbers has none either.
 */
export function domainToAscii(name: string): string {
  if (/[%:@/\\?#[\]]/.test(name)) return '';
  const ascii = hostNameOf(name);
  return isIPv4(ascii) && ascii !== name.normalize('NFKC') ? '' : ascii;
}

function hostNameOf(host: string): string {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return '';
  }
}
