import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import type { Clock, MonoMs } from '../kit/clock.js';
import type { Mapping } from '../mapping/mapping.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { initialState } from '../show/state.js';
import { keepWarm } from './warm-up.js';

const cues = ['c0', 'c1', 'c2'].map((id) => ({ id, number: id, calls: [] }));
const initial = initialState({
  version: 1,
  title: 'Small',
  acts: [{ id: 'a', segments: [{ id: 's', cues }] }],
  performers: [],
  mics: [],
  timers: [],
});

/** A practice whose commands are noted, each by the cue that it is of. */
function rig(tryCommand: () => void = () => undefined, practiceMs = 0) {
  const sleeper = new TestClock();
  const kept = keptLog();
  const tried: string[] = [];
  // The time at the start passes by being looked at; after that the test moves it, and what each practice takes.
  let passedMs = 0;
  const mono = () => {
    if (passedMs < 200) passedMs += 50;
    return (sleeper.mono() + passedMs) as MonoMs;
  };
  const clock: Clock = { mono, wall: sleeper.wall, sleep: (ms, signal) => sleeper.sleep(ms, signal) };
  const mapping: Mapping = {
    draftsFor: () => [],
    whyNoDraft: () => [],
    commandsFor: (event: ShowEvent) => {
      if (passedMs >= 200) passedMs += practiceMs;
      if (event.eventType === 'CueAdvanced') tried.push(event.payload.toCueId);
      return [{ ruleId: 'go', outputId: 'go', device: 'desk', command: {}, maxLateMs: 2000 }];
    },
    patternsFor: () => [],
    devices: new Set(),
    playheads: [],
  };
  const stop = new AbortController();
  const settings = { goGuardMs: 300, patches: true };
  keepWarm(
    { showId: 'small', initial, settings, mapping: () => mapping, tryCommand, clock, log: kept.log },
    stop.signal,
  );
  return { tried, stop, sleeper, kept };
}

test('a GO is practised at the start and then again and again, from cue to cue and from the top, until it is told to stop', async () => {
  const { tried, stop, sleeper, kept } = rig();
  expect(tried.slice(0, 2)).toEqual(['c0', 'c1']);
  tried.length = 0;
  await sleeper.advance(80);
  expect(tried.length).toBeGreaterThanOrEqual(5);
  expect(new Set(tried)).toEqual(new Set(['c0', 'c1', 'c2']));
  stop.abort();
  await sleeper.advance(1);
  tried.length = 0;
  await sleeper.advance(80);
  expect(tried).toEqual([]);
  expect(kept.lines).toEqual([]);
});

test('on a slow machine practice takes no more than a twentieth of a core', async () => {
  const { tried, stop, sleeper } = rig(undefined, 5);
  tried.length = 0;
  await sleeper.advance(1015);
  expect(tried.length).toBeGreaterThan(5);
  expect(tried.length).toBeLessThanOrEqual(11);
  stop.abort();
});

test.each([
  ['at the start', 1],
  ['later', 4],
])('what goes wrong in the practice %s is told, ends it, and touches nothing else', async (_when, at) => {
  let calls = 0;
  const { sleeper, kept, tried } = rig(() => {
    calls += 1;
    if (calls >= at) throw new Error('a fault of an adapter');
  });
  await sleeper.advance(100);
  expect(kept.named('practice.failed')).toMatchObject([{ level: 'error', code: 'INTERNAL' }]);
  const { length } = tried;
  await sleeper.advance(100);
  expect(tried.length).toBe(length);
});
