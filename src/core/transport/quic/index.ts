export { quicTransport } from './connect.js';
export { listenQuic } from './listen.js';
