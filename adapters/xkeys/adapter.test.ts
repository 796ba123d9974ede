import { describe, expect, test } from 'vitest';
import { PRODUCTS, type Product } from 'xkeys';
import type { Connection, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { systemClock } from '../../src/kit/clock.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { createXkeysAdapter, xkeysAdapter } from './adapter.js';
import recorded from './fixtures/recorded.json' with { type: 'json' };
import * as validators from './generated/validators.js';
import { SimulatedPanel, simulatedDriver } from './simulator.js';

const clock = systemClock();
const never = new AbortController().signal;

const product = (name: string): Product => {
  const found = PRODUCTS[name];
  if (!found) throw new Error(`the library has no ${name}`);
  return found;
};
const XK24 = product('XK24');
const RGB = product('XBK4X6');
const checked = (device: object = {}) => checkedDevice('xkeys', device);
const adapterOf = (...panels: SimulatedPanel[]) =>
  createXkeysAdapter({ loadDriver: async () => simulatedDriver(...panels) });

/** A panel that is open and settled, on a clock that the test moves. */
async function connect(
  panel: SimulatedPanel,
  patterns: readonly Pattern[] = [],
  device: object = {},
): Promise<{ connection: Connection; inputs: Input[]; clock: TestClock }> {
  const clock = new TestClock();
  const io = { ...testIo('xk', patterns), clock };
  const connection = await adapterOf(panel).connect(checked(device), io, never);
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  await clock.advance(SETTLE_MS);
  await eventually(() => panel.written.length >= 2, 'the lamps were put out');
  return { connection, inputs, clock };
}

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The button of a lamp of an XK-24: blue is led 0 to 31, eight a column of six. */
const buttonOfLed = (led: number) => Math.floor(led / 8) * 6 + (led % 8) + 1;

async function rig(): Promise<Rig> {
  const panel = new SimulatedPanel({ product: XK24 });
  return {
    adapter: adapterOf(panel),
    config: checked({ debounceMs: 0 }),
    patterns: [{ button: 3, gesture: 'press' }],
    press: async () => {
      panel.press(3);
      panel.press();
    },
    pressedInput: { button: 3, gesture: 'press' },
    command: (n) => ({ light: n + 1, colour: 'blue' }),
    got: () =>
      panel.written.flatMap(([command, led = 0, mode]) =>
        command === 181 && mode === 1 ? [buttonOfLed(led) - 1] : [],
      ),
    joined: async () => {
      const settledAt = clock.mono() + SETTLE_MS;
      await eventually(() => clock.mono() > settledAt, 'the panel has settled');
    },
    links: () => panel.openings,
    unplug: async () => panel.unplug(),
    replug: async () => panel.replug(),
    close: async () => panel.unplug(),
  };
}

adapterContract('xkeys, simulated below its library', rig);

describe('what real panels sent', () => {
  /** In the words of the fixture. */
  const said = (input: Input): string => {
    if (input.control === 'jog') return `jog ${input.direction} ${input.value}`;
    return 'control' in input ? `${input.control} ${input.value}` : `${input.gesture} ${input.button}`;
  };
  test.each(recorded.recordings)('$file', async ({ productId, reports }) => {
    const found = Object.values(PRODUCTS).find(({ hidDevices }) => hidDevices.some(([id]) => id === productId));
    if (!found) throw new Error(`the library has no ${productId}`);
    const panel = new SimulatedPanel({ product: found, productId });
    const patterns = [
      { control: 'jog', direction: 'forward' },
      { control: 'shuttle', atLeast: 2 },
      { control: 'shuttle', atMost: -2 },
    ];
    const { connection, inputs, clock } = await connect(panel, found.hasJog && found.hasShuttle ? patterns : []);
    expect(connection.health().status).toBe('up');
    for (const [hex = '', expected = ''] of reports) {
      const before = inputs.length;
      panel.report(Buffer.from(hex, 'hex'));
      await clock.advance(50);
      expect(inputs.slice(before).map(said), hex).toEqual(expected === '' ? [] : [expected]);
    }
    await connection.close();
  });
});

describe('an X-keys panel', () => {
  test('is up once it has told its version and its state', async () => {
    const { connection } = await connect(new SimulatedPanel({ product: XK24, unitId: 7 }));
    expect(connection.health()).toEqual({
      status: 'up',
      detail: 'XK-24 (05f3:0405) at /dev/hidraw0, unit 7, firmware 30',
    });
    await connection.close();
  });

  test('tells press, release, hold, double and chord, at once and by the number of the button', async () => {
    const panel = new SimulatedPanel({ product: XK24 });
    const patterns = [{ button: 1, gesture: 'hold', holdMs: 1000 }, { chord: [24, 1] }];
    const { connection, inputs, clock } = await connect(panel, patterns);
    panel.press(1);
    await clock.advance(100);
    panel.press(1, 24);
    await clock.advance(1000);
    panel.press(0);
    await clock.advance(35);
    expect(inputs).toEqual([
      { button: 1, gesture: 'press' },
      { button: 24, gesture: 'press' },
      { chord: [24, 1], gesture: 'press' },
      { button: 1, gesture: 'hold', holdMs: 1000 },
      { button: 0, gesture: 'press' },
      { button: 1, gesture: 'release', heldMs: 1100 },
      { button: 24, gesture: 'release', heldMs: 1000 },
      { chord: [24, 1], gesture: 'release', heldMs: 1000 },
    ]);
    expect(xkeysAdapter.matches?.({ chord: [1, 24] }, inputs[2] ?? {})).toBe(true);
    expect(xkeysAdapter.matches?.({ button: 0, gesture: 'press' }, inputs[4] ?? {})).toBe(true);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('fires nothing for a button that is down when it is plugged in', async () => {
    const panel = new SimulatedPanel({ product: XK24 });
    panel.press(5);
    const { connection, inputs, clock } = await connect(panel);
    panel.press(5);
    await clock.advance(50);
    panel.press();
    await clock.advance(50);
    expect(inputs).toEqual([]);
    panel.press(5);
    expect(inputs).toEqual([{ button: 5, gesture: 'press' }]);
    await connection.close();
  });

  test('a report that the library cannot read costs itself only', async () => {
    const panel = new SimulatedPanel({ product: XK24 });
    const { connection, inputs } = await connect(panel);
    panel.report([]);
    panel.report([0]);
    panel.report([0, 0, 1]);
    panel.press(2);
    expect(inputs).toEqual([{ button: 2, gesture: 'press' }]);
    expect(connection.counters?.()).toMatchObject({ 'ignored.reports': 3 });
    await connection.close();
  });

  test('a rule for a button or a wheel that it has not is told, and costs itself only', async () => {
    const panel = new SimulatedPanel({ product: XK24 });
    const { connection, inputs } = await connect(panel, [{ button: 25 }, { button: 1 }]);
    expect(connection.health()).toMatchObject({
      status: 'degraded',
      code: 'CONFIG_UNKNOWN_NAME',
      detail: expect.stringContaining('there is no button 25, only 0, 1, 2'),
    });
    panel.press(1);
    expect(inputs).toHaveLength(1);
    await connection.close();
    const wheel = await connect(new SimulatedPanel({ product: XK24 }), [{ control: 'jog', direction: 'back' }]);
    expect(wheel.connection.health().detail).toContain('it has no jog');
    await wheel.connection.close();
  });
});

describe('wheels and levers', () => {
  const tbar = product('XKE124TBAR');
  const at = (value: number) => {
    const report = new Array<number>(36).fill(0);
    report[28] = value;
    return report;
  };

  test('a T-bar tells once that it came to its end, and not that it stood there at first', async () => {
    const panel = new SimulatedPanel({ product: tbar });
    panel.stands.set(28, 251);
    const up = { control: 'tbar', atLeast: 250 };
    const { connection, inputs, clock } = await connect(panel, [up, { control: 'tbar', atMost: 5 }]);
    const move = async (...values: number[]) => {
      for (const value of values) {
        panel.report(at(value));
        await clock.advance(10);
      }
    };
    await move(249, 248, 255);
    expect(inputs).toEqual([]);
    await move(100, 252, 248, 255);
    expect(inputs).toEqual([{ control: 'tbar', index: 0, value: 252, atLeast: 250 }]);
    expect(xkeysAdapter.matches?.(up, inputs[0] ?? {})).toBe(true);
    expect(xkeysAdapter.matches?.({ control: 'tbar', atMost: 5 }, inputs[0] ?? {})).toBe(false);
    expect(xkeysAdapter.matches?.({ button: 1 }, inputs[0] ?? {})).toBe(false);
    await move(3);
    expect(inputs).toHaveLength(2);
    await connection.close();
  });

  test('a joystick is told by its axes', async () => {
    const stick = product('XK12JOYSTICK');
    const panel = new SimulatedPanel({ product: stick });
    const { connection, inputs } = await connect(panel, [{ control: 'joystick', axis: 'y', atLeast: 100 }]);
    const report = new Array<number>(36).fill(0);
    panel.report(report);
    // Up is 256 less the value.
    report[7] = 256 - 120;
    panel.report(report);
    report[6] = 120;
    panel.report(report);
    expect(inputs).toEqual([{ control: 'joystick', index: 0, value: 120, axis: 'y', atLeast: 100 }]);
    await connection.close();
  });

  test('a wheel that nobody asks for is not told, and one that floods is cut off', async () => {
    const jog = product('XK12JOG');
    const quiet = await connect(new SimulatedPanel({ product: jog }));
    const panel = new SimulatedPanel({ product: jog });
    const { connection, inputs } = await connect(panel, [{ control: 'jog', direction: 'back' }]);
    const report = new Array<number>(36).fill(0);
    for (let n = 0; n < 300; n++) {
      report[6] = 255 - (n % 2);
      panel.report(report);
    }
    expect(inputs).toHaveLength(200);
    expect(inputs[0]).toEqual({ control: 'jog', index: 0, direction: 'back', value: -1 });
    expect(connection.counters?.()).toMatchObject({ 'in.controls': 200, 'dropped.flood': 100 });
    expect(quiet.inputs).toEqual([]);
    await connection.close();
    await quiet.connection.close();
  });
});

describe('which panel', () => {
  const panels = () => [
    new SimulatedPanel({ product: XK24, unitId: 1, path: '/dev/hidraw10' }),
    new SimulatedPanel({ product: XK24, unitId: 2, path: '/dev/hidraw9' }),
    new SimulatedPanel({ product: RGB, path: '/dev/hidraw11' }),
  ];
  const opened = async (device: object, all = panels()) => {
    const connection = await adapterOf(...all).connect(checked(device), testIo(), never);
    const open = all.filter(({ openings }) => openings > 0).map(({ info }) => info.path);
    const { detail } = connection.health();
    await connection.close();
    return { open, detail };
  };

  test('is told by its product, its unit id or its path, and no other stays open', async () => {
    expect((await opened({ productId: RGB.hidDevices[0]?.[0] })).open).toEqual(['/dev/hidraw11']);
    expect((await opened({ unitId: 1 })).open).toEqual(['/dev/hidraw10']);
    expect((await opened({ path: '/dev/hidraw10' })).open).toEqual(['/dev/hidraw10']);
    const first = await opened({});
    expect(first.open).toEqual(['/dev/hidraw9']);
    expect(first.detail).toContain('3 fit, this is the first: name productId, unitId or path');
  });

  test('a unit id that none has is told with those that there are', async () => {
    expect(await refusal(opened({ unitId: 9, productId: 1029 }))).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'no X-keys with the unit id 9 is plugged in; those there have 2, 1',
    });
  });

  test('one that does not answer does not hide the others', async () => {
    const all = panels();
    for (const panel of all) panel.isMute = panel.info.path === '/dev/hidraw9';
    expect((await opened({ unitId: 1 }, all)).open).toEqual(['/dev/hidraw10']);
    const silent = await refusal(opened({ path: '/dev/hidraw9' }, all));
    expect(silent).toMatchObject({ code: 'DEVICE_TIMEOUT', message: expect.stringContaining('did not answer') });
    expect(all.map(({ openings }) => openings)).toEqual([0, 0, 0]);
  });

  test('a pedal of the same vendor that is no X-keys is not taken for one', async () => {
    const vec = new SimulatedPanel({ product: XK24, productId: 0x00ff });
    expect(await refusal(opened({}, [vec]))).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'no X-keys 05f3:… is plugged in; what is there of 05f3:… the library does not know',
    });
  });

  test('pacebuddy devices is told each with its line for the bridge file, and opens none', async () => {
    const all = panels();
    const listing = await adapterOf(...all).list?.(never);
    expect(listing?.found.map(({ entry }) => entry)).toEqual([
      { adapter: 'xkeys', productId: 1029, path: '/dev/hidraw9' },
      { adapter: 'xkeys', productId: 1029, path: '/dev/hidraw10' },
      { adapter: 'xkeys', productId: 1365 },
    ]);
    expect(all.every(({ openings }) => openings === 0)).toBe(true);
    for (const { entry } of listing?.found ?? []) expect(validators.device({ ...entry })).toBe(true);
  });
});

describe('why not', () => {
  const why = (panel: SimulatedPanel) => refusal(adapterOf(panel).connect(checked(), testIo(), never));

  test('not there, not allowed, a library missing', async () => {
    const panel = new SimulatedPanel({ product: XK24 });
    panel.openFailure = new Error("Failed to open a device with path '/dev/hidraw0': Permission denied");
    expect(await why(panel)).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringContaining('config/udev/70-pacebuddy.rules'),
    });
    const words = 'libusb-1.0.so.0: cannot open shared object file: No such file or directory';
    panel.openFailure = Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    expect(await why(panel)).toMatchObject({
      code: 'DEVICE_DRIVER_MISSING',
      message: expect.stringContaining('install libusb-1.0-0'),
    });
    panel.unplug();
    expect(await why(panel)).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'no X-keys 05f3:… is plugged in',
    });
  });

  test('the real driver is loaded on connect, and says what is not there: the panel, or a library', async () => {
    const absent = checked({ productId: 0xfffe });
    const error = await within(refusal(xkeysAdapter.connect(absent, testIo(), never)), 'the refusal');
    const { code, message } = error as { code: string; message: string };
    expect(['DEVICE_UNREACHABLE', 'DEVICE_DRIVER_MISSING']).toContain(code);
    expect(message).toMatch(code === 'DEVICE_UNREACHABLE' ? /no X-keys 05f3:fffe is plugged in/ : /on Debian install/);
  });
});
