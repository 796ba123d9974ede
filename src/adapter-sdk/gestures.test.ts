import { describe, expect, test } from 'vitest';
import { type Gesture, GestureMachine, type GestureSettings, SETTLE_MS } from './gestures.js';

const START = 1000;

/** A machine that was opened long ago, told of one pedal: [at, 'down' | 'up' | 'tick'] in milliseconds from START. */
function told(steps: readonly (readonly [number, 'down' | 'up' | 'tick'])[], settings: Partial<GestureSettings> = {}) {
  const machine = new GestureMachine(
    { debounceMs: 0, doubleMs: 300, holdsMs: new Map(), ...settings },
    START - SETTLE_MS,
  );
  const gestures: (Gesture & { atMs: number })[] = [];
  for (const [atMs, what] of steps) {
    const now = START + atMs;
    const made = what === 'tick' ? machine.tick(now) : machine.report(now, new Set(what === 'down' ? ['go'] : []));
    gestures.push(...made.map((gesture) => ({ ...gesture, atMs })));
  }
  return { machine, gestures, names: gestures.map(({ gesture, atMs }) => `${gesture}@${atMs}`) };
}

describe('a press', () => {
  test('counts at its first edge', () => {
    expect(
      told([
        [0, 'down'],
        [80, 'up'],
      ]).gestures,
    ).toEqual([
      { button: 'go', gesture: 'press', atMs: 0 },
      { button: 'go', gesture: 'release', heldMs: 80, atMs: 80 },
    ]);
  });

  test('is one press however often it bounces within debounceMs', () => {
    const { names } = told(
      [
        [0, 'down'],
        [1, 'up'],
        [2, 'down'],
        [3, 'up'],
        [4, 'down'],
        [5, 'tick'],
        [90, 'up'],
        [91, 'down'],
        [92, 'up'],
        [96, 'tick'],
        [97, 'tick'],
      ],
      { debounceMs: 5 },
    );
    expect(names).toEqual(['press@0', 'release@97']);
  });

  test('shorter than debounceMs is still pressed and released', () => {
    expect(
      told(
        [
          [0, 'down'],
          [3, 'up'],
          [8, 'tick'],
        ],
        { debounceMs: 5 },
      ).gestures,
    ).toEqual([
      { button: 'go', gesture: 'press', atMs: 0 },
      { button: 'go', gesture: 'release', heldMs: 3, atMs: 8 },
    ]);
  });

  test('repeated by the device while it is down is one press', () => {
    expect(
      told([
        [0, 'down'],
        [10, 'down'],
        [20, 'down'],
        [30, 'up'],
      ]).names,
    ).toEqual(['press@0', 'release@30']);
  });

  test.each(Array.from({ length: 30 }, (_, n) => n + 1))(
    'that bounces for %i ms, when it goes down and 700 ms later when it is let go of, is one',
    (bounceMs) => {
      const steps = [
        [0, 'down'],
        [bounceMs, 'up'],
        [bounceMs + 1, 'down'],
        [700, 'up'],
        [700 + bounceMs, 'down'],
        [701 + bounceMs, 'up'],
        [900, 'tick'],
      ] as const;
      const { names } = told(steps, { debounceMs: 35 });
      expect(names.filter((name) => name.startsWith('press'))).toEqual(['press@0']);
      expect(names.filter((name) => name.startsWith('release'))).toEqual(['release@900']);
    },
  );

  test('of one pedal while another is down is its own', () => {
    const machine = new GestureMachine({ debounceMs: 0, doubleMs: 300, holdsMs: new Map() }, 0);
    expect(machine.report(1000, new Set(['left']))).toEqual([{ button: 'left', gesture: 'press' }]);
    expect(machine.report(1001, new Set(['left', 'right']))).toEqual([{ button: 'right', gesture: 'press' }]);
    expect(machine.report(1100, new Set(['right']))).toEqual([{ button: 'left', gesture: 'release', heldMs: 100 }]);
    expect([...machine.down]).toEqual(['right']);
  });
});

test.each([
  [250, ['press', 'press', 'press left+right']],
  [251, ['press', 'press']],
])('two buttons of a chord that are pressed %i ms apart with chordMs 250: %j', (apartMs, expected) => {
  const chords = [['left', 'right']];
  const machine = new GestureMachine({ debounceMs: 0, doubleMs: 0, holdsMs: new Map(), chords, chordMs: 250 }, 0);
  const gestures = [
    ...machine.report(1000, new Set(['left'])),
    ...machine.report(1000 + apartMs, new Set(['left', 'right'])),
  ];
  const words = gestures.map((one) => ('chord' in one ? `${one.gesture} ${one.chord.join('+')}` : one.gesture));
  expect(words).toEqual(expected);
});

describe('a hold', () => {
  const settings = { holdsMs: new Map([['go', [2000, 800, 800]]]) };

  test('counts when its time is reached with the pedal still down, each length once', () => {
    const { gestures } = told(
      [
        [0, 'down'],
        [799, 'tick'],
        [800, 'tick'],
        [2500, 'tick'],
        [9000, 'up'],
      ],
      settings,
    );
    expect(gestures).toEqual([
      { button: 'go', gesture: 'press', atMs: 0 },
      { button: 'go', gesture: 'hold', holdMs: 800, atMs: 800 },
      { button: 'go', gesture: 'hold', holdMs: 2000, atMs: 2500 },
      { button: 'go', gesture: 'release', heldMs: 9000, atMs: 9000 },
    ]);
  });

  test('is nothing when the foot left before', () => {
    expect(
      told(
        [
          [0, 'down'],
          [799, 'up'],
          [5000, 'tick'],
        ],
        settings,
      ).names,
    ).toEqual(['press@0', 'release@799']);
  });

  test('comes before the release when the timer was late', () => {
    expect(
      told(
        [
          [0, 'down'],
          [900, 'up'],
        ],
        settings,
      ).names,
    ).toEqual(['press@0', 'hold@900', 'release@900']);
  });

  test('does not count for a tap whose release a long debounce hides', () => {
    const { names } = told(
      [
        [0, 'down'],
        [50, 'up'],
        [100, 'tick'],
        [550, 'tick'],
      ],
      { debounceMs: 500, holdsMs: new Map([['go', [100]]]) },
    );
    expect(names).toEqual(['press@0', 'release@550']);
  });

  test('is watched for only where a rule asks', () => {
    expect(told([[0, 'down']]).machine.nextAtMs).toBeUndefined();
    expect(told([[0, 'down']], settings).machine.nextAtMs).toBe(START + 800);
  });
});

describe('a double', () => {
  test('is the second press within doubleMs; both presses count, and a third one begins anew', () => {
    const { names } = told([
      [0, 'down'],
      [50, 'up'],
      [300, 'down'],
      [350, 'up'],
      [400, 'down'],
      [450, 'up'],
      [500, 'down'],
    ]);
    expect(names.filter((name) => !name.startsWith('release'))).toEqual([
      'press@0',
      'press@300',
      'double@300',
      'press@400',
      'press@500',
      'double@500',
    ]);
  });

  test('is nothing when the second press comes later', () => {
    expect(
      told([
        [0, 'down'],
        [50, 'up'],
        [301, 'down'],
      ]).names,
    ).toEqual(['press@0', 'release@50', 'press@301']);
  });
});

describe('a device that has just been opened', () => {
  const fresh = () => new GestureMachine({ debounceMs: 5, doubleMs: 300, holdsMs: new Map([['go', [800]]]) }, START);

  test('that tells how it stands fires nothing: a foot stayed on it', () => {
    const machine = fresh();
    expect(machine.report(START + 10, new Set(['go']))).toEqual([]);
    expect(machine.tick(START + 5000)).toEqual([]);
    expect(machine.report(START + 5000, new Set())).toEqual([]);
    expect(machine.report(START + 6000, new Set(['go']))).toEqual([{ button: 'go', gesture: 'press' }]);
  });

  test('that says nothing has its first press, as soon as it has settled', () => {
    expect(fresh().report(START + SETTLE_MS, new Set(['go']))).toEqual([{ button: 'go', gesture: 'press' }]);
  });

  test('whose first report has two pedals down fires neither: one was down before, and nobody can tell which', () => {
    const machine = fresh();
    expect(machine.report(START + 5000, new Set(['go', 'back']))).toEqual([]);
    expect(machine.report(START + 6000, new Set(['back']))).toEqual([]);
    expect(machine.report(START + 7000, new Set(['back', 'go']))).toEqual([{ button: 'go', gesture: 'press' }]);
  });
});
