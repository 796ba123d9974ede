import { describe, expect, test } from 'vitest';
import { messageOf, readCommand } from './commands.js';
import type { ReportedCue } from './evidence.js';
import { Guards } from './guards.js';

/** Guards, and commands as they are asked and sent at a time. */
function desk(minGoTimeMs = 0, hearsEvents = true) {
  const guards = new Guards(minGoTimeMs, hearsEvents);
  const both = (command: object) => {
    const read = readCommand(command as Record<string, unknown>);
    return [read, messageOf(read, 'w', 5)] as const;
  };
  return {
    guards,
    refusal: (command: object, nowMs: number) => guards.refusal(...both(command), nowMs),
    sent: (command: object, nowMs: number) => guards.sent(...both(command), nowMs),
  };
}
const cue = (cueNumber: string): ReportedCue => ({
  cueNumber,
  name: `Cue ${cueNumber}`,
  cueId: `id-${cueNumber}`,
  type: 'Audio',
});

describe('the double-GO window', () => {
  test('runs after a GO of ours and after one at QLab, and holds back no start', () => {
    const { guards, refusal, sent } = desk(1000);
    sent({ go: true }, 0);
    expect(refusal({ go: true }, 400)).toBe("QLab's double-GO window still runs for 600 ms");
    expect(refusal({ start: '5' }, 400)).toBeUndefined();
    expect(refusal({ go: true }, 1000)).toBeUndefined();
    guards.fired('go', cue('2'), true, 2000);
    expect(refusal({ go: '7' }, 2999)).toBe("QLab's double-GO window still runs for 1 ms");
    expect(refusal({ go: '7' }, 3000)).toBeUndefined();
  });

  test('is what QLab says it is, unless a GO came after the question', () => {
    const { guards, refusal, sent } = desk(1000);
    guards.goWindow(700, 0, 10);
    expect(refusal({ go: true }, 700)).toBeDefined();
    expect(refusal({ go: true }, 710)).toBeUndefined();
    sent({ go: true }, 1000);
    guards.goWindow(0, 999, 1010);
    expect(refusal({ go: true }, 1500)).toBeDefined();
    guards.goWindow(0, 1001, 1010);
    expect(refusal({ go: true }, 1500)).toBeUndefined();
  });

  test('does not run after a GO that QLab did not take', () => {
    const { refusal, sent } = desk(1000);
    const takeBack = sent({ go: true }, 0);
    takeBack();
    expect(refusal({ go: true }, 500)).toBeUndefined();
  });
});

test('the same message within 0.1 s would be dropped by QLab; another one, or a later one, is not', () => {
  const { refusal, sent } = desk();
  sent({ start: '5' }, 0);
  expect(refusal({ start: '5' }, 99)).toMatch(/^the same message left less than 100 ms ago/);
  expect(refusal({ start: '6' }, 99)).toBeUndefined();
  expect(refusal({ start: '5' }, 100)).toBeUndefined();
});

describe('what an operator has just done at QLab', () => {
  test('is not done again: the same cue by number or ID, or any GO', () => {
    const { guards, refusal } = desk();
    guards.fired('go', cue('13'), true, 0);
    guards.fired('start', cue('13'), true, 1);
    for (const command of [{ start: '13' }, { startId: 'id-13' }, { go: true }, { go: '13' }]) {
      expect(refusal(command, 40)).toBe(`an operator did that at QLab ${'go' in command ? 40 : 39} ms ago (cue 13)`);
      expect(refusal(command, 301)).toBeUndefined();
    }
  });

  test('holds back nothing else, and our own echo holds back nothing', () => {
    const { guards, refusal } = desk();
    guards.fired('go', cue('13'), true, 0);
    for (const command of [{ start: '14' }, { go: '14' }, { stop: '13' }, { load: '13' }]) {
      expect(refusal(command, 40)).toBeUndefined();
    }
    guards.fired('start', cue('15'), false, 0);
    expect(refusal({ start: '15' }, 40)).toBeUndefined();
  });
});

describe('a panic', () => {
  test('is not sent into the fade of the last one, ours or the operator’s', () => {
    const { guards, refusal, sent } = desk();
    sent({ panic: true }, 0);
    expect(refusal({ panic: true }, 1500)).toBe(
      'QLab is in a panic since 1500 ms: a second one would cut off what fades',
    );
    expect(refusal({ panic: true }, 10_000)).toBeUndefined();
    guards.panicked(20_000);
    expect(refusal({ panic: true }, 21_000)).toBeDefined();
  });

  test('is done already once QLab has said so, until something starts', () => {
    const { guards, sent } = desk();
    const isDone = (atMs: number) => guards.isDone({ verb: 'panic' }, atMs);
    expect(isDone(0)).toBe(false);
    sent({ panic: true }, 0);
    expect(isDone(100)).toBe(false);
    guards.panicTaken();
    expect(isDone(200)).toBe(true);
    expect(guards.isDone({ verb: 'stopAll' }, 200)).toBe(false);
    expect(isDone(10_000)).toBe(false);
    guards.panicked(20_000);
    expect(isDone(20_100)).toBe(true);
    guards.fired('start', cue('3'), true, 20_200);
    expect(isDone(20_300)).toBe(false);
    sent({ panic: true }, 20_400);
    expect(isDone(20_500)).toBe(false);
  });

  test('is sent again as soon as something started since', () => {
    const { guards, refusal, sent } = desk();
    sent({ panic: true }, 0);
    guards.fired('start', cue('3'), true, 800);
    expect(refusal({ panic: true }, 900)).toBeUndefined();
    sent({ panic: true }, 1000);
    sent({ start: '4' }, 1500);
    expect(refusal({ panic: true }, 1600)).toBeUndefined();
  });

  test('is sent again when QLab did not do the first, and when a start in between was denied, it is not', () => {
    const { refusal, sent } = desk();
    sent({ panic: true }, 0)();
    expect(refusal({ panic: true }, 500)).toBeUndefined();
    sent({ panic: true }, 1000);
    sent({ start: '4' }, 1500)();
    expect(refusal({ panic: true }, 1600)).toBeDefined();
  });

  test('is held back for less long where QLab does not tell what starts', () => {
    const { refusal, sent } = desk(0, false);
    sent({ panic: true }, 0);
    expect(refusal({ panic: true }, 1999)).toBeDefined();
    expect(refusal({ panic: true }, 2000)).toBeUndefined();
  });
});
