// The session with the relay.
import { $, button, element, input, notice, PageError, problem, select, show, showState } from './dom.js';
import { connect } from './moqt.js';
import { changed, state } from './state.js';
import { duration, encoder } from './text.js';

const query = new URLSearchParams(location.search);

/** @type {Readonly<Record<string, string>>} */
const transports = {
  webtransport: 'WebTransport, HTTP/3',
  'webtransport-h2': 'WebTransport, HTTP/2',
};

/** Asks the relay what it is, and fills in the form. */
export async function loadRelay() {
  const [facts, hash] = await Promise.all([fetch('./relay.json'), fetch('./certificate.sha256')]);
  const refused = [facts, hash].find((answer) => !answer.ok);
  if (refused)
    throw new PageError(`${refused.url} answered ${refused.status}`, 'relay', 'http', 'is the relay running?');
  /** @type {Omit<import('./state.js').RelayFacts, 'url'>} */
  const told = await facts.json();
  const url = new URL(told.urls.find((one) => one.startsWith('https:')) ?? '');
  // A relay that listens on every address is where this page came from.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = location.hostname;
  const relay = { ...told, url: url.href };
  state.relay = relay;
  input('url').value = query.get('url') ?? relay.url;
  input('pin').value = query.get('pin') ?? (relay.certificate.pinnable ? (await hash.text()).trim() : '');
  select('draft').append(...relay.drafts.map((draft) => Object.assign(element('option', draft), { value: draft })));
  select('draft').value = query.get('draft') ?? '';
  $('token-box').hidden = !relay.tokenRequired;
  show('implementation', `Relay: ${relay.implementation}.`);
}

async function open() {
  const { relay } = state;
  if (relay === null) throw new PageError('The relay has not answered.', 'relay', 'http', 'reload the page');
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
  const url = new URL(input('url').value);
  if (url.host !== new URL(relay.url).host) {
    throw new PageError(
      `This page reaches its own relay only, ${relay.url}`,
      'config',
      'other-relay',
      'start its own page',
    );
  }
  const pin = input('pin').value.trim();
  const drafts = select('draft').value === '' ? undefined : [select('draft').value];
  // MoQT's token type 0: as agreed between the two, which here is the bytes of the token.
  const value = encoder.encode(input('token').value);
  /** @type {import('./moqt.js').AuthorizationToken | null} */
  const token = value.length > 0 ? { alias: 'use-value', tokenType: 0n, value } : null;
  show('notice', '');
  showState('connecting', 'connecting …');
  const began = performance.now();
  const opened = await connect(url.href, {
    ...(pin && { serverCertificateHashes: [pin] }),
    ...(drafts && { drafts }),
    ...(token && { setup: { authorizationTokens: [token] } }),
    onWarning: ({ message }) => notice(message),
    handlers: { onNotice: ({ message }) => notice(message) },
  });
  const tookMs = performance.now() - began;
  state.session = opened;
  show('fact-draft', opened.profile.draft);
  show('fact-transport', transports[opened.transport.kind] ?? opened.transport.kind);
  show('fact-setup', duration(tookMs));
  show('fact-certificate', pin ? `pinned, until ${relay.certificate.notAfter.slice(0, 10)}` : 'as the browser trusts');
  showState('connected', `connected · draft ${opened.profile.draft}`);
  void opened.closed.then((close) => closed(opened, close));
}

/**
 * @param {import('./moqt.js').MoqtSession} which
 * @param {import('./moqt.js').SessionCloseInfo} close
 */
function closed(which, close) {
  if (state.session !== which) return;
  state.session = null;
  const wanted = close.by === 'local';
  showState(wanted ? 'idle' : 'failed', wanted ? 'not connected' : 'connection lost');
  if (!wanted) {
    const reason = close.reason ? `: ${close.reason}` : '';
    problem(
      'The session ended',
      new PageError(`by ${close.by}, code ${close.code ?? '?'}${reason}`, 'session', String(close.name ?? '')),
    );
  }
  changed();
}

export async function toggleConnection() {
  $('problem').hidden = true;
  button('connect').disabled = true;
  try {
    if (state.session === null) await open();
    else await state.session.close();
  } catch (error) {
    showState('failed', 'not connected');
    problem('No connection', error);
  } finally {
    button('connect').disabled = false;
    changed();
  }
}
