/** Any reports at any times: no press is delayed, doubled or lost, and the state is right afterwards. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeReport } from '../../adapters/hid/codec.js';
import { hidProfiles } from '../../adapters/hid/profile.js';
import { type Gesture, GestureMachine, keyOf, SETTLE_MS } from '../../src/adapter-sdk/gestures.js';

const DEBOUNCE_MS = 5;
const BUTTONS = ['left', 'middle', 'right'];
const CHORD_MS = 40;
const CHORDS = [['right', 'left'], BUTTONS];
const HOLDS_MS = [50, 120];
const holdsMs = new Map([...BUTTONS, ...CHORDS.map(keyOf)].map((name) => [name, HOLDS_MS]));
const open = (chords: readonly (readonly string[])[] = []) =>
  new GestureMachine({ debounceMs: DEBOUNCE_MS, doubleMs: 60, holdsMs, chords, chordMs: CHORD_MS }, -SETTLE_MS);

/** The first report that is not the device's state has at most one button down: see SETTLE_MS. */
const reports = fc
  .array(fc.record({ afterMs: fc.nat(200), down: fc.subarray(BUTTONS) }), { maxLength: 60 })
  .map((steps) => [{ afterMs: 0, down: [] as string[] }, ...steps]);

/** All gestures with their times, with extra looks at the clock after so many milliseconds each. */
function play(
  steps: readonly { afterMs: number; down: readonly string[] }[],
  looks: readonly number[],
  chords: readonly (readonly string[])[] = [],
) {
  const machine = open(chords);
  const gestures: Gesture[] = [];
  let nowMs = 0;
  let look = 0;
  for (const { afterMs, down } of steps) {
    const at = nowMs + afterMs;
    for (; look < looks.length && nowMs + (looks[look] ?? 0) < at; look++) {
      nowMs += looks[look] ?? 0;
      gestures.push(...machine.tick(nowMs));
    }
    nowMs = at;
    gestures.push(...machine.report(nowMs, new Set(down)));
  }
  gestures.push(...machine.tick(nowMs + 1000));
  return { machine, gestures };
}

test('press and release take turns, holds lie between them, and the end state is what was last reported', () => {
  fc.assert(
    fc.property(reports, fc.array(fc.nat(30), { maxLength: 100 }), (steps, looks) => {
      const { machine, gestures } = play(steps, looks);
      expect([...machine.down].sort()).toEqual([...(steps.at(-1)?.down ?? [])].sort());
      for (const name of BUTTONS) {
        const own = gestures.filter((gesture) => 'button' in gesture && gesture.button === name);
        const edges = own.filter(({ gesture }) => gesture === 'press' || gesture === 'release');
        edges.forEach(({ gesture }, n) => {
          expect(gesture).toBe(n % 2 === 0 ? 'press' : 'release');
        });
        let held: number[] = [];
        for (const gesture of own) {
          if (gesture.gesture === 'press') held = [];
          if (gesture.gesture === 'hold') held.push(gesture.holdMs);
          if (gesture.gesture === 'release')
            for (const holdMs of held) expect(gesture.heldMs).toBeGreaterThanOrEqual(holdMs);
          expect(held).toEqual([50, 120].slice(0, held.length));
        }
      }
    }),
  );
});

test('how often somebody looks at the clock changes nothing', () => {
  fc.assert(
    fc.property(reports, fc.array(fc.nat(30), { maxLength: 100 }), (steps, looks) => {
      expect(play(steps, looks, CHORDS).gestures).toEqual(play(steps, [], CHORDS).gestures);
    }),
  );
});

test('chords take nothing from their buttons: no press, release, hold or double is delayed, lost or made by them', () => {
  fc.assert(
    fc.property(reports, (steps) => {
      const own = play(steps, [], CHORDS).gestures.filter((gesture) => 'button' in gesture);
      expect(own).toEqual(play(steps, []).gestures);
    }),
  );
});

/** Left and right are let go of in the very moment in which the chord's first hold is due. */
const LET_GO_WHEN_DUE = [
  { afterMs: 0, down: [] },
  { afterMs: 0, down: ['left', 'right'] },
  { afterMs: 50, down: [] },
];

/** Left and right come down again in the very moment in which it counts that they were let go of. */
const PRESSED_WHEN_DUE = [
  { afterMs: 0, down: [] },
  { afterMs: 0, down: ['left', 'right'] },
  { afterMs: 0, down: [] },
  { afterMs: DEBOUNCE_MS, down: ['left', 'right'] },
];

test('a chord is pressed when its last button is, with all of them down and pressed together, once a press', () => {
  fc.assert(
    fc.property(reports, (steps) => {
      const machine = open(CHORDS);
      const pressedAt = new Map<string, { atMs: number; nth: number }>();
      const usedUpTo = CHORDS.map(() => 0);
      const isDown = CHORDS.map(() => false);
      let nth = 0;
      let nowMs = 0;
      let before: readonly string[] = [];
      for (const { afterMs, down } of [...steps, { afterMs: 1000, down: [] }]) {
        const untilMs = nowMs + afterMs;
        // A look whenever the machine wants one, so that each gesture comes at its time; then the report.
        for (let isReported = false; !isReported; ) {
          nowMs = Math.min(machine.nextAtMs ?? untilMs, untilMs);
          isReported = nowMs === untilMs;
          const gestures = isReported ? machine.report(nowMs, new Set(down)) : machine.tick(nowMs);
          const released = new Set<string>();
          for (const gesture of gestures) {
            if (!('button' in gesture)) continue;
            if (gesture.gesture === 'press') pressedAt.set(gesture.button, { atMs: nowMs, nth: ++nth });
            if (gesture.gesture === 'release') {
              pressedAt.delete(gesture.button);
              released.add(gesture.button);
            }
          }
          CHORDS.forEach((chord, index) => {
            const told = gestures.flatMap((gesture) =>
              'chord' in gesture && gesture.chord.length === chord.length ? [gesture.gesture] : [],
            );
            const presses = chord.flatMap((name) => pressedAt.get(name) ?? []);
            const times = presses.map(({ atMs }) => atMs);
            const areDown = isReported ? down : before;
            const isTogether =
              chord.every((name) => areDown.includes(name)) &&
              presses.length === chord.length &&
              Math.max(...times) - Math.min(...times) <= CHORD_MS;
            const isFresh = presses.every((press) => press.nth > (usedUpTo[index] ?? 0));
            const ends = isDown[index] === true && chord.some((name) => released.has(name));
            // One report may tell of a release that had lasted long enough, and of the next press.
            const expected = (!isDown[index] || ends) && isTogether && isFresh;
            expect(told.filter((name) => name === 'press')).toEqual(expected ? ['press'] : []);
            expect(told.filter((name) => name === 'release')).toEqual(ends ? ['release'] : []);
            if (expected) usedUpTo[index] = nth;
            // A hold may be due in the very moment of the release, and is told first.
            if (told.includes('hold')) expect([isDown[index], told.at(0)]).toEqual([true, 'hold']);
            isDown[index] = expected || (isDown[index] === true && !ends);
          });
        }
        before = down;
      }
    }),
    { examples: [[LET_GO_WHEN_DUE], [PRESSED_WHEN_DUE]] },
  );
});

test('every stamp on the pedal is one press at its first edge, however each edge bounces', () => {
  /** Times after an edge, all within the debounce time, at which the contact opens or closes once more; an even number. */
  const bounces = fc.uniqueArray(fc.integer({ min: 1, max: DEBOUNCE_MS - 1 }), { maxLength: 4 }).map((times) => {
    const even = times.length % 2 === 0 ? times : times.slice(1);
    return even.sort((a, b) => a - b);
  });
  const stamp = fc.record({
    downMs: fc.integer({ min: DEBOUNCE_MS, max: 400 }),
    // After its last bounce it must have been up for the debounce time.
    upMs: fc.integer({ min: 2 * DEBOUNCE_MS, max: 400 }),
    onDown: bounces,
    onUp: bounces,
  });
  fc.assert(
    fc.property(fc.array(stamp, { maxLength: 30 }), (stamps) => {
      const machine = open();
      machine.report(0, new Set());
      const pressedAt: number[] = [];
      const stampedAt: number[] = [];
      let nowMs = 10;
      const edge = (isDown: boolean, bouncesMs: readonly number[]): void => {
        let now = isDown;
        for (const after of [0, ...bouncesMs]) {
          const gestures = machine.report(nowMs + after, new Set(now ? ['left'] : []));
          if (gestures.some(({ gesture }) => gesture === 'press')) pressedAt.push(nowMs + after);
          now = !now;
        }
      };
      for (const { downMs, upMs, onDown, onUp } of stamps) {
        stampedAt.push(nowMs);
        edge(true, onDown);
        nowMs += downMs;
        edge(false, onUp);
        nowMs += upMs;
      }
      expect(pressedAt).toEqual(stampedAt);
      expect(machine.tick(nowMs).filter(({ gesture }) => gesture === 'press')).toEqual([]);
      expect(machine.down.size).toBe(0);
    }),
  );
});

test('no report, whatever its bytes, is more to a profile than buttons that it has', async () => {
  const profiles = await Promise.all((await hidProfiles.names()).map((name) => hidProfiles.load(name)));
  fc.assert(
    fc.property(fc.constantFrom(...profiles), fc.uint8Array({ maxLength: 70 }), (profile, report) => {
      for (const button of decodeReport(profile, report)?.down ?? [])
        expect(Object.keys(profile.buttons)).toContain(button);
    }),
  );
});
