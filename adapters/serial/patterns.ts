/** Which input rules a line fits. Pure. */

import type { Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { EXPRESSION_TEXT_CHARS_MAX, problemOfExpression } from '../../src/kit/expression.js';
import { normaliseHex } from './codec.js';

/** A regular expression of a rule, or why it is not taken. */
export type CompiledMatch = { source: string; expression: RegExp } | { source: string; problem: string };

/** Compiles a `match`. */
export function compileMatch(source: string): CompiledMatch {
  const problem = problemOfExpression(source);
  return problem === undefined ? { source, expression: new RegExp(source) } : { source, problem };
}

/** The first `match` that the line fits, with what its groups hold: by number from 0, and by name. */
export function groupsOf(
  line: string,
  matches: readonly CompiledMatch[],
): { match: string; groups: Record<string, string> } | undefined {
  if (line.length > EXPRESSION_TEXT_CHARS_MAX) return undefined;
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

/** Whether every line that fits `pattern` fits `other` as well. What a `match` takes is not looked at. */
export const includes = ({ line, prefix = line }: Pattern, other: Pattern): boolean =>
  typeof prefix === 'string' && typeof other.prefix === 'string' && prefix.startsWith(other.prefix);

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
