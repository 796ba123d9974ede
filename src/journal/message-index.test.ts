import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageIndex } from './message-index.js';

test('behaves like a Map from the lower-case messageId to its first number', () => {
  // Few distinct ids, so that repeats and unknown ones are both common.
  const id = fc
    .tuple(fc.integer({ min: 0, max: 400 }), fc.uuid(), fc.boolean())
    .map(([n, uuid, repeat]) => (repeat ? `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` : uuid));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 2000 }), fc.array(id, { maxLength: 50 }), (added, asked) => {
      const index = new MessageIndex();
      const model = new Map<string, number>();
      for (const [i, uuid] of added.entries()) {
        index.add(uuid, i + 1);
        if (!model.has(uuid)) model.set(uuid, i + 1);
      }
      expect(index.size).toBe(added.length);
      for (const uuid of [...added, ...asked]) {
        expect(index.get(uuid)).toBe(model.get(uuid));
        expect(index.get(uuid.toUpperCase())).toBe(model.get(uuid));
      }
      const copy = new MessageIndex();
      for (const bytes of index.keys(index.size)) copy.load(bytes);
      for (const uuid of [...added, ...asked]) expect(copy.get(uuid)).toBe(model.get(uuid));
    }),
    { numRuns: 40 },
  );
});

test('what is no UUID is never found, and never taken in', () => {
  const index = new MessageIndex();
  const uuid = '0198a1b2-c3d4-7e5f-8a9b-0123456789ab';
  index.add(uuid, 1);
  for (const text of ['', 'x', uuid.replaceAll('-', ''), `${uuid}0`, uuid.replace('a', 'g'), uuid.replace('0', 'İ')]) {
    expect(index.get(text)).toBeUndefined();
    expect(() => index.add(text, 2)).toThrow('no UUID');
  }
  expect(index.size).toBe(1);
});

test('numbers come without a gap', () => {
  const index = new MessageIndex();
  expect(() => index.add('0198a1b2-c3d4-7e5f-8a9b-0123456789ab', 2)).toThrow('not before 2');
});

test('one million events take less than 45 MB', () => {
  const index = new MessageIndex();
  const id = (i: number) => `0198a1b2-c3d4-7e5f-8a9b-${String(i).padStart(12, '0')}`;
  for (let i = 1; i <= 1_000_000; i += 1) index.add(id(i), i);
  expect(index.bytes).toBeLessThan(45e6);
  expect(index.get(id(1))).toBe(1);
  expect(index.get(id(999_999))).toBe(999_999);
  expect(index.get(id(1_000_001))).toBeUndefined();
});
