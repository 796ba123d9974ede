import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { divergence, PLAYHEAD_SETTLE_MS, type PlayheadView, PlayheadWatch } from './playheads.js';

const words: [string, PlayheadView, string | undefined][] = [
  ['as the show has it', { device: 'q', playhead: '13', wanted: '13' }, undefined],
  ['elsewhere', { device: 'q', playhead: '14', wanted: '13' }, "q stands at 14, the show's next is 13"],
  ['1.10 is not 1.1', { device: 'q', playhead: '1.1', wanted: '1.10' }, "q stands at 1.1, the show's next is 1.10"],
  ['at none', { device: 'q', playhead: null, wanted: '13' }, "q stands at no cue, the show's next is 13"],
  [
    'at a memo',
    { device: 'q', playhead: '', wanted: '13' },
    "q stands at a cue without a number, the show's next is 13",
  ],
  ['not known', { device: 'q', playhead: undefined, wanted: '13', main: { device: 'm', playhead: '1' } }, undefined],
  ['nothing ahead', { device: 'q', playhead: '14', wanted: undefined }, undefined],
  [
    'beside its main',
    { device: 'b', playhead: '14', main: { device: 'm', playhead: '13' } },
    'b stands at 14, m at 13',
  ],
  ['with its main', { device: 'b', playhead: null, main: { device: 'm', playhead: null } }, undefined],
  ['its main is gone', { device: 'b', playhead: '14', main: { device: 'm', playhead: undefined } }, undefined],
  [
    'right, though its main is wrong',
    { device: 'b', playhead: '13', wanted: '13', main: { device: 'm', playhead: '14' } },
    undefined,
  ],
];
test.each(words)('a playhead that stands %s', (_, view, expected) => {
  expect(divergence(view)).toBe(expected);
});

function watch() {
  const clock = new TestClock();
  const views = new Map<string, PlayheadView>();
  const told: string[] = [];
  const playheads = new PlayheadWatch({
    clock,
    views: () => [...views.values()],
    raise: (device, alarm) => told.push(alarm ? `${alarm.code} ${alarm.detail}` : `${device} is well`),
  });
  const put = (playhead: string | null | undefined, wanted: string | undefined = '13') => {
    views.set('q', { device: 'q', playhead, wanted });
    playheads.look();
  };
  return { clock, views, told, playheads, put };
}

test('a device that follows the show in time is no alarm', async () => {
  const { clock, told, put } = watch();
  for (let cue = 1; cue < 20; cue++) {
    put(String(cue), String(cue + 1));
    await clock.advance(PLAYHEAD_SETTLE_MS - 1);
    put(String(cue + 1), String(cue + 1));
    await clock.advance(500);
  }
  expect(told).toEqual([]);
  expect(clock.sleeping).toBe(0);
});

test('an alarm comes once the settle time is over, though nothing moves any more, and goes at once', async () => {
  const { clock, told, put } = watch();
  put('14');
  await clock.advance(PLAYHEAD_SETTLE_MS - 1);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(["PLAYHEAD_DIVERGED q stands at 14, the show's next is 13"]);
  put('14');
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
  put('13');
  expect(told.at(-1)).toBe('q is well');
});

test('a device that stays behind a show that moves on is told, with where both are then', async () => {
  const { clock, told, put } = watch();
  for (const wanted of ['13', '14', '15']) {
    put('12', wanted);
    await clock.advance(PLAYHEAD_SETTLE_MS * 0.4);
  }
  expect(told).toEqual(["PLAYHEAD_DIVERGED q stands at 12, the show's next is 15"]);
});

test('a playhead that somebody drags through the list is told at most once a settle time', async () => {
  const { clock, told, put } = watch();
  for (let cue = 20; cue < 60; cue++) {
    put(String(cue));
    await clock.advance(50);
  }
  await clock.advance(PLAYHEAD_SETTLE_MS);
  expect(told).toHaveLength(2);
  expect(told.at(-1)).toContain('stands at 59');
});

test('a device that is lost has no alarm for its playhead, and gets it anew when it is back', async () => {
  const { clock, told, put } = watch();
  put('14');
  await clock.advance(PLAYHEAD_SETTLE_MS);
  put(undefined);
  expect(told.at(-1)).toBe('q is well');
  put('14');
  expect(told).toHaveLength(2);
  await clock.advance(PLAYHEAD_SETTLE_MS);
  expect(told).toHaveLength(3);
});

test('a new bridge file takes alarms back and looks anew; closing leaves no timer', async () => {
  const { clock, told, playheads, views, put } = watch();
  put('14');
  await clock.advance(PLAYHEAD_SETTLE_MS);
  views.clear();
  playheads.restart();
  expect(told.at(-1)).toBe('q is well');
  put('15');
  expect(clock.sleeping).toBe(1);
  playheads.close();
  expect(clock.sleeping).toBe(0);
  put('16');
  await clock.advance(PLAYHEAD_SETTLE_MS);
  expect(told).toHaveLength(2);
});
