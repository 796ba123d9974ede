/**
 * Matching OSC addresses, in time proportional to pattern × address whatever the pattern: an incoming one is a
 * stranger's.
 * @see Open Sound Control 1.0, "OSC Message Dispatching and Pattern Matching"; 1.1 for `//`
 */

/** Whether an address holds a wildcard: it may then stand for several. */
export const isPattern = (address: string): boolean => /[?*[\]{}]|\/\//.test(address);

/**
 * Whether a message fires a rule. A rule's address with wildcards is matched against the message's address as it
 * stands; the rule decides. A rule's address without is what OSC 1.0 calls a method: the message's address, which may
 * be a pattern, is matched against it. Two patterns meet only when they are the same text.
 */
export function addressFires(ruleAddress: string, messageAddress: string): boolean {
  if (ruleAddress === messageAddress) return true;
  if (isPattern(ruleAddress)) return !isPattern(messageAddress) && matchAddress(ruleAddress, messageAddress);
  return isPattern(messageAddress) && matchAddress(messageAddress, ruleAddress);
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
    const tokens = compilePart(part);
    if (!tokens) return false;
    const next = new Set<number>();
    for (let at = skips ? Math.min(...reached) : 0; at < parts.length; at++) {
      if ((skips || reached.has(at)) && matchPart(tokens, parts[at] as string)) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reached = next;
    skips = false;
  }
  return reached.has(parts.length);
}

/** One piece of a part: exactly one character of a kind, any run, or one of some texts. */
type Token = ((character: string) => boolean) | 'any' | readonly string[];

function compilePart(part: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length; at++) {
    const character = part[at] as string;
    if (character === '*') tokens.push('any');
    else if (character === '?') tokens.push(() => true);
    else if (character === '[' || character === '{') {
      const end = part.indexOf(character === '[' ? ']' : '}', at + 1);
      if (end < 0) return undefined;
      const inside = part.slice(at + 1, end);
      tokens.push(character === '[' ? compileClass(inside) : inside.split(','));
      at = end;
    } else tokens.push((other) => other === character);
  }
  return tokens;
}

/** A minus between two characters is a range, at either end itself; a ! at the start negates. */
function compileClass(inside: string): (character: string) => boolean {
  const negated = inside.startsWith('!');
  const set = negated ? inside.slice(1) : inside;
  const ranges: [from: string, to: string][] = [];
  for (let at = 0; at < set.length; at++) {
    const from = set[at] as string;
    if (set[at + 1] === '-' && at + 2 < set.length) {
      const to = set[at + 2] as string;
      ranges.push(from <= to ? [from, to] : [to, from]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}

/** Follows all ways through the text at once: no backtracking, so no pattern is slow. */
function matchPart(tokens: readonly Token[], text: string): boolean {
  let places = new Set([0]);
  for (const token of tokens) {
    const next = new Set<number>();
    for (const at of places) {
      if (token === 'any') {
        for (let end = at; end <= text.length && !next.has(end); end++) next.add(end);
      } else if (typeof token === 'function') {
        if (at < text.length && token(text[at] as string)) next.add(at + 1);
      } else {
        for (const choice of token) if (text.startsWith(choice, at)) next.add(at + choice.length);
      }
    }
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(text.length);
}
