export { openWebTransport, type SessionRequest, sessionRequest } from './client.js';
export { type PlainResponse, type ServeOptions, serveWebTransport } from './server.js';
export { webtransportTransport } from './transport.js';
