import { readFileSync } from 'node:fs';

/** One line of JSON for the process that started this one. */
export function say(event: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}

/** Resolves when the process that started this one closes our stdin, or says that it is over. */
export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.resume();
    process.stdin.once('end', resolve);
    process.once('SIGTERM', () => resolve());
  });
}

/** UDP packets that the kernel dropped at the socket with this local port, for want of room; null where it does not tell. */
export function udpDrops(port: number): number | null {
  let drops = 0;
  let isKnown = false;
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    const local = port.toString(16).toUpperCase().padStart(4, '0');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.split(':')[1] !== local) continue;
      isKnown = true;
      drops += Number(fields.at(-1));
    }
  }
  return isKnown ? drops : null;
}

/** CPU time of this process so far, user and system, ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** From the first byte behind the warm-up to the last byte, with the CPU time that the process spent meanwhile. */
export class Stretch {
  #bytes = 0;
  #firstAt = 0;
  #bytesAtFirst = 0;
  #lastAt = 0;
  #cpuAtFirst = 0;

  constructor(private readonly warmUpBytes = 0) {}

  mark(bytes: number): void {
    this.#bytes += bytes;
    this.#lastAt = performance.now();
    if (this.#firstAt !== 0 || this.#bytes <= this.warmUpBytes) return;
    this.#firstAt = this.#lastAt;
    this.#bytesAtFirst = this.#bytes;
    this.#cpuAtFirst = cpuMs();
  }

  get result(): { ms: number; cpuMs: number; measuredBytes: number } {
    return {
      ms: this.#lastAt - this.#firstAt,
      cpuMs: cpuMs() - this.#cpuAtFirst,
      measuredBytes: this.#bytes - this.#bytesAtFirst,
    };
  }
}

/** Bytes that are alive, sampled a few times a second after a full collection (node --expose-gc). */
export class MemoryWatch {
  readonly samples: number[] = [];
  #timer: NodeJS.Timeout;

  constructor(everyMs = 250) {
    const { gc } = globalThis;
    if (gc === undefined) throw new Error('memory is watched with --expose-gc');
    let dueAt = performance.now() + everyMs;
    const sample = (): void => {
      const before = performance.now();
      gc();
      const { heapUsed, external } = process.memoryUsage();
      this.samples.push(heapUsed + external);
      // Collecting a large heap takes longer than the interval: what is watched must still get its work done.
      const now = performance.now();
      dueAt = Math.max(dueAt + everyMs, now + 4 * (now - before));
      this.#timer = setTimeout(sample, dueAt - now).unref();
    };
    this.#timer = setTimeout(sample, everyMs).unref();
  }

  stop(): number[] {
    clearTimeout(this.#timer);
    return this.samples;
  }
}
