// A track of somebody.
import { Arrivals, madeAt } from './arrivals.js';
import { $, brush, canvas, input, PageError, problem, select, show } from './dom.js';
import { subscribe } from './moqt.js';
import { Payload } from './payload.js';
import { trackOf } from './sources.js';
import { changed, openSession, state } from './state.js';
import { duration, now, pictureKind, size } from './text.js';

/** How many rows the list has. */
const LISTED = 10;

/** Shows pictures one at a time; of those that come meanwhile only the newest is drawn. */
class Screen {
  /** @type {Uint8Array | null} */
  #next = null;
  #busy = false;

  /** @param {Uint8Array} bytes */
  show(bytes) {
    this.#next = bytes;
    if (!this.#busy) void this.#draw();
  }

  async #draw() {
    this.#busy = true;
    const screen = canvas('screen');
    for (let bytes = this.#next; bytes !== null; bytes = this.#next) {
      this.#next = null;
      try {
        const picture = await createImageBitmap(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]));
        if (screen.width !== picture.width || screen.height !== picture.height) {
          Object.assign(screen, { width: picture.width, height: picture.height });
        }
        brush(screen).drawImage(picture, 0, 0);
        picture.close();
        $('screen-box').hidden = false;
      } catch {
        // It began like a picture and is none: the list shows its bytes.
      }
    }
    this.#busy = false;
  }
}

export async function startSubscribing() {
  const aborting = new AbortController();
  /** @type {import('./state.js').Subscription} */
  const current = {
    payload: new Payload(),
    arrivals: new Arrivals(),
    rows: [],
    listed: false,
    endedAt: null,
    report: null,
    stop: () => aborting.abort(new PageError('The subscription was given up.', 'subscribe', 'stopped')),
  };
  state.subscription = current;
  const screen = new Screen();
  $('screen-box').hidden = true;
  show('sha256', 'when it ends');
  show('subscribe-status', 'waiting for the track …');
  changed();
  const filter = /** @type {import('./moqt.js').SubscribeOptions['filter'] | ''} */ (select('from').value);
  try {
    const track = await subscribe(openSession(), {
      track: trackOf('subscribe'),
      waitMs: 0,
      ...(filter && { filter }),
      signal: aborting.signal,
    });
    show('subscribe-status', 'subscribed');
    current.report = () => track.report();
    for (let batch = await track.nextBatch(); batch !== null; batch = await track.nextBatch()) {
      for (const item of batch) take(current, item, screen);
    }
    const { outcome, end } = await track.done;
    const why = end?.kind === 'done' ? end.status.name : end?.kind.replaceAll('-', ' ');
    show('subscribe-status', outcome === 'complete' ? 'the track has ended' : `${outcome}${why ? `: ${why}` : ''}`);
  } catch (error) {
    const given = aborting.signal.aborted;
    show('subscribe-status', given ? 'stopped' : 'failed');
    if (!given) problem('The subscription failed', error);
  } finally {
    current.endedAt = now();
    state.subscription = null;
    state.finished = current;
    changed();
  }
  if (current.payload.objects > 0) show('sha256', await current.payload.sha256());
}

/**
 * @param {import('./state.js').Subscription} current
 * @param {import('./moqt.js').TrackItem} item
 * @param {Screen} screen
 */
function take(current, item, screen) {
  if (item.kind === 'end') return;
  if (item.kind === 'gap') {
    const { kind: _, what, ...extent } = item;
    const where = Object.entries(extent).map(([name, value]) => `${name} ${value}`);
    current.rows.unshift({ kind: 'gap', cells: ['missing', '', '', `${what}: ${where.join(', ')}`] });
  } else {
    const { header, payload, receivedAt } = item;
    const place = `${header.group}.${header.object}`;
    if (header.status !== 'normal') {
      current.rows.unshift({ kind: 'status', cells: [place, '', '', header.status.replaceAll('-', ' ')] });
    } else {
      const made = madeAt(payload);
      const latency = made === null ? null : receivedAt - made;
      current.payload.add(payload);
      current.arrivals.add(receivedAt, payload.length, latency);
      current.rows.unshift({
        kind: 'object',
        payload,
        cells: [place, size(payload.length), latency === null ? '–' : duration(latency)],
      });
      if (pictureKind(payload) !== null) screen.show(payload);
    }
  }
  current.rows.length = Math.min(current.rows.length, LISTED);
  current.listed = false;
}

export function savePayload() {
  const blob = state.finished?.payload.blob;
  if (!blob) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = input('subscribe-track').value.replace(/[^\w.-]+/g, '_') || 'track';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
