/**
 * Matching OSC addresses, in time proportional to pattern × address whatever the pattern: an incoming one is a
 * stranger's.
 * @see Open Sound Control 1.0, "OSC Message Dispatching and Pattern Matching"; 1.1 for `//`
 */
import { compileWildcards } from '../../kit/wildcards.js';

/** Whether an address holds a wildcard: it may then stand for several. */
export const isPattern = (address: string): boolean => /[?*[\]{}]|\/\//.test(address);

/**
 * Whether a message's address is one that is waited for. A wanted one with wildcards is matched against the message's
 * address as it stands. One without is what OSC 1.0 calls a method: the message's address, which may be a pattern, is
 * matched against it. Two patterns meet only when they are the same text.
 */
export function addressFits(wanted: string, address: string): boolean {
  if (wanted === address) return true;
  if (isPattern(wanted)) return !isPattern(address) && matchAddress(wanted, address);
  return isPattern(address) && matchAddress(address, wanted);
}

/**
 * Whether `pattern` matches the whole of `address`, part by part: ? one character, * any run, [abc] [a-z] [!a] one
 * character, {foo,bar} one of the texts; none of them crosses a slash. // skips any number of parts. A pattern with an
 * unclosed bracket matches nothing.
 */
export function matchAddress(pattern: string, address: string): boolean {
  const parts = address.split('/').slice(1);
  // Which numbers of parts can have been used up; // turns each into itself and all above.
  let reached = new Set([0]);
  let skips = false;
  const wanted = pattern.split('/').slice(1);
  if (!pattern.startsWith('/')) return false;
  for (const [index, part] of wanted.entries()) {
    if (part === '' && index < wanted.length - 1) {
      skips = true;
      continue;
    }
    const fits = compileWildcards(part);
    if (!fits) return false;
    const next = new Set<number>();
    for (let at = skips ? Math.min(...reached) : 0; at < parts.length; at++) {
      if ((skips || reached.has(at)) && fits(parts[at] as string)) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reached = next;
    skips = false;
  }
  return reached.has(parts.length);
}
