import { describe, expect, test } from 'vitest';
import type { Connection, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { systemClock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';
import { resolvedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { createHidAdapter, type HidConfig, hidAdapter } from './adapter.js';
import type { HidInfo } from './driver.js';
import * as validators from './generated/validators.js';
import { SimulatedHid } from './simulator.js';

const clock = systemClock();
const never = new AbortController().signal;
const PEDAL = { vendorId: 0x05f3, productId: 0x00ff, profile: 'infinity-3' };

const checked = (device: object) => resolvedDevice<HidConfig>(hidAdapter, device);

const info = (more: Partial<HidInfo> = {}): HidInfo => ({
  vendorId: 0x05f3,
  productId: 0x00ff,
  path: '/dev/hidraw0',
  interface: 0,
  ...more,
});

/** A pedal that is open and settled, on a clock that the test moves. */
async function connect(
  pedal: SimulatedHid,
  patterns: readonly Pattern[] = [],
  device: Record<string, unknown> = {},
): Promise<{ connection: Connection; inputs: Input[]; clock: TestClock }> {
  const clock = new TestClock();
  const adapter = createHidAdapter({ loadDriver: async () => pedal });
  const config = await checked({ ...PEDAL, ...device });
  const connection = await adapter.connect(config, { ...testIo('pedal', patterns), clock }, never);
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  await clock.advance(SETTLE_MS);
  return { connection, inputs, clock };
}

const refusal = (connecting: Promise<unknown>): Promise<unknown> =>
  connecting.then(
    () => undefined,
    (error: unknown) => error,
  );

async function rig(): Promise<Rig> {
  const pedal = new SimulatedHid(info());
  return {
    adapter: createHidAdapter({ loadDriver: async () => pedal }),
    config: await checked({ ...PEDAL, debounceMs: 0 }),
    patterns: [{ button: 'right', gesture: 'press' }],
    press: async () => {
      pedal.report(4, 0);
      pedal.report(0, 0);
    },
    pressedInput: { button: 'right', gesture: 'press' },
    command: () => ({}),
    got: () => [],
    // The foot comes after the device has settled.
    joined: async () => {
      const settledAt = clock.mono() + SETTLE_MS;
      await eventually(() => clock.mono() > settledAt, 'the pedal has settled');
    },
    links: () => pedal.openings,
    unplug: async () => pedal.unplug(),
    replug: async () => pedal.replug(),
    close: async () => pedal.unplug(),
  };
}

adapterContract('hid, simulated', rig, { takesCommands: false });

describe('a HID device', () => {
  test('is up once open: the system lists it and gave it to us', async () => {
    const { connection } = await connect(new SimulatedHid(info()));
    expect(connection.health()).toEqual({ status: 'up', detail: '05f3:00ff at /dev/hidraw0' });
    await connection.close();
  });

  test('tells presses, releases and doubles as they come', async () => {
    const pedal = new SimulatedHid(info());
    const { connection, inputs, clock } = await connect(pedal);
    for (const report of [4, 0, 4, 0]) {
      pedal.report(report, 0);
      await clock.advance(50);
    }
    expect(inputs).toEqual([
      { button: 'right', gesture: 'press' },
      { button: 'right', gesture: 'release', heldMs: 50 },
      { button: 'right', gesture: 'press' },
      { button: 'right', gesture: 'double' },
      { button: 'right', gesture: 'release', heldMs: 50 },
    ]);
    expect(connection.counters?.()).toEqual({
      'in.reports': 4,
      'in.gestures': 5,
      'ignored.reports': 0,
      'ignored.typed': 0,
    });
    await connection.close();
  });

  test('tells the holds that the rules name, while the pedal is down', async () => {
    const pedal = new SimulatedHid(info());
    const patterns = [
      { button: 'left', gesture: 'hold' },
      { button: 'left', gesture: 'hold', holdMs: 2000 },
      { button: 'right', gesture: 'press' },
    ];
    const { connection, inputs, clock } = await connect(pedal, patterns, { holdMs: 500 });
    pedal.report(1, 0);
    await clock.advance(499);
    expect(inputs).toHaveLength(1);
    await clock.advance(1);
    expect(inputs.at(-1)).toEqual({ button: 'left', gesture: 'hold', holdMs: 500, isUsualHold: true });
    expect(patterns.map((pattern) => hidAdapter.matches?.(pattern, inputs.at(-1) ?? {}))).toEqual([true, false, false]);
    await clock.advance(1500);
    expect(inputs.at(-1)).toEqual({ button: 'left', gesture: 'hold', holdMs: 2000 });
    expect(patterns.map((pattern) => hidAdapter.matches?.(pattern, inputs.at(-1) ?? {}))).toEqual([false, true, false]);
    pedal.report(5, 0);
    await clock.advance(5000);
    expect(inputs.filter(({ gesture }) => gesture === 'hold')).toHaveLength(2);
    expect(patterns.map((pattern) => hidAdapter.matches?.(pattern, inputs.at(-1) ?? {}))).toEqual([false, false, true]);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('held for 700 ms and bouncing as it is let go of, it presses once with the debounce that nobody set', async () => {
    for (let bounceMs = 1; bounceMs <= 30; bounceMs += 1) {
      const pedal = new SimulatedHid(info());
      const { connection, inputs, clock } = await connect(pedal);
      pedal.report(4, 0);
      await clock.advance(700);
      pedal.report(0, 0);
      await clock.advance(bounceMs);
      pedal.report(4, 0);
      await clock.advance(1);
      pedal.report(0, 0);
      await clock.advance(400);
      expect(inputs).toEqual([
        { button: 'right', gesture: 'press' },
        { button: 'right', gesture: 'release', heldMs: 701 + bounceMs },
      ]);
      await connection.close();
    }
  });

  test('unplugged with the foot on it, it fires nothing when it is back, and the next press is one', async () => {
    const pedal = new SimulatedHid(info());
    const first = await connect(pedal);
    pedal.report(4, 0);
    pedal.unplug();
    expect(await first.connection.closed).toMatchObject({ code: 'DEVICE_CLOSED' });
    await first.clock.advance(5000);
    expect(first.inputs).toEqual([{ button: 'right', gesture: 'press' }]);
    pedal.replug();
    const clock = new TestClock();
    const adapter = createHidAdapter({ loadDriver: async () => pedal });
    const connection = await adapter.connect(await checked(PEDAL), { ...testIo('pedal'), clock }, never);
    const inputs: Input[] = [];
    connection.onInput((input) => inputs.push(input));
    pedal.report(4, 0);
    await clock.advance(1000);
    pedal.report(0, 0);
    await clock.advance(1000);
    expect(inputs).toEqual([]);
    pedal.report(4, 0);
    expect(inputs).toEqual([{ button: 'right', gesture: 'press' }]);
    await connection.close();
  });

  test('a report that is too short is ignored and counted', async () => {
    const pedal = new SimulatedHid(info());
    const { connection, inputs } = await connect(pedal);
    pedal.report();
    expect(inputs).toEqual([]);
    expect(connection.counters?.()).toMatchObject({ 'in.reports': 1, 'ignored.reports': 1 });
    await connection.close();
  });

  test('what its profile does not know presses nothing and is degraded, until a button is pressed', async () => {
    const keyboard = { vendorId: 0x0c45, productId: 0x7404, profile: 'keyboard-abc' };
    const pedal = new SimulatedHid(info({ vendorId: 0x0c45, productId: 0x7404 }));
    const { connection, inputs, clock } = await connect(pedal, [], keyboard);
    const key = (usage: number) => pedal.report(0, 0, usage, 0, 0, 0, 0, 0);
    const unknown = async (send: () => void, words: string) => {
      send();
      expect(connection.health()).toMatchObject({ status: 'degraded', code: 'CODEC_MALFORMED' });
      expect(connection.health().detail).toContain(words);
      expect(inputs).toEqual([]);
      key(0);
      expect(connection.health().status).toBe('degraded');
      await clock.advance(300);
      key(4);
      expect(connection.health().status).toBe('up');
      key(0);
      await clock.advance(100);
      expect(inputs.splice(0).map(({ gesture }) => gesture)).toEqual(['press', 'release']);
    };
    // A pedal of numbered reports, then the www.pc of a maker's address.
    await unknown(() => pedal.report(1, 0, 0, 5, 0, 0, 0, 0, 0), 'shape');
    await unknown(() => [26, 0, 26, 0, 26, 0, 55, 0, 19, 0, 6].forEach(key), 'keys');
    expect(connection.counters?.()).toMatchObject({ 'ignored.reports': 6, 'ignored.typed': 1 });
    await connection.close();
  });

  test('a rule for a button that the profile has not is told, and costs itself only', async () => {
    const pedal = new SimulatedHid(info());
    const { connection, inputs } = await connect(pedal, [{ button: 'rigth' }, { button: 'right' }]);
    expect(connection.health()).toMatchObject({
      status: 'degraded',
      code: 'CONFIG_UNKNOWN_NAME',
      detail: 'profile infinity-3: there is no button rigth, only left, middle, right; a rule for it never fires',
    });
    pedal.report(4, 0);
    expect(inputs).toEqual([{ button: 'right', gesture: 'press' }]);
    await connection.close();
  });
});

describe('which device', () => {
  const keyboard = { vendorId: 0x1a86, productId: 0xe026 };
  const opened = async (device: Record<string, unknown>, ...infos: HidInfo[]): Promise<string | undefined> => {
    const driver = new SimulatedHid(...infos);
    const connection = await createHidAdapter({ loadDriver: async () => driver }).connect(
      await checked(device),
      testIo(),
      never,
    );
    const [path] = driver.openPaths;
    await connection.close();
    return path;
  };

  test('is told by its serial number, path or interface', async () => {
    const two = [
      info({ path: '/dev/hidraw4', serialNumber: 'K1' }),
      info({ path: '/dev/hidraw5', serialNumber: 'K2', interface: 1 }),
    ];
    expect(await opened({ ...PEDAL, serialNumber: 'K2' }, ...two)).toBe('/dev/hidraw5');
    expect(await opened({ ...PEDAL, path: '/dev/hidraw5' }, ...two)).toBe('/dev/hidraw5');
    expect(await opened({ ...PEDAL, interface: 1 }, ...two)).toBe('/dev/hidraw5');
    expect(await opened(PEDAL, ...two)).toBe('/dev/hidraw4');
  });

  test('of several parts is the one that the profile speaks of, or that the bridge file names', async () => {
    const parts = [
      info({ ...keyboard, path: '/dev/hidraw0', usagePage: 12, usage: 1 }),
      info({ ...keyboard, path: '/dev/hidraw1', usagePage: 1, usage: 2 }),
      info({ ...keyboard, path: '/dev/hidraw1', usagePage: 1, usage: 6 }),
    ];
    expect(await opened({ ...keyboard, profile: 'pcsensor-3' }, ...parts)).toBe('/dev/hidraw1');
    expect(await opened({ ...keyboard, profile: 'pcsensor-3', usagePage: 12 }, ...parts)).toBe('/dev/hidraw0');
  });

  test('is told to be ambiguous when two fit', async () => {
    const { connection } = await connect(new SimulatedHid(info(), info({ path: '/dev/hidraw1' })));
    expect(connection.health().detail).toContain('2 fit, the first was taken');
    await connection.close();
  });
});

describe('why not', () => {
  const why = async (pedal: SimulatedHid, device: Record<string, unknown> = PEDAL) =>
    refusal(createHidAdapter({ loadDriver: async () => pedal }).connect(await checked(device), testIo(), never));

  test('not there, not that one, not allowed', async () => {
    const pedal = new SimulatedHid(info());
    expect(await why(pedal, { ...PEDAL, serialNumber: 'X' })).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'no HID device 05f3:00ff number X is plugged in; 1 of these ids are there, but none fits the rest',
    });
    pedal.openFailure = new Error("Failed to open a device with path '/dev/hidraw0': Permission denied");
    expect(await why(pedal)).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringContaining('config/udev/70-pacebuddy.rules'),
    });
  });

  test('a library is missing: its Debian package is named', async () => {
    const pedal = new SimulatedHid(info());
    const words = 'libudev.so.1: cannot open shared object file: No such file or directory';
    pedal.openFailure = Object.assign(new Error(words), { code: 'ERR_DLOPEN_FAILED' });
    expect(await why(pedal)).toMatchObject({
      code: 'DEVICE_DRIVER_MISSING',
      message: expect.stringContaining('install libudev1'),
    });
  });

  test('the real driver is loaded on connect, and says what is not there: the device, or a library', async () => {
    const absent = { vendorId: 0xfffe, productId: 0xfffe, profile: 'infinity-3' };
    const error = await within(refusal(hidAdapter.connect(await checked(absent), testIo(), never)), 'the refusal');
    expect(error).toBeInstanceOf(BridgeError);
    const { code, message } = error as BridgeError;
    expect(['DEVICE_UNREACHABLE', 'DEVICE_DRIVER_MISSING']).toContain(code);
    expect(message).toMatch(
      code === 'DEVICE_UNREACHABLE' ? /no HID device fffe:fffe is plugged in/ : /on Debian install/,
    );
  });
});

test('the bridge file says no send to a HID device', () => {
  const send = { device: 'pedal', line: 'GO' };
  expect(validators.send(send)).toBe(false);
  expect(hidAdapter.problemOfCommand?.({})).toBe('a HID device cannot be sent anything');
});
