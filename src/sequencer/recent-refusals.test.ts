import { expect, test } from 'vitest';
import { draftOf } from '../../test/support/sequencer-rig.js';
import { refused } from '../protocol/decision.js';
import { OTHER_MESSAGE, RecentRefusals } from './recent-refusals.js';

const why = (n: number) => refused('CONFLICT', `no ${n}`);
const draft = draftOf({ payload: { toCueId: 'c1' } });

test('the newest are kept, and one that was asked for again is new', () => {
  const refusals = new RecentRefusals(2);
  refusals.keep('a', draft, why(1));
  refusals.keep('b', draft, why(2));
  expect(refusals.get('a', draft)).toEqual(why(1));
  refusals.keep('c', draft, why(3));
  expect(['a', 'b', 'c'].map((key) => refusals.get(key, draft))).toEqual([why(1), undefined, why(3)]);
});

test('another message under the same id is told so; what may be tried again is not kept', () => {
  const refusals = new RecentRefusals(2);
  refusals.keep('a', draft, why(1));
  expect(refusals.get('a', draftOf({ payload: { toCueId: 'c2' } }))).toBe(OTHER_MESSAGE);
  refusals.keep('b', draft, refused('SEQUENCER_BUSY', 'later'));
  expect(refusals.get('b', draft)).toBeUndefined();
});
