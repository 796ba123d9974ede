/** The texts of a profile: $name stands for a value, $$ for a dollar. Filled in going out, read back coming in. Pure. */

/** Fixed text, or the name of what stands there. */
export type Piece = string | { name: string };

const NAME = /\$(\$|[a-z][A-Za-z0-9]*)?/g;

/** @returns the pieces in order, or why the text is none: a dollar that begins no name. */
export function piecesOf(text: string): { ok: true; pieces: Piece[] } | { ok: false; problem: string } {
  const pieces: Piece[] = [];
  const put = (fixed: string): void => {
    const last = pieces.at(-1);
    if (fixed === '') return;
    if (typeof last === 'string') pieces[pieces.length - 1] = last + fixed;
    else pieces.push(fixed);
  };
  let at = 0;
  for (const match of text.matchAll(NAME)) {
    const [whole, name] = match;
    if (name === undefined) return { ok: false, problem: `"${text}" has a $ that begins no name; $$ is a dollar` };
    put(text.slice(at, match.index));
    if (name === '$') put('$');
    else pieces.push({ name });
    at = match.index + whole.length;
  }
  put(text.slice(at));
  return { ok: true, pieces };
}

/** The names in a text that is sound, in order. */
export const namesIn = (text: string): string[] =>
  sound(text).flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]));

/** The name that a text consists of, when it is one $name and nothing else. */
export function onlyName(text: string): string | undefined {
  const [piece, ...more] = sound(text);
  return typeof piece === 'object' && more.length === 0 ? piece.name : undefined;
}

/** @returns undefined when a name has no value. */
export function fillText(text: string, values: Readonly<Record<string, unknown>>): string | undefined {
  let out = '';
  for (const piece of sound(text)) {
    const value = typeof piece === 'string' ? piece : values[piece.name];
    if (value === undefined || value === null) return undefined;
    out += String(value);
  }
  return out;
}

/** What reads the names of an address template back out of an address; undefined when the address does not fit. */
export type AddressReader = (address: string) => Record<string, string> | undefined;

/**
 * Reads part by part: a name stands for at least one character of one part. A template that is one $name stands for the
 * whole address.
 * @param template  sound, with some text between two names of one part (`problemOfAddress`).
 */
export function addressReader(template: string): AddressReader {
  const whole = onlyName(template);
  if (whole !== undefined) return (address) => ({ [whole]: address });
  const parts = template.split('/').map(sound);
  return (address) => {
    const given = address.split('/');
    if (given.length !== parts.length) return undefined;
    const found: Record<string, string> = {};
    return parts.every((pieces, index) => readPart(pieces, given[index] ?? '', found)) ? found : undefined;
  };
}

/** Reads the names of a text back out of another, as `addressReader` does of one part; undefined when it does not fit. */
export function textReader(template: string): (text: string) => Record<string, string> | undefined {
  const pieces = sound(template);
  return (text) => {
    const found: Record<string, string> = {};
    return readPart(pieces, text, found) ? found : undefined;
  };
}

/** Each name stands for at least one character, and for no more than what is before the text behind it. */
function readPart(pieces: readonly Piece[], text: string, found: Record<string, string>): boolean {
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      if (!text.startsWith(piece, at)) return false;
      at += piece.length;
      continue;
    }
    const behind = pieces[index + 1];
    const isLast = index + 2 === pieces.length;
    const end =
      typeof behind !== 'string' ? text.length : isLast ? text.length - behind.length : text.indexOf(behind, at + 1);
    if (end <= at) return false;
    found[piece.name] = text.slice(at, end);
    at = end;
  }
  return at === text.length;
}

/** Why an address template can be read by nobody; undefined when it can. */
export function problemOfAddress(template: string): string | undefined {
  const read = piecesOf(template);
  if (!read.ok) return read.problem;
  if (!template.startsWith('/') && onlyName(template) === undefined) {
    return `the address "${template}" neither starts with / nor is one $name`;
  }
  const crowded = template.split('/').find((part) => isCrowded(sound(part)));
  if (crowded !== undefined) return `the part "${crowded}" of "${template}" has two names with nothing between them`;
  const names = namesIn(template);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `"${template}" has $${twice} twice`;
}

function sound(text: string): Piece[] {
  const read = piecesOf(text);
  return read.ok ? read.pieces : [text];
}

const isCrowded = (pieces: readonly Piece[]): boolean =>
  pieces.some((piece, index) => typeof piece !== 'string' && typeof pieces[index + 1] === 'object');
