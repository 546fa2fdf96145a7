// What is open at the moment, and who wants to know when that changes.

/**
 * What `moqt relay --web` says of itself, and where it is reached.
 * @typedef {object} RelayFacts
 * @property {string} implementation
 * @property {string[]} urls
 * @property {string[]} drafts
 * @property {boolean} tokenRequired
 * @property {{ sha256: string, notAfter: string, pinnable: boolean }} certificate
 * @property {string} url
 */

/**
 * @typedef {object} Publication
 * @property {import('./moqt.js').Publisher} publisher
 * @property {import('./sources.js').Lines} lines
 * @property {() => void} stop
 */

/**
 * @typedef {object} Row
 * @property {'gap' | 'status' | 'object'} kind
 * @property {string[]} cells
 * @property {Uint8Array} [payload]
 */

/**
 * @typedef {object} Subscription
 * @property {import('./payload.js').Payload} payload
 * @property {import('./arrivals.js').Arrivals} arrivals
 * @property {Row[]} rows the newest first
 * @property {boolean} listed whether the rows are on the page
 * @property {number | null} endedAt the pictures stand still then
 * @property {(() => import('./moqt.js').SubscribeReport) | null} report
 * @property {() => void} stop
 */

export const state = {
  /** @type {RelayFacts | null} */
  relay: null,
  /** @type {import('./moqt.js').MoqtSession | null} */
  session: null,
  /** @type {Publication | null} */
  publication: null,
  /** @type {Subscription | null} */
  subscription: null,
  /** The last subscription that ended: its pictures stay, and its payload can be saved. @type {Subscription | null} */
  finished: null,
};

/** @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} listener */
export function onChange(listener) {
  listeners.push(listener);
}

/** Something was opened or closed. */
export function changed() {
  for (const listener of listeners) listener();
}

/** The session, where only an open one can be meant. */
export function openSession() {
  if (state.session === null) throw new TypeError('there is no session');
  return state.session;
}
