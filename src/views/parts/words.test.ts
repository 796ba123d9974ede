import { expect, test } from 'vitest';
import { callsOf, duration, goneOf, hintOf, milliseconds, sentence, standbyOf } from './words.js';

const cue = {
  id: 'cue-5',
  number: '5',
  status: 'pending' as const,
  calls: [{ department: 'lighting', number: '24' }, { department: 'sound', number: '12' }, { department: 'pyro' }],
};

test('who goes with a cue is said in the booth’s short words', () => {
  expect(callsOf(cue)).toBe('LX 24, Sound 12, Pyro');
});

test.each([
  ['Standby LX 24', 'LX 24'],
  ['Stand by: LX 24', 'LX 24'],
  ['Warn the fly floor', 'Warn the fly floor'],
])('the page says standby once: %s', (standbyText, said) => {
  expect(standbyOf({ ...cue, standbyText })).toBe(said);
});

test('without a standby text the calls are said, and without calls the label or the number', () => {
  expect(standbyOf(cue)).toBe('LX 24, Sound 12, Pyro');
  expect(standbyOf({ ...cue, calls: [], label: 'Blackout' })).toBe('Blackout');
  expect(standbyOf({ ...cue, calls: [] })).toBe('Cue 5');
});

test('durations are read as on a wall, overrun with a minus', () => {
  expect(duration(3_725_999)).toBe('1:02:05');
  expect(duration(-61_000)).toBe('−0:01:01');
  expect(duration(-400)).toBe('0:00:00');
});

test('milliseconds are as exact as they are useful', () => {
  expect([milliseconds(2.34), milliseconds(28.4)]).toEqual(['2.3 ms', '28 ms']);
});

test('a refusal is a sentence, and so is what to do about it', () => {
  expect(sentence('the show is at cue 6')).toBe('The show is at cue 6.');
  expect(hintOf({ ok: false, code: 'GO_GUARD', message: '', hint: 'wait' })).toBe('Wait.');
  expect(hintOf({ ok: false, code: 'SOMETHING_NEW', message: '' })).toBe('');
});

test('who has gone is told, by hand and again with the time', () => {
  const at = new Date(2026, 2, 1, 19, 43, 5).toISOString();
  const fired = (by: 'go' | 'operator' | 'rerun') => ({ at, by, seq: 1 });
  const gone = (...calls: Parameters<typeof goneOf>[0]['calls'] & object) => goneOf({ ...cue, calls });
  expect(goneOf(cue)).toBe('');
  expect(
    gone(
      { department: 'lighting', number: '24', fired: fired('go') },
      { department: 'sound', number: '12', fired: fired('operator') },
      { department: 'video', number: '3' },
      { department: 'fly', fired: fired('rerun') },
    ),
  ).toBe('LX 24, Sound 12 by hand 19:43:05, Fly again 19:43:05');
});
