/**
 * OSC's wildcards, in time proportional to pattern × text whatever the pattern: it may be a stranger's.
 * @see Open Sound Control 1.0, "OSC Message Dispatching and Pattern Matching"
 */

/** One piece of a part: exactly one character of a kind, any run, or one of some texts. */
type Token = ((character: string) => boolean) | 'any' | readonly string[];

/**
 * Reads a pattern: ? one character, * any run, [abc] [a-z] [!a] one character, {foo,bar} one of the texts.
 * @returns whether it matches the whole of a text; undefined for a pattern with an unclosed bracket, which matches nothing.
 */
export function compileWildcards(pattern: string): ((text: string) => boolean) | undefined {
  const tokens = tokensOf(pattern);
  return tokens && ((text) => matchTokens(tokens, text));
}

function tokensOf(part: string): Token[] | undefined {
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
function matchTokens(tokens: readonly Token[], text: string): boolean {
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
