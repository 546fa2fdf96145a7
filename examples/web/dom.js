// The elements of the page, and what is said in them. Text of others reaches it by textContent only.

/**
 * The element with this id. Throws when the page has none of this kind.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function find(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(`the page has no ${kind.name} #${id}`);
  return found;
}

/** @param {string} id */
export const $ = (id) => find(id, HTMLElement);
/** @param {string} id */
export const input = (id) => find(id, HTMLInputElement);
/** @param {string} id */
export const select = (id) => find(id, HTMLSelectElement);
/** @param {string} id */
export const button = (id) => find(id, HTMLButtonElement);
/** @param {string} id */
export const canvas = (id) => find(id, HTMLCanvasElement);

/**
 * What is drawn with. Throws where the browser gives none.
 * @param {HTMLCanvasElement} on
 */
export function brush(on) {
  const context = on.getContext('2d');
  if (context === null) throw new TypeError('this browser does not draw');
  return context;
}

/** The choices of what to publish. */
export const choices = () =>
  /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('#publish input[name="source"]'));

/**
 * @param {string} name
 * @param {string} text
 */
export function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/**
 * @param {string} id
 * @param {string} text
 */
export function show(id, text) {
  const shown = $(id);
  // Writing what is there already would make screen readers say it again.
  if (shown.textContent !== text) shown.textContent = text;
}

/**
 * The connection, by the name that its colour goes by.
 * @param {'idle' | 'connecting' | 'connected' | 'failed'} name
 * @param {string} text
 */
export function showState(name, text) {
  $('state').dataset.state = name;
  show('state', text);
}

/**
 * What is worth knowing and no failure.
 * @param {string} text
 */
export function notice(text) {
  show('notice', text);
}

/** What went wrong, where, why, and what to do about it. */
export class PageError extends Error {
  /**
   * @param {string} message
   * @param {string} stage
   * @param {string} [reason]
   * @param {string} [hint]
   */
  constructor(message, stage, reason, hint) {
    super(message);
    this.stage = stage;
    this.reason = reason;
    this.hint = hint;
  }
}

/**
 * Where it went wrong, why, and what to do about it.
 * @param {string} what
 * @param {unknown} error
 */
export function problem(what, error) {
  /** @type {{ stage?: unknown, code?: unknown, reason?: unknown, hint?: unknown }} */
  const facts = error instanceof Error ? Object(error) : {};
  const details = [
    ['Stage', facts.stage],
    ['Code', facts.code],
    ['Cause', facts.reason],
    ['Try', facts.hint],
  ].flatMap(([name, text]) => (typeof text === 'string' && text !== '' ? [[String(name), text]] : []));
  show('problem-title', what);
  show('problem-message', error instanceof Error ? error.message : String(error));
  $('problem-details').replaceChildren(
    ...details.flatMap(([name = '', text = '']) => [element('dt', name), element('dd', text)]),
  );
  $('problem').hidden = false;
}
