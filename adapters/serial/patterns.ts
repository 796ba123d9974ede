/** Which input rules a line fits. Pure. */

import type { Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { wordsOf } from '../../src/kit/errors.js';
import { normaliseHex } from './codec.js';

/** Longer lines fit no `match`. */
const MATCH_CHARACTERS_MAX = 128;
/** Unbounded repeats in one `match`: each may multiply the work by the line's length. */
const MATCH_REPEATS_MAX = 3;
/** Choices (| and ?) in one `match`: each may double the work. */
const MATCH_CHOICES_MAX = 8;

/** A regular expression of a rule, or why it is not taken. */
export type CompiledMatch = { source: string; expression: RegExp } | { source: string; problem: string };

/**
 * Compiles a `match`. JavaScript's regular expressions backtrack, and one that does not end would stop the show; so
 * what can take exponential time is not taken: a repeat (* + {2,}) of a group that has a repeat or a choice in it,
 * and back references.
 */
export function compileMatch(source: string): CompiledMatch {
  const problem = problemOfMatch(source);
  if (problem !== undefined) return { source, problem };
  try {
    return { source, expression: new RegExp(source) };
  } catch (error) {
    return { source, problem: wordsOf(error) };
  }
}

/** One token at a time: a back reference by name, an escape, a class, the opening of a group, a count, any other character. */
const TOKENS = /\\k<[^>]*>|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<[^>=!]*>|<?[:=!]))?|\{\d+(?:,\d*)?\}|[\s\S]/g;

function problemOfMatch(source: string): string | undefined {
  const groups: { varies: boolean }[] = [{ varies: false }];
  /** The group that ended just before this token. */
  let ended: { varies: boolean } | undefined;
  let repeats = 0;
  let choices = 0;
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
    } else if (token === '*' || token === '+' || /^\{\d/.test(token)) {
      if (last?.varies) return 'a repeat of what repeats or chooses inside is not taken';
      if (/^\{\d+\}$/.test(token)) continue;
      repeats += 1;
      group.varies = true;
    }
  }
  if (repeats > MATCH_REPEATS_MAX) return `more than ${MATCH_REPEATS_MAX} repeats`;
  return choices > MATCH_CHOICES_MAX ? `more than ${MATCH_CHOICES_MAX} choices` : undefined;
}

/** The first `match` that the line fits, with what its groups hold: by number from 0, and by name. */
export function groupsOf(
  line: string,
  matches: readonly CompiledMatch[],
): { match: string; groups: Record<string, string> } | undefined {
  if (line.length > MATCH_CHARACTERS_MAX) return undefined;
  for (const match of matches) {
    if (!('expression' in match)) continue;
    const found = match.expression.exec(line);
    if (!found) continue;
    const numbered = found.slice(1).map((text, n) => [String(n), text] as const);
    const named = Object.entries(found.groups ?? {});
    const filled = [...numbered, ...named].filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { match: match.source, groups: Object.fromEntries(filled) };
  }
  return undefined;
}

/** Whether an input of this adapter fits a pattern; see config.schema.json, $defs when. */
export function matches(pattern: Pattern, input: Input): boolean {
  const { line, prefix, match, bytes, contact, edge = 'press' } = pattern;
  if (contact !== undefined || input.contact !== undefined) return contact === input.contact && edge === input.edge;
  if (line !== undefined && input.line !== line) return false;
  if (prefix !== undefined && !String(input.line).startsWith(String(prefix))) return false;
  if (match !== undefined && input.match !== match) return false;
  if (bytes !== undefined && input.bytes !== normaliseHex(String(bytes))) return false;
  return line !== undefined || prefix !== undefined || match !== undefined || bytes !== undefined;
}

/**
 * Why no input of this device could ever fit the pattern, in the technician's words.
 * @param config  the device, as config.schema.json, $defs device, says.
 */
export function problemOfPattern(pattern: Pattern, config: Readonly<Record<string, unknown>>): string | undefined {
  const { match, contact } = pattern;
  if (typeof match === 'string') {
    const compiled = compileMatch(match);
    return 'problem' in compiled ? `match ${match}: ${compiled.problem}` : undefined;
  }
  if (typeof contact !== 'string') return undefined;
  const names = Object.keys(Object(config.contacts));
  if (names.includes(contact)) return undefined;
  return `the device has no contact called '${contact}'${names.length > 0 ? `; it has ${names.join(', ')}` : ''}`;
}
