// A page that publishes and subscribes over the browser's own WebTransport. Text of others reaches it by textContent only.
import { connect, parseFullTrackName, publish, subscribe } from './moqt.js';

const encoder = new TextEncoder();
const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
/** Wall clock in ms, finer than Date.now(). */
const now = () => performance.timeOrigin + performance.now();

/** What `moqt relay --web` says of itself. */
let relay = null;
/** The open session, what is published on it, and what is subscribed to. */
let session = null;
let publication = null;
let subscription = null;

// Text and numbers as people read them.

const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${decimal.format(bytes)} ${units[unit]}`;
}

function duration(ms) {
  if (Math.abs(ms) < 1) return `${Math.round(ms * 1000)} µs`;
  const [value, unit] = Math.abs(ms) < 1000 ? [ms, 'ms'] : [ms / 1000, 's'];
  return `${decimal.format(Math.abs(value) < 10 ? value : Math.round(value))} ${unit}`;
}

/** The beginning of a payload in one line; bytes that are not text in hex. Nothing in it can reorder what is around it. */
function preview(bytes) {
  const kind = pictureKind(bytes);
  if (kind !== null) return `${kind} picture`;
  const head = bytes.subarray(0, 120);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`) || '(empty)';
  } catch {
    return Array.from(head.subarray(0, 24), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  }
}

const shell = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function show(id, text) {
  const element = $(id);
  // Writing what is there already would make screen readers say it again.
  if (element.textContent !== text) element.textContent = text;
}

function state(name, text) {
  $('state').dataset.state = name;
  show('state', text);
}

/** What is worth knowing and no failure. */
function notice(text) {
  show('notice', text);
}

/** Where it went wrong, why, and what to do about it. */
function problem(what, error) {
  const details = [
    ['Stage', error?.stage],
    ['Code', error?.code],
    ['Cause', error?.reason],
    ['Try', error?.hint],
  ].filter(([, text]) => typeof text === 'string' && text !== '');
  show('problem-title', what);
  show('problem-message', error instanceof Error ? error.message : String(error));
  $('problem-details').replaceChildren(
    ...details.flatMap(([name, text]) => [element('dt', name), element('dd', text)]),
  );
  $('problem').hidden = false;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

class PageError extends Error {
  constructor(message, stage, reason, hint) {
    super(message);
    Object.assign(this, { stage, reason, hint });
  }
}

// What went through: counted, and kept for its hash as long as it is not too much.

const KEPT_BYTES = 128 * 1024 * 1024;

class Payload {
  objects = 0;
  bytes = 0;
  #chunks = [];

  add(chunk) {
    this.objects++;
    this.bytes += chunk.length;
    if (this.bytes <= KEPT_BYTES) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  /** Null when it was too much to keep. */
  get blob() {
    return this.bytes > KEPT_BYTES ? null : new Blob(this.#chunks);
  }

  async sha256() {
    if (this.bytes > KEPT_BYTES) return `not computed: more than ${size(KEPT_BYTES)}`;
    const digest = await crypto.subtle.digest('SHA-256', await this.blob.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

// Connecting.

const transports = {
  webtransport: 'WebTransport, HTTP/3',
  'webtransport-h2': 'WebTransport, HTTP/2',
};

async function loadRelay() {
  const answers = await Promise.all([fetch('./relay.json'), fetch('./certificate.sha256')]);
  const refused = answers.find((answer) => !answer.ok);
  if (refused)
    throw new PageError(`${refused.url} answered ${refused.status}`, 'relay', 'http', 'is the relay running?');
  relay = await answers[0].json();
  const url = new URL(relay.urls.find((one) => one.startsWith('https:')));
  // A relay that listens on every address is where this page came from.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = location.hostname;
  relay.url = url.href;
  $('url').value = query.get('url') ?? relay.url;
  $('pin').value = query.get('pin') ?? (relay.certificate.pinnable ? (await answers[1].text()).trim() : '');
  $('draft').append(...relay.drafts.map((draft) => Object.assign(element('option', draft), { value: draft })));
  $('draft').value = query.get('draft') ?? '';
  $('token-box').hidden = !relay.tokenRequired;
  show('implementation', `Relay: ${relay.implementation}.`);
}

async function open() {
  if (!('WebTransport' in globalThis)) {
    throw isSecureContext
      ? new PageError(
          'This browser has no WebTransport.',
          'config',
          'browser',
          'use a current Chromium, Edge or Firefox',
        )
      : new PageError(
          'Browsers offer WebTransport to https:// pages and to pages of this machine only.',
          'config',
          'insecure-context',
          `open this page as http://localhost:${location.port}/, through a tunnel if the relay is elsewhere`,
        );
  }
  const url = new URL($('url').value);
  if (url.host !== new URL(relay.url).host) {
    throw new PageError(
      `This page reaches its own relay only, ${relay.url}`,
      'config',
      'other-relay',
      'start its own page',
    );
  }
  const pin = $('pin').value.trim();
  const drafts = $('draft').value === '' ? undefined : [$('draft').value];
  // MoQT's token type 0: as agreed between the two, which here is the bytes of the token.
  const value = encoder.encode($('token').value);
  const token = value.length > 0 ? { alias: 'use-value', tokenType: 0n, value } : null;
  show('notice', '');
  state('connecting', 'connecting …');
  const began = performance.now();
  const opened = await connect(url.href, {
    ...(pin && { serverCertificateHashes: [pin] }),
    ...(drafts && { drafts }),
    ...(token && { setup: { authorizationTokens: [token] } }),
    onWarning: ({ message }) => notice(message),
    handlers: { onNotice: ({ message }) => notice(message) },
  });
  session = opened;
  opened.openMs = performance.now() - began;
  show('fact-draft', opened.profile.draft);
  show('fact-transport', transports[opened.transport.kind] ?? opened.transport.kind);
  show('fact-setup', duration(opened.openMs));
  show('fact-certificate', pin ? `pinned, until ${relay.certificate.notAfter.slice(0, 10)}` : 'as the browser trusts');
  state('connected', `connected · draft ${opened.profile.draft}`);
  void opened.closed.then((close) => closed(opened, close));
}

function closed(which, close) {
  if (session !== which) return;
  session = null;
  const wanted = close.by === 'local';
  state(wanted ? 'idle' : 'failed', wanted ? 'not connected' : 'connection lost');
  if (!wanted) {
    const reason = close.reason ? `: ${close.reason}` : '';
    problem(
      'The session ended',
      new PageError(`by ${close.by}, code ${close.code ?? '?'}${reason}`, 'session', String(close.name ?? '')),
    );
  }
  refresh();
}

async function toggleConnection() {
  $('problem').hidden = true;
  $('connect').disabled = true;
  try {
    if (session === null) await open();
    else await session.close();
  } catch (error) {
    state('failed', 'not connected');
    problem('No connection', error);
  } finally {
    $('connect').disabled = false;
    refresh();
  }
}

// What can be published.

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

/** Batches of what `make` gives, `perSecond` in all, until the signal; time when nobody asked is not made up for. */
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

/** `2026-11-23T12:39:05.123456Z #7` */
function clockObject(n) {
  const time = now();
  const micros = String(Math.floor((time % 1) * 1000)).padStart(3, '0');
  return encoder.encode(`${new Date(time).toISOString().slice(0, -1)}${micros}Z #${n}`);
}

const BARS = ['#bfbfbf', '#bfbf00', '#00bfbf', '#00bf00', '#bf00bf', '#bf0000', '#0000bf'];

function drawPattern(n) {
  const canvas = $('pattern');
  const { width, height } = canvas;
  const g = canvas.getContext('2d');
  for (const [i, colour] of BARS.entries()) {
    g.fillStyle = colour;
    g.fillRect((i * width) / 7, 0, width / 7 + 1, height * 0.68);
  }
  const ramp = g.createLinearGradient(0, 0, width, 0);
  ramp.addColorStop(0, '#000');
  ramp.addColorStop(1, '#fff');
  g.fillStyle = ramp;
  g.fillRect(0, height * 0.68, width, height * 0.08);
  g.fillStyle = '#0b0f14';
  g.fillRect(0, height * 0.76, width, height * 0.24);
  g.fillStyle = 'rgb(255 255 255 / 75%)';
  g.fillRect(((n * 4) % (width + 24)) - 24, 0, 3, height * 0.68);
  const radius = height * 0.2;
  const [x, y] = [width / 2, height * 0.36];
  g.fillStyle = '#0b0f14';
  g.beginPath();
  g.arc(x, y, radius, 0, 7);
  g.fill();
  g.strokeStyle = '#4fc3d7';
  g.lineWidth = 6;
  g.beginPath();
  g.arc(x, y, radius - 6, -Math.PI / 2, -Math.PI / 2 + ((now() % 1000) / 1000) * 2 * Math.PI);
  g.stroke();
  g.fillStyle = '#fff';
  g.textAlign = 'center';
  g.textBaseline = 'middle';
  g.font = `600 ${height * 0.15}px ui-monospace, "DejaVu Sans Mono", monospace`;
  g.fillText(String(n), x, y, radius * 1.6);
  g.font = `${height * 0.1}px ui-monospace, "DejaVu Sans Mono", monospace`;
  g.fillText(new Date().toISOString().slice(11, 23), width / 2, height * 0.885);
}

/** A frame as a JPEG whose comment segment says when it was made, so that its latency can be seen. */
async function pictureObject(n) {
  const comment = encoder.encode(`moqt ${now()}`);
  drawPattern(n);
  const blob = await new Promise((resolve) => $('pattern').toBlob(resolve, 'image/jpeg', 0.8));
  const jpeg = new Uint8Array(await blob.arrayBuffer());
  const head = [0xff, 0xd8, 0xff, 0xfe, 0, comment.length + 2, ...comment];
  const object = new Uint8Array(head.length + jpeg.length - 2);
  object.set(head);
  object.set(jpeg.subarray(2), head.length);
  return object;
}

/** Lines that are typed. */
class Lines {
  #typed = [];
  #wake = () => {};

  push(text) {
    this.#typed.push(encoder.encode(text));
    this.#wake();
  }

  async *batches(signal) {
    signal.addEventListener('abort', () => this.#wake());
    for (;;) {
      if (this.#typed.length > 0) yield this.#typed.splice(0);
      else if (signal.aborted) return;
      else {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

async function* fileChunks(file, signal) {
  const reader = file.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done && !signal.aborted; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}

async function* counted(source, payload) {
  for await (const item of source) {
    for (const bytes of Array.isArray(item) ? item : [item]) payload.add(bytes);
    yield item;
  }
}

const chosen = () => $('publish').elements.source.value;
const trackOf = (form) => parseFullTrackName($(`${form}-namespace`).value, $(`${form}-track`).value);

/** How each kind is published, and the flags with which the command line takes it. */
const sources = {
  picture: {
    flags: '--output-dir frames',
    make: (signal) => ({
      kind: 'records',
      batches: paced(Number($('fps').value), pictureObject, signal),
      groupEvery: { objects: Number($('fps').value) },
    }),
  },
  clock: {
    flags: '--frame lines',
    make: (signal) => ({
      kind: 'records',
      batches: paced(Number($('rate').value), clockObject, signal),
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
      const [file] = $('file').files;
      if (!file) throw new PageError('No file was chosen.', 'config', 'file', 'choose one above');
      return { kind: 'bytes', chunks: fileChunks(file, signal) };
    },
  },
};

async function startPublishing() {
  const ending = new AbortController();
  const aborting = new AbortController();
  const payload = new Payload();
  const lines = new Lines();
  const { kind, batches, chunks, groupEvery } = sources[chosen()].make(ending.signal, lines);
  const publisher = publish(session, {
    track: trackOf('publish'),
    source:
      kind === 'bytes' ? { kind, chunks: counted(chunks, payload) } : { kind, batches: counted(batches, payload) },
    ...(groupEvery && { groupEvery }),
    lingerMs: 0,
    signal: aborting.signal,
  });
  publication = {
    publisher,
    lines,
    /** The source ends, and with it the track; who has no subscriber, or is in a hurry, leaves at once. */
    stop() {
      if (ending.signal.aborted || publisher.report().subscribers === 0) aborting.abort();
      ending.abort();
    },
  };
  show('publish-sha256', 'when it ends');
  refresh();
  try {
    const { outcome, delivery } = await publisher.done;
    show('publish-status', `${outcome}${delivery === 'none' ? '' : `, ${delivery}`}`);
  } catch (error) {
    show('publish-status', 'failed');
    problem('Publishing failed', error);
  } finally {
    ending.abort();
    showPublication(publisher.report());
    publication = null;
    refresh();
  }
  show('publish-sha256', payload.objects === 0 ? 'nothing was published' : await payload.sha256());
}

function showPublication(report) {
  show('publish-subscribers', String(report.subscribers));
  show('publish-objects', report.objects.toLocaleString('en'));
  show('publish-bytes', size(report.bytes));
}

// Subscribing.

const WINDOW_MS = 30_000;
const BIN_MS = 500;
const LISTED = 10;
const MAX_POINTS = 4000;

/** What arrived in the last half minute, for the pictures. */
class Arrivals {
  /** Objects and bytes by half second. */
  #bins = new Map();
  /** {at, ms}, at most MAX_POINTS of them. */
  points = [];

  add(at, bytes, ms) {
    const key = Math.floor(at / BIN_MS);
    const bin = this.#bins.get(key) ?? { objects: 0, bytes: 0 };
    bin.objects++;
    bin.bytes += bytes;
    this.#bins.set(key, bin);
    if (ms !== null) this.points.push({ at, ms });
  }

  forget(time) {
    for (const key of this.#bins.keys()) if ((key + 1) * BIN_MS < time - WINDOW_MS) this.#bins.delete(key);
    const from = this.points.findIndex(({ at }) => at >= time - WINDOW_MS);
    this.points.splice(0, Math.max(from === -1 ? this.points.length : from, this.points.length - MAX_POINTS));
  }

  /** Per second, in whole bins, the oldest first; the one under way is left out. */
  rates(time) {
    const last = Math.floor(time / BIN_MS);
    return Array.from({ length: WINDOW_MS / BIN_MS }, (_, i) => {
      const bin = this.#bins.get(last - WINDOW_MS / BIN_MS + i);
      return { objects: ((bin?.objects ?? 0) * 1000) / BIN_MS, bytes: ((bin?.bytes ?? 0) * 1000) / BIN_MS };
    });
  }
}

/** When its publisher says that an object was made, ms; null when it does not say. */
function madeAt(bytes) {
  const head = new TextDecoder().decode(bytes.subarray(0, 64));
  // The comment of a picture of ours, a time as in RFC 3339, or nanoseconds since the epoch.
  const comment = bytes[0] === 0xff && bytes[1] === 0xd8 ? /moqt (\d+(?:\.\d+)?)/.exec(head) : null;
  if (comment) return Number(comment[1]);
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z/.exec(head);
  if (time) return Date.parse(`${time[1]}Z`) + Number(`0${time[2] ?? ''}`) * 1000;
  const nanos = /^(\d{19})\b/.exec(head);
  return nanos ? Number(nanos[1]) / 1e6 : null;
}

/** What kind of picture the payload begins like; null for anything else. */
function pictureKind(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'JPEG';
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47 ? 'PNG' : null;
}

/** Shows pictures one at a time; of those that come meanwhile only the newest is drawn. */
class Screen {
  #next = null;
  #busy = false;

  show(bytes) {
    this.#next = bytes;
    if (!this.#busy) void this.#draw();
  }

  async #draw() {
    this.#busy = true;
    const canvas = $('screen');
    for (let bytes = this.#next; bytes !== null; bytes = this.#next) {
      this.#next = null;
      try {
        const picture = await createImageBitmap(new Blob([bytes]));
        if (canvas.width !== picture.width || canvas.height !== picture.height) {
          Object.assign(canvas, { width: picture.width, height: picture.height });
        }
        canvas.getContext('2d').drawImage(picture, 0, 0);
        picture.close();
        $('screen-box').hidden = false;
      } catch {
        // It began like a picture and is none: the list shows its bytes.
      }
    }
    this.#busy = false;
  }
}

async function startSubscribing() {
  const aborting = new AbortController();
  const current = {
    payload: new Payload(),
    arrivals: new Arrivals(),
    /** The rows of the list, the newest first; `listed` once they are on the page. */
    rows: [],
    listed: false,
    /** The pictures stand still then. */
    endedAt: null,
    report: null,
    stop: () => aborting.abort(new PageError('The subscription was given up.', 'subscribe', 'stopped')),
  };
  subscription = current;
  const screen = new Screen();
  $('screen-box').hidden = true;
  show('sha256', 'when it ends');
  show('subscribe-status', 'waiting for the track …');
  refresh();
  try {
    const track = await subscribe(session, {
      track: trackOf('subscribe'),
      waitMs: 0,
      ...($('from').value && { filter: $('from').value }),
      signal: aborting.signal,
    });
    show('subscribe-status', 'subscribed');
    current.report = () => track.report();
    for (let batch = await track.nextBatch(); batch !== null; batch = await track.nextBatch()) {
      for (const item of batch) take(current, item, screen);
    }
    const { outcome, end } = await track.done;
    show(
      'subscribe-status',
      outcome === 'complete' ? 'the track has ended' : `${outcome}${end ? `: ${end.name}` : ''}`,
    );
  } catch (error) {
    const given = aborting.signal.aborted;
    show('subscribe-status', given ? 'stopped' : 'failed');
    if (!given) problem('The subscription failed', error);
  } finally {
    current.endedAt = now();
    subscription = null;
    finished = current;
    paint();
    refresh();
  }
  if (current.payload.objects > 0) show('sha256', await current.payload.sha256());
}

/** The last subscription that ended: its pictures stay, and its payload can be saved. */
let finished = null;

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

function savePayload() {
  const blob = finished?.payload.blob;
  if (!blob) return;
  const link = element('a', '');
  link.href = URL.createObjectURL(blob);
  link.download = $('subscribe-track').value.replace(/[^\w.-]+/g, '_') || 'track';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Pictures.

/** A canvas of the size it is shown at, empty, with the page's colours of the moment. */
function chart(id) {
  const canvas = $(id);
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  const style = getComputedStyle(document.documentElement);
  return { g, width, height, colour: (name) => style.getPropertyValue(`--${name}`).trim() };
}

/** Round upper bound of an axis. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 5, 10].map((step) => step * power).find((bound) => bound >= value) ?? value;
}

const LEFT = 46;
const BOTTOM = 16;

function axes({ g, width, height, colour }, top, label) {
  g.font = '11px system-ui, sans-serif';
  g.textBaseline = 'middle';
  g.textAlign = 'right';
  g.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const y = 6 + (height - BOTTOM - 6) * (1 - part);
    g.strokeStyle = colour('line');
    g.beginPath();
    g.moveTo(LEFT, y);
    g.lineTo(width, y);
    g.stroke();
    g.fillStyle = colour('muted');
    g.fillText(label(top * part), LEFT - 6, y);
  }
  g.textBaseline = 'bottom';
  g.textAlign = 'left';
  g.fillText(`${WINDOW_MS / 1000} s ago`, LEFT, height);
  g.textAlign = 'right';
  g.fillText('now', width, height);
}

function paintRates(rates) {
  const picture = chart('rate-chart');
  const { g, width, height, colour } = picture;
  const top = nice(Math.max(4, ...rates.map(({ objects }) => objects)));
  axes(picture, top, (value) => decimal.format(value));
  const step = (width - LEFT) / rates.length;
  const floor = height - BOTTOM;
  g.fillStyle = colour('accent');
  for (const [i, { objects }] of rates.entries()) {
    const tall = ((floor - 6) * objects) / top;
    g.fillRect(LEFT + i * step + 0.75, floor - tall, Math.max(step - 1.5, 1), tall);
  }
}

function paintLatencies(points, time) {
  const picture = chart('latency-chart');
  const { g, width, height, colour } = picture;
  const sorted = points.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  // A single straggler does not flatten all others: what is above is drawn at the upper edge.
  const top = nice(Math.max(1, (at(0.99) ?? 0) * 1.2));
  axes(picture, top, (value) => (value === 0 ? '0' : duration(value)));
  g.fillStyle = colour('accent');
  for (const point of points) {
    const x = LEFT + (width - LEFT) * (1 - (time - point.at) / WINDOW_MS);
    const y = 6 + (height - BOTTOM - 6) * (1 - Math.min(Math.max(point.ms, 0) / top, 1));
    if (x >= LEFT) g.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
  }
  if (sorted.length === 0) return '–';
  return `p50 ${duration(at(0.5))} · p99 ${duration(at(0.99))}`;
}

function paintRows(rows) {
  $('list-empty').hidden = rows.length > 0;
  $('list').replaceChildren(
    ...rows.map(({ kind, cells, payload }) => {
      const row = document.createElement('tr');
      row.dataset.kind = kind;
      row.append(...[...cells, ...(payload ? [preview(payload)] : [])].map((text) => element('td', text)));
      return row;
    }),
  );
}

/** Everything that moves. */
function paint() {
  const stats = session?.transport.stats();
  if (stats) {
    const { rttMs, sentBytes, receivedBytes } = stats;
    // Not every browser tells; SETUP took one round trip.
    show('fact-rtt', rttMs === null ? `${duration(session.setupMs)}, at SETUP` : duration(rttMs));
    show('fact-sent', size(sentBytes));
    show('fact-received', size(receivedBytes));
  }
  if (publication) {
    const report = publication.publisher.report();
    showPublication(report);
    show('publish-status', report.subscribers > 0 ? 'publishing' : 'waiting for a subscriber');
  }
  const shown = subscription ?? finished;
  paintArrivals(shown?.arrivals ?? new Arrivals(), shown?.endedAt ?? now());
  if (shown === null) return;
  show('objects', shown.payload.objects.toLocaleString('en'));
  show('bytes', size(shown.payload.bytes));
  const missing = shown.report?.().missing;
  show('missing', missing ? `${missing.groups + missing.objects + missing.streams}` : '0');
  if (!shown.listed) paintRows(shown.rows);
  shown.listed = true;
}

function paintArrivals(arrivals, time) {
  arrivals.forget(time);
  const rates = arrivals.rates(time);
  const recent = rates.slice(-4);
  const mean = (key) => recent.reduce((sum, one) => sum + one[key], 0) / recent.length;
  const perSecond = decimal.format(mean('objects'));
  const latency = paintLatencies(arrivals.points, time);
  paintRates(rates);
  show('rate-now', perSecond);
  show('latency-now', latency);
  show('throughput', `${size(mean('bytes'))}/s`);
  $('rate-chart').setAttribute('aria-label', `Objects per second, now ${perSecond}`);
  $('latency-chart').setAttribute('aria-label', `Latency of the objects of the last 30 seconds: ${latency}`);
}

// What can be pressed when.

function command(form, verb, rest) {
  const url = relay?.url ?? '';
  const names = [`${form}-namespace`, `${form}-track`].map((id) => shell($(id).value));
  const trust = $('pin').value.trim() === '' ? '' : ` --cert-sha256 ${shell($('pin').value.trim())}`;
  return `moqt ${verb} ${shell(url)} ${names.join(' ')}${trust}${rest}`;
}

/** Word by word, so that lines break between them. */
function showCommand(id, text) {
  $(id).replaceChildren(
    ...text.split(' ').flatMap((word, i) => {
      const shown = Object.assign(element('span', word), { className: 'word' });
      return i > 0 ? [' ', shown] : [shown];
    }),
  );
}

function refresh() {
  const isOpen = session !== null;
  show('connect', isOpen ? 'Disconnect' : 'Connect');
  for (const id of ['url', 'draft', 'pin', 'token']) $(id).disabled = isOpen;
  const kind = chosen();
  for (const box of document.querySelectorAll('[data-source]')) box.hidden = box.dataset.source !== kind;
  for (const one of $('publish').elements.source) one.disabled = publication !== null;
  for (const id of ['publish-namespace', 'publish-track', 'fps', 'rate', 'file']) $(id).disabled = publication !== null;
  for (const id of ['subscribe-namespace', 'subscribe-track', 'from']) $(id).disabled = subscription !== null;
  $('publish-button').disabled = !isOpen;
  show('publish-button', publication ? 'Stop' : 'Publish');
  $('subscribe-button').disabled = !isOpen;
  show('subscribe-button', subscription ? 'Stop' : 'Subscribe');
  const typing = publication !== null && kind === 'lines';
  $('line').disabled = !typing;
  $('line').placeholder = typing ? 'hello' : 'first start to publish';
  $('send').disabled = !typing;
  $('save').disabled = !finished?.payload.blob || finished.payload.objects === 0;
  showCommand('publish-command', command('publish', 'subscribe', ` --wait ${sources[kind].flags}`));
  showCommand('subscribe-command', command('subscribe', 'publish', ' FILE'));
}

/** A button that starts something and then stops it; what goes wrong at the start is told. */
function startOrStop(current, start, what) {
  return (event) => {
    event.preventDefault();
    if (current() !== null) return current().stop();
    $('problem').hidden = true;
    void start().catch((error) => problem(what, error));
  };
}

function sendLine() {
  if (publication === null) return;
  publication.lines.push($('line').value);
  $('line').value = '';
  $('line').focus();
}

$('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  void toggleConnection();
});
$('publish').addEventListener(
  'submit',
  startOrStop(() => publication, startPublishing, 'Publishing failed'),
);
$('subscribe').addEventListener(
  'submit',
  startOrStop(() => subscription, startSubscribing, 'The subscription failed'),
);
$('problem-close').addEventListener('click', () => {
  $('problem').hidden = true;
});
$('line').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  sendLine();
});
$('send').addEventListener('click', sendLine);
$('save').addEventListener('click', savePayload);
for (const one of $('publish').elements.source) {
  // The track is named after what it carries, until somebody names it otherwise.
  one.addEventListener('change', () => {
    if (one.value === 'picture') drawPattern(0);
    for (const id of ['publish-track', 'subscribe-track']) {
      if (id === 'subscribe-track' && subscription !== null) continue;
      if (Object.hasOwn(sources, $(id).value)) $(id).value = one.value;
    }
    refresh();
  });
}
for (const id of ['fps', 'rate']) $(id).addEventListener('input', () => show(`${id}-value`, $(id).value));
for (const form of ['connection', 'publish', 'subscribe']) $(form).addEventListener('input', refresh);
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const copied = await navigator.clipboard.writeText($(button.dataset.copy).textContent).then(
      () => true,
      () => false,
    );
    button.textContent = copied ? 'Copied' : 'Not permitted';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
}
// An open session would be found broken only after its idle timeout.
addEventListener('pagehide', () => void session?.close());

for (const name of ['namespace', 'track']) {
  for (const form of ['publish', 'subscribe'])
    $(`${form}-${name}`).value = query.get(name) ?? $(`${form}-${name}`).value;
}
for (const one of $('publish').elements.source)
  one.checked = one.value === (query.get('source') ?? 'picture') || one.checked;
drawPattern(0);
refresh();
setInterval(paint, matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 200);
try {
  await loadRelay();
  refresh();
  if (relay.tokenRequired) $('token').focus();
  else if (query.get('connect') !== 'no') await toggleConnection();
} catch (error) {
  problem('The relay does not answer', error);
}
