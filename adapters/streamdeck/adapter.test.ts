import { describe, expect, test } from 'vitest';
import type { Connection, Face, Health, Input, Pattern } from '../../src/devices/adapter.js';
import { SETTLE_MS } from '../../src/devices/gestures.js';
import { systemClock } from '../../src/kit/clock.js';
import { deferred } from '../../src/kit/deferred.js';
import { adapterContract, type Rig, testIo } from '../../test/support/adapter-contract.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { aFace, standingBy } from '../../test/support/faces.js';
import { distance, ground, isDark, seen } from '../../test/support/streamdeck-pictures.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { createStreamdeckAdapter, streamdeckAdapter } from './adapter.js';
import { lookOf } from './codec.js';
import { PICTURE_LIMIT_MS } from './painter.js';
import { SimulatedDeck, SimulatedDecks } from './simulator.js';

const clock = systemClock();
const never = new AbortController().signal;
const checked = (device: object) => checkedDevice('streamdeck', device);
const PICTURES = {
  0: { show: 'go' },
  1: { show: 'standby' },
  2: { show: 'current' },
  3: { text: 'HOLD', colour: 'red' },
};
const GREEN = [0, 190, 70];
const AMBER = [255, 165, 0];

/** A deck that is open; its clock stands still until the test moves it. */
async function connect(
  deck: SimulatedDeck,
  device: object = { buttons: PICTURES },
  patterns: readonly Pattern[] = [],
): Promise<{ connection: Connection; inputs: Input[]; clock: TestClock; told: Health[] }> {
  const clock = new TestClock();
  const adapter = createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(deck) });
  const connection = await adapter.connect(checked(device), { ...testIo('deck', patterns), clock }, never);
  const inputs: Input[] = [];
  const told: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => told.push(health));
  await clock.advance(SETTLE_MS);
  return { connection, inputs, clock, told };
}

/** What a button shows, once the deck has it. */
async function shows(
  deck: SimulatedDeck,
  place: number | 'strip',
  isIt: (picture: ReturnType<typeof seen>) => boolean,
) {
  await eventually(
    () => {
      const image = deck.shown.get(place);
      return image !== undefined && isIt(seen(image, deck.info.model));
    },
    () => `the picture of ${place}`,
  );
}

const isLike =
  (face: Face, picture = PICTURES[0]) =>
  (shown: ReturnType<typeof seen>) =>
    distance(shown, lookOf(picture as Parameters<typeof lookOf>[0], face, 0)) < 5;

async function rig(model: string): Promise<Rig> {
  const deck = new SimulatedDeck(model);
  const isPedal = model === 'pedal';
  return {
    adapter: createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(deck) }),
    config: checked({ debounceMs: 0, ...(isPedal ? {} : { buttons: PICTURES, brightness: 60 }) }),
    patterns: [{ button: 1, gesture: 'press' }],
    press: async () => {
      deck.buttons(model === 'original' ? 3 : 1);
      deck.buttons();
    },
    pressedInput: { button: 1, gesture: 'press' },
    command: (n) => ({ brightness: n + 1 }),
    // What the connection itself does with the light is no command.
    got: () => deck.brightnesses.filter((percent) => percent !== 0 && percent !== 60).map((percent) => percent - 1),
    joined: async () => {
      const settledAt = clock.mono() + SETTLE_MS;
      await eventually(() => clock.mono() > settledAt, 'the deck has settled');
    },
    links: () => deck.openings,
    unplug: async () => deck.unplug(),
    replug: async () => deck.replug(),
    close: async () => deck.unplug(),
  };
}

adapterContract('stream deck of 2017 (BMP)', () => rig('original'));
adapterContract('stream deck mini (BMP)', () => rig('mini'));
adapterContract('stream deck mk.2 (JPEG)', () => rig('original-mk2'));
adapterContract('stream deck pedal', () => rig('pedal'), { takesCommands: false });

describe.each(['original', 'mini', 'original-mk2', 'xl', 'plus', 'plus-xl', 'neo', 'studio', '6-module'])(
  '%s',
  (model) => {
    /** Where a button is in the device's reports. */
    const place = (button: number) => (model === 'original' ? 4 - button : button);

    test('shows the next cue on GO: green, amber while it stands by; current, standby and texts beside it', async () => {
      const deck = new SimulatedDeck(model);
      const { connection } = await connect(deck);
      connection.display?.(aFace());
      await shows(deck, place(0), isLike(aFace()));
      await shows(deck, place(2), isLike(aFace(), PICTURES[2] as never));
      await shows(deck, place(3), isLike(aFace(), PICTURES[3] as never));
      const green = seen(deck.shown.get(place(0)) ?? Buffer.alloc(0), model);
      expect(distance(green, lookOf({ show: 'go' }, aFace(), 0))).toBeLessThan(5);
      const other = aFace({
        next: { number: '13', label: 'Blackout', standingBy: false, departments: [], acknowledged: [] },
      });
      expect(distance(green, lookOf({ show: 'go' }, other, 0)), 'it is 12 and not 13').toBeGreaterThan(
        1.5 * distance(green, lookOf({ show: 'go' }, aFace(), 0)),
      );
      for (const [i, value] of ground(green).entries()) expect(Math.abs(value - (GREEN[i] ?? 0))).toBeLessThan(12);
      connection.display?.(standingBy());
      await shows(deck, place(0), isLike(standingBy()));
      const amber = seen(deck.shown.get(place(0)) ?? Buffer.alloc(0), model);
      for (const [i, value] of ground(amber).entries()) expect(Math.abs(value - (AMBER[i] ?? 0))).toBeLessThan(12);
      await connection.close();
    });

    test('is dark when the bridge says goodbye', async () => {
      const deck = new SimulatedDeck(model);
      const { connection } = await connect(deck);
      connection.display?.(aFace());
      await shows(deck, place(0), isLike(aFace()));
      await connection.close();
      expect(deck.brightness).toBe(0);
      for (const image of deck.shown.values()) expect(isDark(image)).toBe(true);
      for (const colour of deck.colours.values()) expect(colour).toEqual([0, 0, 0]);
    });
  },
);

describe('painting', () => {
  test('only what changed is written, GO first', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connect(deck, { buttons: { ...PICTURES, 14: { show: 'go' } } });
    connection.display?.(aFace());
    await shows(deck, 2, isLike(aFace(), PICTURES[2] as never));
    deck.written.length = 0;
    connection.display?.(aFace());
    connection.display?.(standingBy());
    await shows(deck, 1, () => deck.written.length === 3);
    expect(deck.written.map(({ place }) => place)).toEqual([0, 14, 1]);
    await connection.close();
  });

  test('a slow device gets the newest only, never what was true in between', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connect(deck, { buttons: { 0: { show: 'go' } } });
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    const slow = deferred<void>();
    deck.beforeWrite = () => slow.promise;
    deck.written.length = 0;
    const numbered = (number: string) =>
      aFace({ next: { number, label: '', standingBy: false, departments: [], acknowledged: [] } });
    for (let n = 100; n < 200; n++) connection.display?.(numbered(String(n)));
    slow.resolve();
    await shows(deck, 0, isLike(numbered('199')));
    expect(deck.written.length).toBeLessThanOrEqual(2);
    await connection.close();
  });

  test('a device that takes no picture is told, its buttons are heard, and it can still be closed', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection, inputs, clock, told } = await connect(deck, undefined, [{ button: 0 }]);
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    const stuck = deferred<void>();
    deck.beforeWrite = () => stuck.promise;
    connection.display?.(standingBy());
    await clock.advance(PICTURE_LIMIT_MS);
    expect(told.at(-1)).toMatchObject({ status: 'degraded', code: 'DEVICE_TIMEOUT' });
    deck.buttons(0);
    expect(inputs.at(-1)).toMatchObject({ button: 0, gesture: 'press' });
    deck.beforeWrite = undefined;
    stuck.resolve();
    await shows(deck, 0, isLike(standingBy()));
    await eventually(() => told.at(-1)?.status === 'up', 'it is well again');
    deck.beforeWrite = () => new Promise(() => undefined);
    connection.display?.(aFace());
    const closing = connection.close();
    await clock.advance(1000);
    await closing;
  });

  test('what a dead bridge has left is never lit: dark until all is painted, then as bright as the file says', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connect(deck, { buttons: PICTURES, brightness: 35 });
    await eventually(() => deck.brightness === 35, 'the light is on');
    expect(deck.brightnesses).toEqual([0, 35]);
    // Every button was written, those that show nothing as well.
    expect(deck.shown.size + deck.colours.size).toBe(15);
    await connection.close();
  });

  test('after a replug everything is painted again', async () => {
    const deck = new SimulatedDeck('mini');
    const first = await connect(deck);
    first.connection.display?.(standingBy());
    await shows(deck, 0, isLike(standingBy()));
    deck.unplug();
    expect(await first.connection.closed).toMatchObject({
      code: 'DEVICE_CLOSED',
      message: expect.stringContaining('is gone'),
    });
    deck.shown.clear();
    deck.replug();
    const { connection } = await connect(deck);
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    await shows(deck, 3, isLike(aFace(), PICTURES[3] as never));
    await connection.close();
  });

  test('a timer’s seconds go on by themselves, and stop with the connection', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const buttons = { 0: { show: 'timer' } };
    const { connection, clock } = await connect(deck, { buttons });
    const anchorAt = new Date(clock.wall()).toISOString();
    const face = aFace({ timers: [{ id: 'act-1', mode: 'up', status: 'running', valueMs: 0, anchorAt }] });
    connection.display?.(face);
    for (let second = 1; second <= 3; second++) {
      await clock.advance(1001);
      await shows(deck, 0, (shown) => distance(shown, lookOf({ show: 'timer' }, face, clock.wall())) < 5);
    }
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('a press is read while every picture is painted', async () => {
    const deck = new SimulatedDeck('xl');
    const buttons = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [i, { show: 'go', text: `GO ${i}` }]));
    const { connection, inputs } = await connect(deck, { buttons, debounceMs: 0 }, [{ button: 5 }]);
    await eventually(() => deck.brightness === 60, 'it is painted for the first time');
    deck.written.length = 0;
    connection.display?.(aFace());
    let worstMs = 0;
    for (let n = 0; n < 20; n++) {
      const at = clock.mono();
      await new Promise((resolve) => setImmediate(resolve));
      worstMs = Math.max(worstMs, clock.mono() - at);
      deck.buttons(...(n % 2 === 0 ? [5] : []));
    }
    expect(inputs.filter(({ gesture }) => gesture === 'press')).toHaveLength(10);
    expect(deck.written.length, 'it was still painting').toBeLessThan(32);
    expect(deck.written.length).toBeGreaterThan(3);
    // One turn of the loop is one picture, about a millisecond; all of them would take many times as long.
    expect(worstMs).toBeLessThan(100);
    await connection.close();
  });
});

describe('the light and the texts of rules', () => {
  test('a rule may dim it, and write on a button until it takes that back', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connect(deck);
    connection.display?.(aFace());
    const text = { text: 'FOG', colour: 'blue', lit: true } as const;
    expect(await connection.send({ button: 3, ...text }, never)).toEqual({ reached: 'sent' });
    expect(
      distance(seen(deck.shown.get(3) ?? Buffer.alloc(0), 'original-mk2'), lookOf(text, undefined, 0)),
    ).toBeLessThan(5);
    await connection.send({ button: 3, text: '' }, never);
    await shows(deck, 3, isLike(aFace(), PICTURES[3] as never));
    await connection.send({ brightness: 7 }, never);
    expect(deck.brightness).toBe(7);
    await connection.close();
  });

  test.each([
    [{}, 'it wants brightness, or button and text'],
    [{ button: 3 }, 'button wants text: what it is to show'],
    [{ text: 'FOG' }, 'text, colour and lit want button: where'],
    [{ button: 6, text: 'FOG' }, 'the Stream Deck Mini has the buttons 0 to 5'],
  ])('%j is refused by the device and by check', async (command, words) => {
    const deck = new SimulatedDeck('mini');
    const { connection } = await connect(deck);
    await expect(connection.send(command, never)).rejects.toMatchObject({ code: 'DEVICE_REFUSED', message: words });
    expect(streamdeckAdapter.problemOf?.(command, { model: 'mini' })).toBe(words);
    await connection.close();
  });

  test('in a few words', () => {
    expect(streamdeckAdapter.summarise({ brightness: 20 })).toBe('brightness 20 %');
    expect(streamdeckAdapter.summarise({ button: 3, text: 'FOG' })).toBe('button 3 “FOG”');
    expect(streamdeckAdapter.summarise({ button: 3, text: '' })).toBe('button 3 as before');
  });
});

describe('fingers', () => {
  test('press, release, hold, double and chord, by the number of the button', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const patterns = [{ button: 3, gesture: 'hold' }, { chord: [0, 1] }];
    const { connection, inputs, clock } = await connect(deck, {}, patterns);
    deck.buttons(3);
    await clock.advance(800);
    deck.buttons();
    await clock.advance(1000);
    deck.buttons(0);
    await clock.advance(50);
    deck.buttons(0, 1);
    expect(inputs).toEqual([
      { button: 3, gesture: 'press' },
      { button: 3, gesture: 'hold', holdMs: 800, isUsualHold: true },
      { button: 3, gesture: 'release', heldMs: 800 },
      { button: 0, gesture: 'press' },
      { button: 1, gesture: 'press' },
      { chord: [0, 1], gesture: 'press' },
    ]);
    const fits = (pattern: Pattern) => inputs.filter((input) => streamdeckAdapter.matches?.(pattern, input)).length;
    expect([{ button: 3 }, { button: 3, gesture: 'hold' }, { chord: [1, 0] }, { button: 4 }].map(fits)).toEqual([
      1, 1, 1, 0,
    ]);
    await connection.close();
  });

  test('the pedal’s three, from the left', async () => {
    const deck = new SimulatedDeck('pedal');
    const { connection, inputs, clock } = await connect(deck, {});
    expect(connection.health()).toMatchObject({ status: 'up' });
    for (const place of [0, 1, 2]) {
      deck.buttons(place);
      deck.buttons();
      await clock.advance(50);
    }
    expect(inputs.filter(({ gesture }) => gesture === 'press').map(({ button }) => button)).toEqual([0, 1, 2]);
    await connection.close();
  });

  test('the Plus’s dials are pressed and turned, its strip is touched', async () => {
    const deck = new SimulatedDeck('plus');
    const strip = [{ show: 'current' }, { show: 'next' }];
    const { connection, inputs, clock } = await connect(deck, { strip });
    connection.display?.(aFace());
    await shows(deck, 'strip', ({ width, height }) => width === 800 && height === 100);
    deck.dials(2);
    await clock.advance(10);
    deck.dials();
    deck.turn(0, -3);
    deck.touch(799);
    deck.touch(10, true);
    deck.touch(801);
    expect(inputs).toEqual([
      { dial: 2, gesture: 'press' },
      { dial: 2, gesture: 'release', heldMs: 10 },
      { dial: 1, gesture: 'turn', direction: 'left', steps: -3 },
      { touch: 1, gesture: 'press' },
      { touch: 0, gesture: 'hold' },
    ]);
    const fits = (pattern: Pattern) => inputs.filter((input) => streamdeckAdapter.matches?.(pattern, input)).length;
    const patterns = [
      { dial: 2 },
      { dial: 1 },
      { dial: 1, gesture: 'turn' },
      { dial: 1, gesture: 'turn', direction: 'left' },
      { dial: 1, gesture: 'turn', direction: 'right' },
      { touch: 1 },
      { touch: 0 },
      { touch: 0, gesture: 'hold' },
      { button: 2 },
    ];
    expect(patterns.map(fits)).toEqual([1, 0, 1, 1, 0, 1, 0, 1, 0]);
    expect(connection.counters?.()).toMatchObject({ 'in.turns': 1, 'in.touches': 2, 'ignored.touches': 1 });
    await connection.close();
  });
});

describe('which device', () => {
  const decks = () => [
    new SimulatedDeck('pedal', { path: '/dev/hidraw1', serialNumber: 'P1' }),
    new SimulatedDeck('mini', { path: '/dev/hidraw10', serialNumber: 'M1' }),
    new SimulatedDeck('xl', { path: '/dev/hidraw2', serialNumber: 'X1' }),
  ];
  const opened = async (device: object): Promise<string | undefined> => {
    const all = decks();
    const adapter = createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(...all) });
    const connection = await adapter.connect(checked(device), testIo(), never);
    const open = all.find(({ openings }) => openings > 0);
    await connection.close();
    return open?.info.model;
  };

  test('is told by its serial number, model or path; else the first, and a pedal only where nothing is to be seen', async () => {
    expect(await opened({ serialNumber: 'M1', buttons: PICTURES })).toBe('mini');
    expect(await opened({ model: 'xl' })).toBe('xl');
    expect(await opened({ path: '/dev/hidraw10' })).toBe('mini');
    expect(await opened({})).toBe('pedal');
    expect(await opened({ buttons: PICTURES })).toBe('xl');
  });

  test('that is not there is told with those that are', async () => {
    await expect(opened({ serialNumber: 'Z9' })).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringMatching(
        /^no Stream Deck number Z9 is plugged in; there are: Stream Deck Pedal number P1 at/,
      ),
    });
  });

  test('is listed as the bridge file would name it', async () => {
    const adapter = createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(...decks()) });
    const { found = [] } = (await adapter.list?.(never)) ?? {};
    expect(found.map(({ entry, nickname }) => [nickname, entry])).toEqual([
      ['pedal', { adapter: 'streamdeck', model: 'pedal', serialNumber: 'P1' }],
      ['deck', { adapter: 'streamdeck', model: 'mini', serialNumber: 'M1' }],
      ['deck', { adapter: 'streamdeck', model: 'xl', serialNumber: 'X1' }],
    ]);
    for (const { entry } of found) expect(() => checkedDevice('streamdeck', entry ?? {})).not.toThrow();
  });

  test('what it has not is told, and costs itself only', async () => {
    const deck = new SimulatedDeck('mini');
    const { connection, inputs, clock } = await connect(deck, { buttons: { 9: { show: 'go' }, 0: { show: 'go' } } });
    expect(connection.health()).toEqual({
      status: 'degraded',
      code: 'CONFIG_INVALID',
      detail: 'buttons 9 is never seen: the Stream Deck Mini has the buttons 0 to 5',
    });
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    deck.buttons(0);
    await clock.advance(10);
    expect(inputs).toHaveLength(1);
    await connection.close();
    const rule = await connect(new SimulatedDeck('mini'), {}, [{ dial: 0 }]);
    expect(rule.connection.health()).toMatchObject({ detail: 'a rule never fires: the Stream Deck Mini has no dials' });
    await rule.connection.close();
  });

  test('not allowed, and a library that is missing, say what to do', async () => {
    const deck = new SimulatedDeck('mini');
    deck.openFailure = new Error("Failed to open a device with path '/dev/hidraw0': Permission denied");
    await expect(connect(deck)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringContaining('config/udev/70-pacebuddy.rules'),
    });
    const words = 'libusb-1.0.so.0: cannot open shared object file: No such file or directory';
    deck.openFailure = Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    await expect(connect(deck)).rejects.toMatchObject({
      code: 'DEVICE_DRIVER_MISSING',
      message: expect.stringContaining('install libusb-1.0-0'),
    });
  });
});
