export { openWebTransport } from './client.js';
export { type PlainResponse, type ServeOptions, serveWebTransport } from './server.js';
export { type SessionRequest, sessionRequest } from './session-request.js';
export { webtransportTransport } from './transport.js';
