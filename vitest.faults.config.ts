import { configFor } from './vitest.config.js';

/** Every way in which a peer, the network or the machine can fail: `npm run test:faults`. */
export default configFor('faults');
