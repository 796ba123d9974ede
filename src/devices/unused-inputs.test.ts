import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import { inputWords, UnusedInputs, type WhyUnused } from './unused-inputs.js';

const inVain = { why: 'no-rule', code: 'INPUT_UNUSED', words: 'no rule fits it' } as const;

function rig() {
  const clock = new TestClock();
  const kept = keptLog();
  const counted: [string, WhyUnused][] = [];
  const unused = new UnusedInputs(clock, kept.log, (device, why) => counted.push([device, why]));
  return { clock, lines: kept.lines, counted, unused };
}

test('each input in vain is counted for its device, and the newest is kept in words', async () => {
  const { clock, unused, counted } = rig();
  expect(unused.of('box')).toBeUndefined();
  unused.note('box', { line: 'GOO', bytes: '474f4f' }, inVain);
  await clock.advance(1000);
  unused.note('box', { line: 'GO' }, { why: 'refused', code: 'GO_GUARD', words: 'cue 1 went 20 ms ago' });
  unused.note('pedal', { button: 'left', gesture: 'press' }, inVain);
  expect(unused.of('box')).toMatchObject({
    count: 2,
    last: { code: 'GO_GUARD', words: 'line "GO": cue 1 went 20 ms ago' },
  });
  expect(unused.of('pedal')?.last.words).toBe('button "left", gesture "press": no rule fits it');
  expect(counted).toEqual([
    ['box', 'no-rule'],
    ['box', 'refused'],
    ['pedal', 'no-rule'],
  ]);
});

test('a box that chatters fills no log, and the next line tells how many were left out', async () => {
  const { clock, lines, unused } = rig();
  for (let i = 0; i < 100; i++) unused.note('box', { line: `X${i}` }, inVain);
  expect(lines).toHaveLength(5);
  await clock.advance(1000);
  unused.note('box', { line: 'Y' }, inVain);
  expect(lines.at(-1)).toMatchObject({ msg: 'input.unused', code: 'INPUT_UNUSED', device: 'box', unsaid: 95 });
  expect(unused.of('box')?.count).toBe(101);
});

test('a long input is cut, and bytes are shown where there is no text', () => {
  expect(inputWords({ bytes: '0d' })).toBe('bytes "0d"');
  expect(inputWords({ address: '/go', args: [1], types: 'i', from: '10.0.0.5:9000' })).toBe(
    'address "/go", args [1], from "10.0.0.5:9000"',
  );
  expect(inputWords({ line: 'x'.repeat(5000) }).length).toBeLessThan(200);
});
