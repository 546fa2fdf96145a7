export { type MemoryLimits, type MemoryPair, type MemoryPairOptions, memoryPair } from './memory-pair.js';
