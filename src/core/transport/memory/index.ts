export { type MemoryPair, type MemoryPairOptions, memoryPair } from './memory-pair.js';
