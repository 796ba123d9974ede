import { createPatch, type Operation } from 'rfc6902';
import type { JsonPatch } from '../generated/types.js';
import { pointerOf } from '../kit/pointer.js';
import type { ShowState } from './state.js';

/** Lists that changed in more than one place are compared entry by entry up to this many pairs, else replaced whole. */
const PAIRS_MAX = 256;
/** A patch holds at most so many operations, as its schema says; above it a list, or a member, is replaced whole. */
const OPERATIONS_MAX = 10_000;

/**
 * How the state changed, as JSON Patch (RFC 6902). What structural sharing shows to be the same is not looked at, so
 * the work is that of the change and not that of the show.
 */
export function diff(before: ShowState, after: ShowState): JsonPatch {
  const operations = compare(before, after) as JsonPatch;
  if (operations.length <= OPERATIONS_MAX) return operations;
  return (Object.keys(after) as (keyof ShowState)[])
    .filter((member) => before[member] !== after[member])
    .map((member) => ({ op: 'replace', path: `/${member}`, value: after[member] }));
}

/** Walks down where the two differ; what to do with a list that changed in many places, the library says. */
function compare(from: unknown, to: unknown, path = ''): Operation[] {
  if (from === to) return [];
  if (Array.isArray(from) && Array.isArray(to)) {
    return compareLists(from, to, path) ?? below(path, createPatch(from, to));
  }
  if (!isObject(from) || !isObject(to)) return [{ op: 'replace', path, value: to }];
  const operations: Operation[] = [];
  for (const name in from) if (!(name in to)) operations.push({ op: 'remove', path: path + pointerOf(name) });
  for (const name in to) {
    const old = from[name];
    const now = to[name];
    if (old === now) continue;
    const place = path + pointerOf(name);
    if (name in from) operations.push(...compare(old, now, place));
    else operations.push({ op: 'add', path: place, value: now });
  }
  return operations;
}

/** Ours change in one place: something was added, taken out or moved there, or changed inside. */
function compareLists(from: readonly unknown[], to: readonly unknown[], path: string): Operation[] | undefined {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (end < Math.min(from.length, to.length) - start && from.at(-1 - end) === to.at(-1 - end)) end++;
  const old = from.slice(start, from.length - end);
  const now = to.slice(start, to.length - end);

  if (old.length === 0) return now.map((value, i) => ({ op: 'add', path: `${path}/${start + i}`, value }));
  if (now.length === 0) return old.map(() => ({ op: 'remove', path: `${path}/${start}` }));
  if (old.length === now.length) {
    const last = start + old.length - 1;
    if (isMoved(old, now)) return [{ op: 'move', from: `${path}/${start}`, path: `${path}/${last}` }];
    if (isMoved(now, old)) return [{ op: 'move', from: `${path}/${last}`, path: `${path}/${start}` }];
    if (old.every(isObject) && now.every(isObject)) {
      const operations = old.flatMap((value, i) => compare(value, now[i], `${path}/${start + i}`));
      return operations.length > OPERATIONS_MAX ? [{ op: 'replace', path, value: to }] : operations;
    }
  }
  return old.length * now.length > PAIRS_MAX ? [{ op: 'replace', path, value: to }] : undefined;
}

/** Whether the first entry went to the end and the others moved up. */
const isMoved = (old: readonly unknown[], now: readonly unknown[]): boolean =>
  old.length > 1 && old[0] === now.at(-1) && now.every((value, i) => i === now.length - 1 || value === old[i + 1]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const below = (prefix: string, operations: Operation[]): Operation[] =>
  operations.map((operation) =>
    'from' in operation
      ? { ...operation, path: prefix + operation.path, from: prefix + operation.from }
      : { ...operation, path: prefix + operation.path },
  );
