import { Evidence } from './evidence.js';

/** What outlives a connection: the books of what was asked for, and which workspace it was asked of. */
export interface Memory {
  readonly evidence: Evidence;
  /** The unique ID of the workspace in use, and what it was called last. */
  workspace: { id: string; name: string } | undefined;
}

const memories = new WeakMap<object, Memory>();

/** @param config  the device's part of the bridge file: the same object for each of its connections. */
export function memoryOf(config: object): Memory {
  let memory = memories.get(config);
  if (!memory) {
    memory = { evidence: new Evidence(), workspace: undefined };
    memories.set(config, memory);
  }
  return memory;
}
