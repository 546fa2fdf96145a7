/** moqt for browsers, Deno and everything else with a WebTransport of its own. Importing it has no side effects. */

export {
  connect,
  type W3cConnectOptions,
  type W3cConstructor,
  type WebConnectSettings,
} from './core/session/connect/connect-web.js';
export * from './portable.js';
