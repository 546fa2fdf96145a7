// Stream numbers (RFC 9000 §2.1): the lowest bit says which side opened the stream, the next one whether it has one direction.

export function isUni(number: number): boolean {
  return (number & 2) !== 0;
}

/** `isServer` says which side we are. */
export function isOurs(number: number, isServer: boolean): boolean {
  return (number & 1) === (isServer ? 1 : 0);
}

/** The lowest number of a type of streams that we open. */
export function firstNumber(isServer: boolean, uni: boolean): number {
  return (isServer ? 1 : 0) + (uni ? 2 : 0);
}
