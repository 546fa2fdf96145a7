// What can be pressed when, and what to type elsewhere.
import { $, button, choices, element, input, select, show } from './dom.js';
import { chosen, sources } from './sources.js';
import { state } from './state.js';
import { shell } from './text.js';

/**
 * The command for the other end.
 * @param {'publish' | 'subscribe'} form
 * @param {string} verb
 * @param {string} rest
 */
function command(form, verb, rest) {
  const url = state.relay?.url ?? '';
  const names = [`${form}-namespace`, `${form}-track`].map((id) => shell(input(id).value));
  const trust = input('pin').value.trim() === '' ? '' : ` --cert-sha256 ${shell(input('pin').value.trim())}`;
  return `moqt ${verb} ${shell(url)} ${names.join(' ')}${trust}${rest}`;
}

/**
 * Word by word, so that lines break between them.
 * @param {string} id
 * @param {string} text
 */
function showCommand(id, text) {
  $(id).replaceChildren(
    ...text.split(' ').flatMap((word, i) => {
      const shown = Object.assign(element('span', word), { className: 'word' });
      return i > 0 ? [' ', shown] : [shown];
    }),
  );
}

/** What can be pressed when. */
export function refresh() {
  const { session, publication, subscription, finished } = state;
  const isOpen = session !== null;
  show('connect', isOpen ? 'Disconnect' : 'Connect');
  for (const id of ['url', 'pin', 'token']) input(id).disabled = isOpen;
  select('draft').disabled = isOpen;
  const kind = chosen();
  const boxes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-source]'));
  for (const box of boxes) box.hidden = box.dataset.source !== kind;
  for (const one of choices()) one.disabled = publication !== null;
  for (const id of ['publish-namespace', 'publish-track', 'fps', 'rate', 'file'])
    input(id).disabled = publication !== null;
  for (const id of ['subscribe-namespace', 'subscribe-track']) input(id).disabled = subscription !== null;
  select('from').disabled = subscription !== null;
  button('publish-button').disabled = !isOpen;
  show('publish-button', publication ? 'Stop' : 'Publish');
  button('subscribe-button').disabled = !isOpen;
  show('subscribe-button', subscription ? 'Stop' : 'Subscribe');
  const typing = publication !== null && kind === 'lines';
  input('line').disabled = !typing;
  input('line').placeholder = typing ? 'hello' : 'first start to publish';
  button('send').disabled = !typing;
  button('save').disabled = !finished?.payload.blob || finished.payload.objects === 0;
  showCommand('publish-command', command('publish', 'subscribe', ` --wait ${sources[kind]?.flags}`));
  showCommand('subscribe-command', command('subscribe', 'publish', ' FILE'));
}
