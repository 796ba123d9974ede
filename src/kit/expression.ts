/**
 * Regular expressions that a user writes. JavaScript's backtrack, and one that does not end would stop the show; so one
 * that could take long is not taken, and none gets a long text. See docs/decisions/004-expressions-of-users.md.
 */
import { wordsOf } from './errors.js';

/** No longer text may be given to an expression, in characters. */
export const EXPRESSION_TEXT_CHARS_MAX = 128;
/** Unbounded repeats in one: each may multiply the work by the length of the text. */
const REPEATS_MAX = 3;
/** Choices (| and ?) in one: each may double the work. */
const CHOICES_MAX = 8;
/** What the repeats and the choices may come to together, in steps; about 0.2 s at worst on a slow machine. */
const STEPS_MAX = 2 ** 24;

/** One token at a time: a back reference by name, an escape, a class, the opening of a group, a count, any other character. */
const TOKENS = /\\k<[^>]*>|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<[^>=!]*>|<?[:=!]))?|\{\d+(?:,\d*)?\}|[\s\S]/g;

/**
 * Why an expression is not taken, in the technician's words: it is none, or a text could keep it busy for long.
 * @param flags  as `RegExp` takes them.
 * @param isWhole  whether it must fit the whole text (`^(?:…)$` is put around it); left out: any part of it, unless it
 *   begins with ^.
 */
export function problemOfExpression(
  source: string,
  { flags = '', isWhole = false }: { flags?: string; isWhole?: boolean } = {},
): string | undefined {
  const groups: { varies: boolean }[] = [{ varies: false }];
  /** The group that ended just before this token. */
  let ended: { varies: boolean } | undefined;
  let repeats = 0;
  let choices = 0;
  let isAnchored = isWhole || source.startsWith('^');
  for (const [token] of source.matchAll(TOKENS)) {
    const group = groups.at(-1) ?? { varies: false };
    const last = ended;
    ended = undefined;
    if (/^\\[1-9k]/.test(token)) return 'a back reference is not taken';
    if (token.startsWith('(')) groups.push({ varies: false });
    else if (token === ')') {
      ended = groups.pop();
      const outer = groups.at(-1);
      if (outer && ended?.varies) outer.varies = true;
    } else if (token === '|' || token === '?') {
      choices += 1;
      group.varies = true;
      // The other branch of the whole has no ^ of its own.
      if (token === '|' && groups.length === 1) isAnchored = isWhole;
    } else if (token === '*' || token === '+' || /^\{\d/.test(token)) {
      if (last?.varies) return 'a repeat of what repeats or chooses inside is not taken';
      if (/^\{\d+\}$/.test(token)) continue;
      repeats += 1;
      group.varies = true;
    }
  }
  if (repeats > REPEATS_MAX) return `more than ${REPEATS_MAX} repeats`;
  const most = Math.min(CHOICES_MAX, choicesBeside(isAnchored ? repeats : repeats + 1));
  if (choices > most) {
    const beside =
      most < CHOICES_MAX ? ` beside ${repeats} repeats${isAnchored ? '' : ' without a ^ at the start'}` : '';
    return `more than ${most} choices${beside}`;
  }
  try {
    new RegExp(source, flags);
    return undefined;
  } catch (error) {
    return wordsOf(error);
  }
}

/** How many choices the steps leave to so many repeats, where an unanchored start counts as one. */
function choicesBeside(repeats: number): number {
  let steps = 1;
  for (let n = 1; n <= repeats; n += 1) steps *= (EXPRESSION_TEXT_CHARS_MAX + n) / n;
  return Math.floor(Math.log2(STEPS_MAX / steps));
}
