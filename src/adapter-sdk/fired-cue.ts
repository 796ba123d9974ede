import type { FiredCue, Input } from './adapter.js';

/**
 * The cue of an input that tells of one that was fired, for `Adapter.firedCue`. Undefined when it names no cue, or when it was
 * the bridge's own.
 */
export function firedCueOf({ cueNumber, name, attribution }: Input): FiredCue | undefined {
  if (typeof cueNumber !== 'string' || (attribution !== 'operator' && attribution !== 'doubtful')) return undefined;
  return { cueNumber, attribution, ...(typeof name === 'string' ? { name } : {}) };
}
