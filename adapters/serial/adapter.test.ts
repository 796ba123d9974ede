import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Connection, Health, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { portSettles } from '../../test/support/socat-box.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { createSerialAdapter, serialAdapter } from './adapter.js';
import { CUT_MS } from './codec.js';
import { findPortInSysfs, portPath } from './find-port.js';
import * as validators from './generated/validators.js';
import { SafeUnixPort } from './safe-binding.js';
import { SimulatedPort } from './simulator.js';

const never = new AbortController().signal;

const checked = (device: object) => checkedDevice('serial', device);

const box = () => new SimulatedPort({ path: '/dev/ttyTEST', vendorId: '2341', productId: '0043', serialNumber: 'A1' });

/** A connection to a box, on a clock that the test moves. */
async function connect(
  port: SimulatedPort,
  device: Record<string, unknown> = {},
  patterns: readonly Pattern[] = [],
): Promise<{ connection: Connection; inputs: Input[]; healths: Health[]; clock: TestClock; lines: () => unknown[] }> {
  const clock = new TestClock();
  const adapter = createSerialAdapter({ loadBinding: async () => port });
  const config = checked({ path: '/dev/ttyTEST', ...device });
  const connection = await adapter.connect(config, { ...testIo('box', patterns), clock }, never);
  const inputs: Input[] = [];
  const healths: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => healths.push(health));
  await clock.advance(CUT_MS);
  return { connection, inputs, healths, clock, lines: () => inputs.map(({ line }) => line) };
}

async function rig(): Promise<Rig> {
  const port = box();
  return {
    adapter: createSerialAdapter({ loadBinding: async () => port }),
    config: checked({ path: '/dev/ttyTEST' }),
    patterns: [{ line: 'GO' }],
    press: async () => port.say('GO\r\n'),
    pressedInput: { line: 'GO' },
    joined: portSettles,
    command: (n) => ({ line: `LED ${n}` }),
    got: () => [...port.received.toString().matchAll(/^LED (\d+)$/gm)].map(([, n]) => Number(n)),
    links: () => port.openings,
    unplug: async () => port.unplug(),
    replug: async () => port.replug(),
    close: async () => port.unplug(),
  };
}

adapterContract('serial, simulated', rig, { health: 'unverified' });

describe('a serial device', () => {
  test('is unverified until it was heard: an open port proves the cable, not the box', async () => {
    const port = box();
    const { connection, healths } = await connect(port);
    expect(connection.health()).toEqual({ status: 'unverified', detail: '/dev/ttyTEST is open; heard nothing yet' });
    port.say('x');
    await eventually(() => connection.health().status === 'up', 'up');
    expect(healths.map(({ status }) => status)).toEqual(['up']);
    await connection.close();
  });

  test('is opened as the bridge file says, and locked', async () => {
    const port = box();
    const { connection } = await connect(port, {
      baudRate: 115200,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      rtscts: true,
    });
    expect(port.openedWith).toEqual({
      path: '/dev/ttyTEST',
      baudRate: 115200,
      dataBits: 7,
      parity: 'even',
      stopBits: 2,
      rtscts: true,
      lock: true,
    });
    await connection.close();
  });

  test('a line that comes again within debounceMs is dropped; the first is not delayed, and another line is another', async () => {
    const port = box();
    const { connection, clock, lines } = await connect(port, { debounceMs: 50 });
    port.say('GO\nGO\nBACK\n');
    await eventually(() => lines().length === 2, 'GO and BACK');
    await clock.advance(49);
    port.say('GO\n');
    await clock.advance(49);
    port.say('GO\n');
    await clock.advance(50);
    port.say('GO\n');
    await eventually(() => lines().length === 3, 'the press after the pause');
    expect(lines()).toEqual(['GO', 'BACK', 'GO']);
    expect(connection.counters?.()).toMatchObject({ 'in.lines': 6, 'dropped.debounced': 3 });
    await connection.close();
  });

  test('a box that repeats while it is held is no flood: what is dropped as a repeat takes no room', async () => {
    const port = box();
    const { connection, lines } = await connect(port, { debounceMs: 50 });
    port.say(`${'GO\n'.repeat(1000)}BACK\n`);
    await eventually(() => lines().length === 2, 'GO and BACK');
    expect(connection.health().status).toBe('up');
    expect(connection.counters?.()).toMatchObject({ 'dropped.debounced': 999, 'dropped.flood': 0 });
    await connection.close();
  });

  test('a line that is still said is remembered; of 64 others the one that was said longest ago is forgotten', async () => {
    const port = box();
    const { connection, lines } = await connect(port, { debounceMs: 50 });
    const others = Array.from({ length: 62 }, (_, n) => `L${n}`);
    port.say(['GO', 'BACK', ...others, 'GO', 'new', 'GO', 'BACK', 'end', ''].join('\n'));
    await eventually(() => lines().includes('end'), 'all lines');
    expect(lines().filter((line) => line === 'GO')).toHaveLength(1);
    expect(lines().filter((line) => line === 'BACK')).toHaveLength(2);
    await connection.close();
  });

  test('noise beside a line loses no press and makes none, and a line is the same line to debounceMs', async () => {
    const port = box();
    const { connection, lines, clock } = await connect(port);
    const noises = ['\0', '\xff', '\x11', '\x13', ' \0\xff'];
    for (const noise of noises) port.say(Buffer.from(`${noise}GO${noise}\r\n${noise}\r\nG${noise}O\n`, 'latin1'));
    await eventually(() => lines().length === 2 * noises.length, 'all lines');
    expect(lines().filter((line) => line === 'GO')).toHaveLength(noises.length);
    await connection.close();
    const again = await connect(port, { debounceMs: 50 });
    port.say(Buffer.from('GO\n\0GO\n GO\xff\nend\n', 'latin1'));
    await eventually(() => again.lines().length === 2, 'GO and end');
    expect(again.lines()).toEqual(['GO', 'end']);
    await again.connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('a box that ends its lines otherwise is heard and not understood, until a line has an end', async () => {
    const port = box();
    const { connection, clock, lines } = await connect(port);
    port.say('GO\rGO\r');
    await eventually(() => connection.health().status === 'up', 'heard');
    await clock.advance(999);
    expect(connection.health().status).toBe('up');
    await clock.advance(1);
    expect(connection.health()).toEqual({
      status: 'degraded',
      code: 'CODEC_MALFORMED',
      detail:
        "/dev/ttyTEST was heard, but no line came to its end; its lines may end in \\r: say delimiter: '\\r'; nothing of it is understood",
    });
    expect(connection.counters?.()).toMatchObject({ 'in.unended': 1, 'in.lines': 0 });
    port.say('\nGO\n');
    await eventually(() => lines().length === 2, 'lines with ends');
    expect(connection.health().status).toBe('up');
    // Noise after a line is no line without an end.
    port.say(Uint8Array.of(0, 0xff, 0x11));
    await eventually(() => connection.counters?.()['in.bytes'] === 13, 'the noise');
    await clock.advance(5000);
    expect(connection.health().status).toBe('up');
    await connection.close();
  });

  test('one that never pauses is told within 3 s as well, once, however long its lines get', async () => {
    const port = box();
    const { connection, clock, healths } = await connect(port, { lineBytesMax: 64 });
    const says = async (text: string, times: number) => {
      for (let n = 0; n < times; n++) {
        port.say(text);
        await clock.advance(100);
      }
    };
    await says('LEVEL 12\r', 28);
    expect(connection.health().status).toBe('up');
    await says('LEVEL 12\r', 5);
    expect(connection.health().status).toBe('degraded');
    await says('LEVEL 12\r', 60);
    expect(healths.map(({ status, code }) => [status, code])).toEqual([
      ['up', undefined],
      ['degraded', 'CODEC_MALFORMED'],
    ]);
    expect(connection.health().detail).toContain(String.raw`say delimiter: '\r'`);
    expect(connection.counters?.()).toMatchObject({ 'in.unended': 1, 'in.lines': 0 });
    await says('LEVEL 12\r\n', 60);
    expect(connection.health().status).toBe('up');
    expect(connection.counters?.()).toMatchObject({ 'in.unended': 1, 'in.lines': 59, 'dropped.oversize': 1 });
    await connection.close();
  });

  test('what is typed by hand, or comes in after noise, is a line that ends', async () => {
    const port = box();
    const { connection, clock, healths, lines } = await connect(port);
    port.say(Uint8Array.of(0, 0, 0x11));
    await clock.advance(5000);
    for (const letter of 'GO') {
      port.say(letter);
      await clock.advance(900);
    }
    port.say('\n');
    await eventually(() => lines().length === 1, 'the line');
    expect(healths.map(({ status }) => status)).toEqual(['up']);
    await connection.close();
  });

  test('what begins within 100 ms of the opening may be the end of a line, and presses nothing; a pause makes a new beginning', async () => {
    for (const [afterMs, pauseMs, expected] of [
      [0, 0, ['next']],
      [CUT_MS - 1, 0, ['next']],
      [CUT_MS, 0, ['GO', 'next']],
      [0, CUT_MS, ['next']],
    ] as const) {
      const port = box();
      const clock = new TestClock();
      const adapter = createSerialAdapter({ loadBinding: async () => port });
      const connection = await adapter.connect(checked({ path: '/dev/ttyTEST' }), { ...testIo('box'), clock }, never);
      const lines: unknown[] = [];
      connection.onInput(({ line }) => lines.push(line));
      await clock.advance(afterMs);
      port.say(pauseMs === 0 ? 'GO\n' : 'GO');
      await eventually(() => Number(connection.counters?.()['in.bytes']) >= 2, 'the first bytes');
      await clock.advance(pauseMs);
      port.say('next\n');
      await eventually(() => lines.length === expected.length, 'the lines');
      expect(lines).toEqual(expected);
      await connection.close();
    }
  });

  test('the end of a flood is told once a whole second was quiet enough', async () => {
    const port = box();
    const { connection, clock, lines } = await connect(port);
    port.say('x\n'.repeat(201));
    await eventually(() => connection.counters?.()['in.lines'] === 201, 'all lines');
    expect(lines()).toHaveLength(200);
    expect(connection.health()).toMatchObject({ status: 'degraded', code: 'RATE_LIMITED' });
    await clock.advance(1000);
    // The second that ended had too many in it: its end is no proof of quiet.
    port.say('y\n');
    await eventually(() => lines().length === 201, 'y');
    expect(connection.health().status).toBe('degraded');
    await clock.advance(1000);
    port.say('z\n');
    await eventually(() => lines().length === 202, 'z');
    expect(connection.health().status).toBe('up');
    await connection.close();
  });

  test('without a delimiter, a silence ends a line', async () => {
    const port = box();
    const { connection, clock, lines } = await connect(port, { idleMs: 20 });
    port.say('G');
    await eventually(() => connection.health().status === 'up', 'the first byte');
    await clock.advance(10);
    port.say('O');
    await eventually(() => connection.counters?.()['in.bytes'] === 2, 'the second byte');
    await clock.advance(19);
    expect(lines()).toEqual([]);
    await clock.advance(1);
    expect(lines()).toEqual(['GO']);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('fixed frames are read as hex, and match by their bytes', async () => {
    const port = box();
    const { connection, inputs } = await connect(port, { frameBytes: 2, encoding: 'hex' });
    port.say(Uint8Array.of(0xa5, 0x01, 0xa5, 0x00));
    await eventually(() => inputs.length === 2, 'two frames');
    expect(inputs).toEqual([
      { line: 'a501', bytes: 'a501' },
      { line: 'a500', bytes: 'a500' },
    ]);
    expect(serialAdapter.matches?.({ bytes: 'A5 01' }, inputs[0] ?? {})).toBe(true);
    await connection.close();
  });

  test('groups of an expression come with the input', async () => {
    const port = box();
    const { connection, inputs } = await connect(port, {}, [{ line: 'GO' }, { match: String.raw`^CUE (\d+)$` }]);
    port.say('CUE 12\nGO\n');
    await eventually(() => inputs.length === 2, 'two lines');
    expect(inputs[0]).toEqual({
      line: 'CUE 12',
      bytes: '435545203132',
      match: String.raw`^CUE (\d+)$`,
      groups: { 0: '12' },
    });
    expect(inputs[1]).toEqual({ line: 'GO', bytes: '474f' });
    await connection.close();
  });

  test('an expression that is not taken is told, and costs its own rule only', async () => {
    const port = box();
    const { connection, lines } = await connect(port, {}, [{ match: '(a+)+' }, { line: 'GO' }]);
    expect(connection.health()).toMatchObject({ status: 'degraded', code: 'CONFIG_INVALID' });
    port.say('GO\n');
    await eventually(() => lines().length === 1, 'GO');
    expect(connection.health().status).toBe('degraded');
    await connection.close();
  });

  test('a babbling line is held to 200 inputs a second, aloud, and works again after it', async () => {
    const port = box();
    const { connection, clock, lines } = await connect(port);
    port.say('GO\n'.repeat(1000));
    await eventually(() => connection.counters?.()['in.lines'] === 1000, 'the flood');
    expect(lines()).toHaveLength(200);
    expect(connection.counters?.()).toMatchObject({ 'dropped.flood': 800 });
    expect(connection.health()).toMatchObject({ status: 'degraded', code: 'RATE_LIMITED' });
    for (const count of [201, 202]) {
      await clock.advance(1000);
      port.say('GO\n');
      await eventually(() => lines().length === count, 'the next second');
    }
    expect(connection.health().status).toBe('up');
    await connection.close();
  });

  test('what it does not take within a second is given up with the port, and never goes out', async () => {
    const port = box();
    const { connection, clock } = await connect(port);
    port.isReady = false;
    const [first, second] = [connection.send({ line: 'A' }, never), connection.send({ line: 'B' }, never)];
    const refused = Promise.allSettled([first, second]);
    await clock.advance(1000);
    expect(await within(refused, 'both refusals')).toMatchObject([
      { status: 'rejected', reason: { code: 'DEVICE_TIMEOUT' } },
      { status: 'rejected', reason: { code: 'DEVICE_CLOSED' } },
    ]);
    expect(await connection.closed).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    port.isReady = true;
    const next = await connect(port);
    await next.connection.send({ line: 'C' }, never);
    await eventually(() => port.received.length > 0, 'C');
    expect(port.received.toString()).toBe('C\n');
    await next.connection.close();
  });

  test('what was sent before close() still leaves; what an unplug cut off does not', async () => {
    const port = box();
    const first = await connect(port);
    await first.connection.send({ line: 'LAMP OFF' }, never);
    await first.connection.close();
    expect(port.received.toString()).toBe('LAMP OFF\n');
    const second = await connect(port);
    await second.connection.send({ line: 'LOST' }, never);
    port.unplug();
    await second.connection.closed;
    port.replug();
    await (await connect(port)).connection.close();
    expect(port.received.toString()).toBe('LAMP OFF\n');
  });

  test('more than 64 KiB of waiting commands are refused', async () => {
    const port = box();
    const { connection, clock } = await connect(port);
    port.isReady = false;
    const sending = Array.from({ length: 70 }, () => connection.send({ line: 'x'.repeat(1000) }, never));
    await expect(sending.at(-1)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
    const settled = Promise.allSettled(sending);
    const closing = connection.close();
    await clock.advance(200);
    const ends = await settled;
    expect(new Set(ends.map((end) => end.status))).toEqual(new Set(['rejected']));
    await closing;
  });

  test('is found by its USB ids', async () => {
    const port = box();
    const adapter = createSerialAdapter({ loadBinding: async () => port });
    const usb = { vendorId: 0x2341, productId: 0x0043, serialNumber: 'A1' };
    const connection = await adapter.connect(checked(usb), testIo(), never);
    await connection.close();
    await expect(adapter.connect(checked({ ...usb, serialNumber: 'B2' }), testIo(), never)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'no serial port of 2341:0043 number B2 is plugged in',
    });
  });

  test('by a path that is relative is looked for beside the bridge file', async () => {
    const port = new SimulatedPort({ path: resolve('/shows/hamlet/dev/box') });
    const adapter = createSerialAdapter({ loadBinding: async () => port });
    const config = checked({ path: './dev/box' });
    const connection = await adapter.connect(config, testIo('box', [], '/shows/hamlet'), never);
    expect(port.openings).toBe(1);
    await connection.close();
    await expect(adapter.connect(config, testIo('box', [], '/shows/lear'), never)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
    });
  });

  test.each<[NodeJS.Platform, string, string]>([
    ['linux', '/dev/ttyUSB0', '/dev/ttyUSB0'],
    ['linux', 'tty', '/shows/tty'],
    ['linux', '../COM3', '/COM3'],
    ['linux', 'COM3', '/shows/COM3'],
    ['win32', 'COM3', 'COM3'],
    ['win32', 'com12', 'com12'],
    ['win32', String.raw`\\.\COM12`, String.raw`\\.\COM12`],
    ['win32', 'COM3x', String.raw`C:\shows\COM3x`],
  ])('on %s the path %s is %s', (platform, path, expected) => {
    expect(portPath(path, platform === 'win32' ? String.raw`C:\shows` : '/shows', platform)).toBe(expected);
  });

  test('says in the technician’s words why it cannot be opened', async () => {
    const reasons: [string, RegExp][] = [
      ['Error: Permission denied, cannot open /dev/ttyUSB0', /dialout/],
      ['Error Resource temporarily unavailable Cannot lock port', /in use by another program/],
      ['Error: No such file or directory, cannot open /dev/ttyUSB0', /there is no \/dev\/ttyUSB0/],
      ['Error: Inappropriate ioctl for device setting custom baud rate of 9600', /is not a serial port/],
      ['Error: Opening COM3: File not found', /there is no/],
    ];
    for (const [words, expected] of reasons) {
      const broken = { list: async () => [], open: () => Promise.reject(new Error(words)) };
      const adapter = createSerialAdapter({ loadBinding: async () => broken });
      await expect(adapter.connect(checked({ path: '/dev/ttyUSB0' }), testIo(), never)).rejects.toMatchObject({
        code: 'DEVICE_UNREACHABLE',
        message: expect.stringMatching(expected),
        cause: expect.objectContaining({ message: words }),
      });
    }
  });

  test('a delimiter that cannot be parks the device: trying again would not mend it', async () => {
    const port = box();
    await expect(connect(port, { delimiter: String.raw`\q` })).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
    expect(port.openings).toBe(0);
  });

  test('a port that is not there is told by the real driver, at once', async () => {
    const connecting = serialAdapter.connect(checked({ path: '/dev/tty-of-nobody' }), testIo(), never);
    await expect(within(connecting, 'the refusal')).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' });
  });
});

describe('the bridge file', () => {
  const parts = { device: validators.device, when: validators.when, send: validators.send };
  const faults = (part: 'device' | 'when' | 'send', value: Record<string, unknown>): number => {
    const validate = parts[part];
    return validate?.(value) ? 0 : (validate?.errors?.length ?? 0);
  };

  test('wants a path or both USB ids', () => {
    expect(faults('device', { adapter: 'serial' })).toBeGreaterThan(0);
    expect(faults('device', { adapter: 'serial', vendorId: 1 })).toBeGreaterThan(0);
    expect(faults('device', { adapter: 'serial', path: 'COM3', serialNumber: 'A' })).toBeGreaterThan(0);
    expect(faults('device', { adapter: 'serial', path: 'COM3' })).toBe(0);
    expect(faults('device', { adapter: 'serial', vendorId: 1, productId: 2 })).toBe(0);
  });

  test('wants exactly one way to tell a line, and one thing to send', () => {
    expect(faults('when', { device: 'box' })).toBeGreaterThan(0);
    expect(faults('when', { device: 'box', line: 'GO', bytes: '00' })).toBeGreaterThan(0);
    expect(faults('when', { device: 'box', bytes: '0' })).toBeGreaterThan(0);
    expect(faults('when', { device: 'box', line: 'GO' })).toBe(0);
    expect(faults('send', { device: 'box' })).toBeGreaterThan(0);
    expect(faults('send', { device: 'box', line: '' })).toBe(0);
  });
});

describe('USB ids in sysfs', () => {
  test('name the port, by number of the device where there are two', async () => {
    const sysfs = await mkdtemp(join(tmpdir(), 'sysfs-'));
    try {
      await mkdir(join(sysfs, 'class/tty/ttyS0'), { recursive: true });
      for (const [n, serial] of ['A1', 'B2'].entries()) {
        const usb = join(sysfs, `devices/usb1/1-${n}`);
        await mkdir(join(usb, `1-${n}:1.0/ttyUSB${n}`), { recursive: true });
        await mkdir(join(sysfs, `class/tty/ttyUSB${n}`), { recursive: true });
        await symlink(join(usb, `1-${n}:1.0/ttyUSB${n}`), join(sysfs, `class/tty/ttyUSB${n}/device`));
        for (const [file, text] of Object.entries({ idVendor: '0403', idProduct: '6001', serial })) {
          await writeFile(join(usb, file), `${text}\n`);
        }
      }
      const ids = { vendorId: 0x0403, productId: 0x6001 };
      expect(await findPortInSysfs(ids, sysfs)).toBe('/dev/ttyUSB0');
      expect(await findPortInSysfs({ ...ids, serialNumber: 'B2' }, sysfs)).toBe('/dev/ttyUSB1');
      expect(await findPortInSysfs({ ...ids, serialNumber: 'C3' }, sysfs)).toBeUndefined();
      expect(await findPortInSysfs({ ...ids, productId: 1 }, sysfs)).toBeUndefined();
      expect(await findPortInSysfs(ids, join(sysfs, 'nowhere'))).toBeUndefined();
    } finally {
      await rm(sysfs, { recursive: true });
    }
  });
});

describe('the safe port', () => {
  /** A port whose system calls answer in turn: a number of bytes, or an error's code. */
  const portThatReads = (...answers: (number | string)[]) => {
    let polls = 0;
    const native = {
      fd: 7,
      poller: {
        once: (_event: string, callback: (error: Error | null) => void) => {
          polls += 1;
          setImmediate(callback, null);
        },
      },
      read: () => Promise.reject(new Error('the unsafe read')),
      write: () => Promise.reject(new Error('the unsafe write')),
      drain: async () => undefined,
      flush: async () => undefined,
      get: () => Promise.reject(new Error('no handshake lines')),
      set: () => Promise.reject(new Error('no handshake lines')),
      close: async () => undefined,
    };
    const reader = (...args: unknown[]) => {
      const done = args.at(-1) as (error: Error | null, bytes: number) => void;
      const answer = answers.shift() ?? 'EIO';
      const error = typeof answer === 'string' ? Object.assign(new Error(answer), { code: answer }) : null;
      setImmediate(done, error, typeof answer === 'number' ? answer : 0);
    };
    const port = new SafeUnixPort(native, reader as unknown as ConstructorParameters<typeof SafeUnixPort>[1]);
    return { read: () => port.read(Buffer.alloc(8), 0, 8), close: () => port.close(), polls: () => polls };
  };

  test('takes a read of 0 bytes for what it is: the line was hung up', async () => {
    await expect(portThatReads(0).read()).rejects.toThrow('hung up');
  });

  test('waits while there is nothing to read', async () => {
    const port = portThatReads('EAGAIN', 'EINTR', 3);
    expect(await port.read()).toEqual({ bytesRead: 3 });
    expect(port.polls()).toBe(2);
  });

  test('passes an error of the system on', async () => {
    await expect(portThatReads('EIO').read()).rejects.toMatchObject({ code: 'EIO' });
  });

  test('makes no system call after close', async () => {
    const port = portThatReads('EAGAIN', 5);
    const reading = port.read();
    await port.close();
    await expect(reading).rejects.toThrow('closed');
    await expect(port.read()).rejects.toThrow('closed');
    expect(port.polls()).toBe(0);
  });
});

test('a line is within the prefix that it begins with, for check', () => {
  const includes = (pattern: Pattern, other: Pattern) => serialAdapter.includes?.(pattern, other, {} as never);
  expect(includes({ line: 'GO' }, { prefix: 'G' })).toBe(true);
  expect(includes({ prefix: 'GO' }, { prefix: 'G' })).toBe(true);
  expect(includes({ prefix: 'G' }, { prefix: 'GO' })).toBe(false);
  expect(includes({ line: 'GO' }, { line: 'GO' })).toBe(false);
  expect(includes({ contact: 'go' }, { prefix: 'G' })).toBe(false);
});
