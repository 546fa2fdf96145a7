export { type BytePipe, PipeError } from './pipe.js';
export { CapsuleSession } from './session.js';
export type { CapsuleSessionOptions, InitialLimits, LocalLimits } from './session-options.js';
