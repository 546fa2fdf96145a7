import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are really in use, buffers outside the heap included: after the garbage has been collected. */
export async function usedMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    // Finalizers and closing sockets run between collections.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
