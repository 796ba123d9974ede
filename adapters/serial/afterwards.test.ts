import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { Afterwards } from './afterwards.js';

function bench() {
  const clock = new TestClock();
  const afterwards = new Afterwards<string>(clock);
  const asked: string[] = [];
  const start = (ms: number, out: string) => afterwards.start(ms, out, [out], () => asked.push(out));
  return { clock, afterwards, asked, start };
}

test('of what was replaced nobody is asked at its time', async () => {
  const { clock, afterwards, asked, start } = bench();
  start(1000, 'green off');
  start(1000, 'amber off');
  afterwards.replace(['green off']);
  await clock.advance(1000);
  expect(asked).toEqual(['amber off']);
});

test('after the end nothing begins to wait, and what waited is told once', async () => {
  const { clock, afterwards, asked, start } = bench();
  start(1000, 'green off');
  expect(afterwards.end()).toEqual(['green off']);
  start(1000, 'amber off');
  expect(clock.sleeping).toBe(0);
  await clock.advance(1000);
  expect([afterwards.end(), asked]).toEqual([[], []]);
});
