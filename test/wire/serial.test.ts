/** The serial adapter on real ptys, whose far end is socat: a pulled cable is a killed socat. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { serialAdapter } from '../../adapters/serial/adapter.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { checkedDevice } from '../support/checked-device.js';
import { isolated } from '../support/isolated-rig.js';
import { seeded } from '../support/seeded.js';
import { portSettles, SocatBox } from '../support/socat-box.js';
import { eventually, within } from '../support/waiting.js';

const never = new AbortController().signal;

const checked = (device: object) => checkedDevice('serial', device);

async function rig(adapter = serialAdapter): Promise<Rig> {
  const box = await SocatBox.plugged();
  return {
    adapter,
    config: checked({ path: box.path, baudRate: 115200 }),
    patterns: [{ line: 'GO' }],
    press: () => box.say('GO\n'),
    pressedInput: { line: 'GO' },
    joined: portSettles,
    command: (n) => ({ line: `LED ${n}` }),
    got: () => [...box.received.toString().matchAll(/^LED (\d+)$/gm)].map(([, n]) => Number(n)),
    unplug: () => box.unplug(),
    replug: () => box.plug(),
    close: () => box.close(),
  };
}

adapterContract('serial on a pty', () => rig(), { health: 'unverified' });
adapterContract('serial on a pty, its driver in a process of its own', () => rig(isolated(serialAdapter)), {
  health: 'unverified',
});

/** Descriptors of this process; Linux only. */
const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('a box on a pty', () => {
  test('GO and a newline from the far end is exactly one input', async () => {
    const box = await SocatBox.plugged();
    const connection = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
    const lines: unknown[] = [];
    connection.onInput((input) => lines.push(input));
    await portSettles();
    await box.say('GO\n');
    await eventually(() => lines.length > 0, 'the input');
    await box.say('end\n');
    await eventually(() => lines.length > 1, 'what came after it');
    expect(lines).toEqual([
      { line: 'GO', bytes: '474f' },
      { line: 'end', bytes: '656e64' },
    ]);
    await connection.close();
    await box.close();
  });

  test('what was pressed before the bridge listened does not fire', async () => {
    const box = await SocatBox.plugged();
    const passedOn = box.passedOn;
    await box.say('GO\n');
    await eventually(() => box.passedOn === passedOn + 3, 'the line in the pty');
    const connection = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
    const lines: unknown[] = [];
    connection.onInput(({ line }) => lines.push(line));
    await portSettles();
    await box.say('now\n');
    await eventually(() => lines.length > 0, 'the new line');
    expect(lines).toEqual(['now']);
    await connection.close();
    await box.close();
  });

  test('half a line before the port is opened anew and the rest after it presses nothing, wherever it is split', async () => {
    const box = await SocatBox.plugged();
    const text = 'NOGO\n';
    for (let at = 0; at < text.length; at += 1) {
      const before = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
      await portSettles();
      await box.say(text.slice(0, at));
      await eventually(() => before.counters?.()['in.bytes'] === at, 'the half in the bridge');
      await before.close();
      const connection = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
      const lines: unknown[] = [];
      connection.onInput(({ line }) => lines.push(line));
      await box.say(`${text.slice(at)}GO 7\n`);
      await eventually(() => lines.length > 0, 'the line after it');
      expect(lines).toEqual(['GO 7']);
      expect(connection.counters?.()).toMatchObject({ 'dropped.partial': 1 });
      await connection.close();
    }
    await box.close();
  });

  test('all bytes come through both ways, whatever they are', async () => {
    const box = await SocatBox.plugged();
    const config = checked({ path: box.path, frameBytes: 256, encoding: 'hex' });
    const connection = await serialAdapter.connect(config, testIo(), never);
    const lines: unknown[] = [];
    connection.onInput(({ line }) => lines.push(line));
    const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    await connection.send({ bytes: all.toString('hex') }, never);
    await eventually(() => box.received.length >= 256, 'the bytes at the box');
    expect(box.received).toEqual(all);
    await portSettles();
    await box.say(all);
    await eventually(() => lines.length > 0, 'the bytes at the bridge');
    expect(lines).toEqual([all.toString('hex')]);
    await connection.close();
    await box.close();
  });

  test('unplugged while data streams, 20 times: told each time, no descriptor is left, no stale line comes out', async () => {
    const box = await SocatBox.plugged();
    let filesBefore = 0;
    for (let cycle = 0; cycle < 20; cycle++) {
      const connection = await serialAdapter.connect(checked({ path: box.path, baudRate: 115200 }), testIo(), never);
      // In one half of the tries the stream runs already, in the other the port has only just been opened.
      for (let n = 0; n < 50; n++) void box.say('LEVEL 12345678901234567890\n'.repeat(20));
      if (cycle % 2 === 0) await eventually(() => (connection.counters?.()['in.bytes'] ?? 0) > 0, 'the stream');
      await box.unplug();
      const reason = await within(connection.closed, `the end of connection ${cycle}: it hangs, or spins`);
      expect(reason).toMatchObject({ code: 'DEVICE_CLOSED' });
      await expect(connection.send({ line: 'STALE' }, never)).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
      await box.plug();
      if (cycle === 0) filesBefore = openFiles();
    }
    expect(openFiles()).toBeLessThanOrEqual(filesBefore);
    const connection = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
    await connection.send({ line: 'FRESH' }, never);
    await eventually(() => box.received.includes('FRESH\n'), 'the fresh line');
    expect(box.received.toString()).toBe('FRESH\n');
    await connection.close();
    await box.close();
  });

  test('that reads no more gets each line that was told as sent, or it is told as failed; the next words begin a line', async () => {
    const box = await SocatBox.plugged();
    try {
      const config = checked({ path: box.path });
      const connection = await serialAdapter.connect(config, testIo(), never);
      box.hold();
      const sent = new Map<string, Promise<void> | undefined>();
      for (let n = 0; ; n++) {
        const line = `LAMP ${n} ${'x'.repeat(200)}`;
        try {
          sent.set(line, (await connection.send({ line }, never)).left);
        } catch (error) {
          expect(error).toMatchObject({ code: 'DEVICE_TIMEOUT' });
          break;
        }
      }
      await within(connection.closed, 'the end');
      expect(sent.size).toBeGreaterThan(20);
      box.goOn();
      const fates = await Promise.allSettled(sent.values());
      const told = [...sent.keys()].filter((_, n) => fates[n]?.status === 'fulfilled');
      const lines = () => box.received.toString().split('\n');
      // Opening the port throws away what stands in a pty and its far end has not read yet: the box reads first.
      await eventually(() => told.every((line) => lines().includes(line)), 'each line that was told as sent');
      const next = await serialAdapter.connect(config, testIo(), never);
      await next.send({ line: 'FRESH' }, never);
      await eventually(() => lines().includes('FRESH'), 'the fresh line, which begins a line');
      await next.close();
    } finally {
      await box.close();
    }
  });

  test('a second bridge finds the port in use', async () => {
    const box = await SocatBox.plugged();
    const connection = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
    await expect(serialAdapter.connect(checked({ path: box.path }), testIo(), never)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: `${box.path} is in use by another program`,
    });
    await connection.close();
    const next = await serialAdapter.connect(checked({ path: box.path }), testIo(), never);
    await next.close();
    await box.close();
  });
});

test('random bytes press nothing that was not said, and the driver’s process lives: the next GO is one', async () => {
  const box = await SocatBox.plugged();
  const connection = await isolated(serialAdapter).connect(checked({ path: box.path }), testIo(), never);
  const lines: unknown[] = [];
  connection.onInput(({ line }) => lines.push(line));
  await portSettles();
  const random = seeded(7);
  let bytes = 0;
  for (let n = 0; n < 300; n += 1) {
    const piece = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
    // Any byte but O: what has no O in it cannot say GO.
    await box.say(piece.map((byte) => (byte === 0x4f ? 0x0a : byte)));
    bytes += piece.length;
  }
  await box.say('\nGO\n');
  await eventually(() => lines.includes('GO'), 'GO');
  expect(lines.filter((line) => line === 'GO')).toHaveLength(1);
  expect(bytes).toBeGreaterThan(3000);
  await connection.close();
  await box.close();
});

describe('lamps of a box on a pty, their driver in a process of its own', () => {
  const device = (path: string) =>
    checked({
      path,
      contacts: { go: { line: 'cts' } },
      onConnect: ['ALL OFF'],
      onClose: ['BYE'],
      keepAlive: { line: 'ALIVE', everyMs: 100 },
    });
  const adapter = isolated(serialAdapter);
  const lamps = (box: SocatBox) =>
    box.received
      .toString()
      .split('\n')
      .filter((line) => line !== '' && line !== 'ALIVE');

  test('begin and end in the dark, and are told in between that the bridge lives', async () => {
    const box = await SocatBox.plugged();
    try {
      const connection = await adapter.connect(device(box.path), testIo(), never);
      await connection.send({ line: 'GO ON', thenLine: 'GO OFF', afterMs: 50 }, never);
      await eventually(() => lamps(box).length === 3, 'the lamp is dark again');
      await eventually(() => box.received.toString().split('ALIVE\n').length > 3, 'signs of life');
      await connection.send({ line: 'GO ON', thenLine: 'GO OFF', afterMs: 60_000 }, never);
      await connection.close();
      await eventually(() => lamps(box).includes('BYE'), 'the last words');
      expect(lamps(box)).toEqual(['ALL OFF', 'GO ON', 'GO OFF', 'GO ON', 'GO OFF', 'BYE']);
    } finally {
      await box.close();
    }
  });

  test('a cable that was pulled while one was lit: nothing of the old connection comes out of the new one', async () => {
    const box = await SocatBox.plugged();
    try {
      const connection = await adapter.connect(device(box.path), testIo(), never);
      await connection.send({ line: 'GO ON', thenLine: 'GO OFF', afterMs: 200 }, never);
      await eventually(() => lamps(box).length === 2, 'the lamp is lit');
      await box.unplug();
      await within(connection.closed, 'the end');
      await box.plug();
      const next = await adapter.connect(device(box.path), testIo(), never);
      const ofOld = box.received.toString().split('ALIVE\n').length;
      await eventually(() => box.received.toString().split('ALIVE\n').length > ofOld + 4, 'more than 200 ms of life');
      await next.close();
      await eventually(() => lamps(box).includes('BYE'), 'the last words');
      expect(lamps(box)).toEqual(['ALL OFF', 'GO ON', 'ALL OFF', 'BYE']);
    } finally {
      await box.close();
    }
  });

  test('a contact on a port without handshake lines is told in plain words, and its lines still work', async () => {
    const box = await SocatBox.plugged();
    try {
      const connection = await adapter.connect(device(box.path), testIo(), never);
      const lines: unknown[] = [];
      connection.onInput(({ line }) => lines.push(line));
      await eventually(() => connection.health().status === 'degraded', 'the health');
      expect(connection.health()).toMatchObject({
        code: 'DEVICE_REFUSED',
        detail: expect.stringMatching(
          /has no handshake lines .*contacts \(go\) are not seen; lines of text still work/,
        ),
      });
      await expect(connection.send({ set: { dtr: true } }, never)).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
      await portSettles();
      await box.say('GO\n');
      await eventually(() => lines.length > 0, 'the line');
      expect(lines).toEqual(['GO']);
      await connection.close();
    } finally {
      await box.close();
    }
  });
});
