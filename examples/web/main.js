// A page that publishes and subscribes over the browser's own WebTransport: what happens when something is pressed, and the
// start.
import { loadRelay, toggleConnection } from './connection.js';
import { refresh } from './controls.js';
import { $, choices, input, problem, show } from './dom.js';
import { paint } from './paint.js';
import { drawPattern } from './pattern.js';
import { startPublishing } from './publishing.js';
import { sources } from './sources.js';
import { onChange, state } from './state.js';
import { savePayload, startSubscribing } from './subscribing.js';

const query = new URLSearchParams(location.search);

/**
 * A button that starts something and then stops it; what goes wrong at the start is told.
 * @param {() => { stop(): void } | null} current
 * @param {() => Promise<void>} start
 * @param {string} what
 * @returns {(event: Event) => void}
 */
function startOrStop(current, start, what) {
  return (event) => {
    event.preventDefault();
    const running = current();
    if (running !== null) return running.stop();
    $('problem').hidden = true;
    void start().catch((error) => problem(what, error));
  };
}

function sendLine() {
  if (state.publication === null) return;
  state.publication.lines.push(input('line').value);
  input('line').value = '';
  input('line').focus();
}

$('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  void toggleConnection();
});
$('publish').addEventListener(
  'submit',
  startOrStop(() => state.publication, startPublishing, 'Publishing failed'),
);
$('subscribe').addEventListener(
  'submit',
  startOrStop(() => state.subscription, startSubscribing, 'The subscription failed'),
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
for (const one of choices()) {
  // The track is named after what it carries, until somebody names it otherwise.
  one.addEventListener('change', () => {
    if (one.value === 'picture') drawPattern(0);
    for (const id of ['publish-track', 'subscribe-track']) {
      if (id === 'subscribe-track' && state.subscription !== null) continue;
      if (Object.hasOwn(sources, input(id).value)) input(id).value = one.value;
    }
    refresh();
  });
}
for (const id of ['fps', 'rate']) $(id).addEventListener('input', () => show(`${id}-value`, input(id).value));
for (const form of ['connection', 'publish', 'subscribe']) $(form).addEventListener('input', refresh);
for (const copy of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-copy]'))) {
  copy.addEventListener('click', async () => {
    const copied = await navigator.clipboard.writeText($(copy.dataset.copy ?? '').textContent ?? '').then(
      () => true,
      () => false,
    );
    copy.textContent = copied ? 'Copied' : 'Not permitted';
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 1500);
  });
}
// An open session would be found broken only after its idle timeout.
addEventListener('pagehide', () => void state.session?.close());

for (const name of ['namespace', 'track']) {
  for (const form of ['publish', 'subscribe'])
    input(`${form}-${name}`).value = query.get(name) ?? input(`${form}-${name}`).value;
}
for (const one of choices()) one.checked = one.value === (query.get('source') ?? 'picture') || one.checked;
drawPattern(0);
onChange(refresh);
onChange(paint);
refresh();
setInterval(paint, matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 200);
try {
  await loadRelay();
  refresh();
  if (state.relay?.tokenRequired) $('token').focus();
  else if (query.get('connect') !== 'no') await toggleConnection();
} catch (error) {
  problem('The relay does not answer', error);
}
