export { quicTransport } from './client/connect.js';
export { listenQuic } from './server/listen.js';
