/**
 * The little of Vitest that test/support uses, over node:test and node:assert: what runs the same contract in the guest,
 * where Vitest itself would cost a minute.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

export { test };

type Class = abstract new (...args: never[]) => unknown;

/** @param words  said when it does not hold */
export function expect(value: unknown, words?: string) {
  const is = (holds: boolean, what: string) => assert.ok(holds, words ?? what);
  return {
    toBe: (wanted: unknown) => assert.equal(value, wanted, words),
    toEqual: (wanted: unknown) => assert.deepEqual(value, wanted, words),
    toBeUndefined: () => assert.equal(value, undefined, words),
    toBeInstanceOf: (wanted: Class) => is(value instanceof wanted, `${value} is no ${wanted.name}`),
    toHaveLength: (wanted: number) => assert.equal(Object(value).length, wanted, words),
    toBeGreaterThanOrEqual: (least: number) => is(Number(value) >= least, `${value} is less than ${least}`),
    toBeLessThanOrEqual: (most: number) => is(Number(value) <= most, `${value} is more than ${most}`),
    not: { toBe: (unwanted: unknown) => assert.notEqual(value, unwanted, words) },
    rejects: { toBeDefined: () => assert.rejects(Promise.resolve(value)) },
  };
}
