import type { Adapter, Input, Pattern } from '../adapter-sdk/adapter.js';

/** Whether an input of a device of this kind fits the `when` of a rule. Pure. */
export function fits(adapter: Pick<Adapter, 'matches'> | undefined, pattern: Pattern, input: Input): boolean {
  if (adapter?.matches) return adapter.matches(pattern, input);
  return Object.entries(pattern).every(([name, value]) => input[name] === value);
}
