interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: unknown): void };
}

/**
 * Calls back in a later turn of the event loop, when what is due now has been seen to. Unlike a promise it lets arrive what
 * waits outside, and unlike a timer of 0 ms it comes as soon as it can.
 */
export function afterTurn(callback: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) {
    setImmediate(callback);
    return;
  }
  // Browsers hold timers back by 4 ms once they are nested, but not messages.
  const { port1, port2 } = new MessageChannel() as unknown as Channel;
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(null);
}
