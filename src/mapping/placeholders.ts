/**
 * Placeholders: `$call.number`, `$input.args.0` and the like in the texts of a rule. `$$` is a dollar; a dollar before
 * anything but a letter stands for itself.
 */
import { pointerOf } from '../kit/pointer.js';

/** What a rule may read, by the word after the dollar. */
export interface Context {
  call?: unknown;
  cue?: unknown;
  segment?: unknown;
  act?: unknown;
  show?: unknown;
  event?: unknown;
  actor?: unknown;
  input?: unknown;
}

export type Scope = keyof Context;

export interface Placeholder {
  /** As written, such as `$call.targets.qlab`. */
  text: string;
  /** The word after the dollar; not a Scope when it is unknown. */
  scope: string;
  /** The names after it. */
  path: readonly string[];
}

/** NAME stands for a name of the user's; a * after it for any number of further names or places in a list. */
export const VOCABULARY: Readonly<Record<Scope, readonly string[]>> = {
  call: ['number', 'label', 'department', 'targets.NAME'],
  cue: ['id', 'number', 'label'],
  segment: ['id', 'title'],
  act: ['id', 'title'],
  show: ['id', 'title'],
  event: ['payload.NAME*', 'eventSeq', 'eventType', 'recordedAt'],
  actor: ['userId', 'role', 'deviceId', 'displayName'],
  input: ['NAME*'],
};

export const isScope = (word: string): word is Scope => Object.hasOwn(VOCABULARY, word);

/** What stands for a placeholder without a value, and for everything that holds one. */
export const NO_VALUE: unique symbol = Symbol('no value');

const PATTERN = /\$\$|\$([A-Za-z][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)/g;

/** A text cut into literal pieces and placeholders. */
export function parseText(text: string): (string | Placeholder)[] {
  if (!text.includes('$')) return [text];
  const parts: (string | Placeholder)[] = [];
  const literal = (piece: string) => {
    if (piece === '') return;
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + piece;
    else parts.push(piece);
  };
  let end = 0;
  for (const match of text.matchAll(PATTERN)) {
    literal(text.slice(end, match.index));
    const [whole, scope, tail = ''] = match;
    end = match.index + whole.length;
    if (scope === undefined) {
      literal('$');
      continue;
    }
    const names = tail === '' ? [] : tail.slice(1).split('.');
    const path = names.slice(0, lengthOf(scope, names));
    parts.push({ text: ['$', scope, ...path.map((name) => `.${name}`)].join(''), scope, path });
    literal(
      names
        .slice(path.length)
        .map((name) => `.${name}`)
        .join(''),
    );
  }
  literal(text.slice(end));
  return parts;
}

/** How many of the names belong to the placeholder: `$cue.number.wav` is the cue's number and then `.wav`. */
function lengthOf(scope: string, names: readonly string[]): number {
  if (!isScope(scope)) return names.length;
  const form = VOCABULARY[scope].find((known) => {
    const first = known.split('.')[0];
    return first === names[0] || first === 'NAME*';
  });
  if (form === undefined) return Math.min(names.length, 1);
  return form.endsWith('*') ? names.length : form.split('.').length;
}

/** Prepares the reading of a placeholder: the value, with its type; NO_VALUE when there is none, or an empty text. */
export function compilePlaceholder({ scope, path }: Placeholder): (context: Context) => unknown {
  if (path.length === 0 || !isScope(scope)) return () => NO_VALUE;
  return (context) => {
    let value: unknown = context[scope];
    for (const name of path) value = member(value, name);
    return value === undefined || value === null || value === '' ? NO_VALUE : value;
  };
}

/** The own member of a map or a list; undefined when there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Array.isArray(value) && name === 'length' ? undefined : (value as Record<string, unknown>)[name];
}

/** A placeholder and where it stands in the value it was found in, as a JSON pointer. */
export interface FoundPlaceholder extends Placeholder {
  pointer: string;
}

/** Every placeholder in a value, however deep. */
export function placeholdersIn(value: unknown, pointer = ''): FoundPlaceholder[] {
  if (typeof value === 'string') {
    return parseText(value).flatMap((part) => (typeof part === 'string' ? [] : [{ ...part, pointer }]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => placeholdersIn(inner, pointer + pointerOf(name)));
}
