/** The door `pacebuddy-bridge/adapter/testing`: the contract that every adapter keeps, for Vitest. */
export { adapterContract } from './contract.js';
export { never, type Rig, type Traits, testIo } from './rig.js';
export { eventually, within } from './waiting.js';
