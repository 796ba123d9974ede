import { describe, expect, test } from 'vitest';
import type { Pattern } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { systemClock } from '../../src/kit/clock.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { aFace } from '../../test/support/faces.js';
import { checkedDeck, connectDeck, isLike, PICTURES, shows } from '../../test/support/streamdeck-bench.js';
import { eventually } from '../../test/support/waiting.js';
import { createStreamdeckAdapter, streamdeckAdapter } from './adapter.js';
import { SimulatedDeck, SimulatedDecks } from './simulator.js';

const clock = systemClock();
const never = new AbortController().signal;

async function rig(model: string): Promise<Rig> {
  const deck = new SimulatedDeck(model);
  const isPedal = model === 'pedal';
  return {
    adapter: createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(deck) }),
    config: checkedDeck({ debounceMs: 0, ...(isPedal ? {} : { buttons: PICTURES, brightness: 60 }) }),
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

describe('fingers', () => {
  test('press, release, hold, double and chord, by the number of the button', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const patterns = [{ button: 3, gesture: 'hold' }, { chord: [0, 1] }];
    const { connection, inputs, clock } = await connectDeck(deck, {}, patterns);
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
    const { connection, inputs, clock } = await connectDeck(deck, {});
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
    const { connection, inputs, clock } = await connectDeck(deck, { strip });
    connection.display?.(aFace());
    await shows(deck, 'strip', ({ width, height }) => width === 800 && height === 100);
    deck.dials(2);
    await clock.advance(10);
    deck.dials();
    await clock.advance(35);
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
    const connection = await adapter.connect(checkedDeck(device), testIo(), never);
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
    const { connection, inputs, clock } = await connectDeck(deck, {
      buttons: { 9: { show: 'go' }, 0: { show: 'go' } },
    });
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
    const rule = await connectDeck(new SimulatedDeck('mini'), {}, [{ dial: 0 }]);
    expect(rule.connection.health()).toMatchObject({ detail: 'a rule never fires: the Stream Deck Mini has no dials' });
    await rule.connection.close();
  });

  test('not allowed, and a library that is missing, say what to do', async () => {
    const deck = new SimulatedDeck('mini');
    deck.openFailure = new Error("Failed to open a device with path '/dev/hidraw0': Permission denied");
    await expect(connectDeck(deck)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringContaining('config/udev/70-pacebuddy.rules'),
    });
    const words = 'libusb-1.0.so.0: cannot open shared object file: No such file or directory';
    deck.openFailure = Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    await expect(connectDeck(deck)).rejects.toMatchObject({
      code: 'DEVICE_DRIVER_MISSING',
      message: expect.stringContaining('install libusb-1.0-0'),
    });
  });
});
