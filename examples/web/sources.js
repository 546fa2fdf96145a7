// What can be published.
import { choices, input, PageError } from './dom.js';
import { parseFullTrackName } from './moqt.js';
import { pictureObject } from './pattern.js';
import { encoder, now } from './text.js';

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/**
 * Batches of what `make` gives, `perSecond` in all, until the signal; time when nobody asked is not made up for.
 * @param {number} perSecond
 * @param {(n: number) => Uint8Array | Promise<Uint8Array>} make
 * @param {AbortSignal} signal
 */
async function* paced(perSecond, make, signal) {
  const interval = 1000 / perSecond;
  let due = performance.now();
  for (let n = 0; !signal.aborted; ) {
    await pause(due - performance.now(), signal);
    const time = performance.now();
    if (time - due > 1000) due = time;
    const batch = [];
    for (; due <= time && !signal.aborted; due += interval) batch.push(await make(n++));
    if (batch.length > 0) yield batch;
  }
}

/**
 * `2026-11-23T12:39:05.123456Z #7`
 * @param {number} n
 */
function clockObject(n) {
  const time = now();
  const micros = String(Math.floor((time % 1) * 1000)).padStart(3, '0');
  return encoder.encode(`${new Date(time).toISOString().slice(0, -1)}${micros}Z #${n}`);
}

/** Lines that are typed. */
export class Lines {
  /** @type {Uint8Array[]} */
  #typed = [];
  #wake = () => {};

  /** @param {string} text */
  push(text) {
    this.#typed.push(encoder.encode(text));
    this.#wake();
  }

  /** @param {AbortSignal} signal */
  async *batches(signal) {
    signal.addEventListener('abort', () => this.#wake());
    for (;;) {
      if (this.#typed.length > 0) yield this.#typed.splice(0);
      else if (signal.aborted) return;
      else {
        await new Promise((resolve) => {
          this.#wake = () => resolve(null);
        });
      }
    }
  }
}

/**
 * @param {File} file
 * @param {AbortSignal} signal
 */
async function* fileChunks(file, signal) {
  const reader = file.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done && !signal.aborted; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {import('./payload.js').Payload} payload
 */
export async function* countedChunks(chunks, payload) {
  for await (const chunk of chunks) {
    payload.add(chunk);
    yield chunk;
  }
}

/**
 * @param {AsyncIterable<readonly Uint8Array[]>} batches
 * @param {import('./payload.js').Payload} payload
 */
export async function* countedBatches(batches, payload) {
  for await (const batch of batches) {
    for (const bytes of batch) payload.add(bytes);
    yield batch;
  }
}

export const chosen = () => [...choices()].find(({ checked }) => checked)?.value ?? 'picture';
/** @param {'publish' | 'subscribe'} form */
export const trackOf = (form) => parseFullTrackName(input(`${form}-namespace`).value, input(`${form}-track`).value);

/**
 * How a kind is published, and the flags with which the command line takes it.
 * @typedef {object} Source
 * @property {string} flags
 * @property {(signal: AbortSignal, lines: Lines) => Made} make
 */

/** @typedef {{ kind: 'bytes', chunks: AsyncIterable<Uint8Array> }} Bytes */
/** @typedef {{ kind: 'records', batches: AsyncIterable<readonly Uint8Array[]>, groupEvery?: import('./moqt.js').GroupPolicy }} Records */
/** @typedef {Bytes | Records} Made */

/** @type {Readonly<Record<string, Source>>} */
export const sources = {
  picture: {
    flags: '--output-dir frames',
    make: (signal) => ({
      kind: 'records',
      batches: paced(Number(input('fps').value), pictureObject, signal),
      groupEvery: { objects: Number(input('fps').value) },
    }),
  },
  clock: {
    flags: '--frame lines',
    make: (signal) => ({
      kind: 'records',
      batches: paced(Number(input('rate').value), clockObject, signal),
      groupEvery: { ms: 1000 },
    }),
  },
  lines: {
    flags: '--frame lines',
    make: (signal, lines) => ({ kind: 'records', batches: lines.batches(signal) }),
  },
  file: {
    flags: '> copy',
    make(signal) {
      const file = input('file').files?.[0];
      if (!file) throw new PageError('No file was chosen.', 'config', 'file', 'choose one above');
      return { kind: 'bytes', chunks: fileChunks(file, signal) };
    },
  },
};
