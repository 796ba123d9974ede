import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PatientBench, pausingAdapter } from '../../../test/support/isolated-rig.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { within } from '../../../test/support/waiting.js';
import { BridgeError } from '../../kit/errors.js';
import { CRASHES_MAX, CrashPause } from './crash-pause.js';

const WHY = new BridgeError('DEVICE_CLOSED', 'the driver process ended (SIGSEGV)');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-pause-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a driver is left alone after five crashes in a row, tried once after 5 s, and left alone again', async () => {
  const clock = new TestClock();
  const pause = new CrashPause(clock, [folder]);
  const began = Array.from({ length: CRASHES_MAX }, () => {
    expect(pause.reason('pedal')).toBeUndefined();
    return pause.crashed('pedal', WHY);
  });
  expect(began).toEqual([false, false, false, false, true]);
  expect(pause.reason('pedal')).toBe(WHY);
  expect(pause.reason('other')).toBeUndefined();
  await clock.advance(4999);
  expect(pause.reason('pedal')).toBe(WHY);
  await clock.advance(1);
  expect(pause.reason('pedal')).toBeUndefined();
  expect(pause.crashed('pedal', WHY)).toBe(false);
  expect(pause.reason('pedal')).toBe(WHY);
  await clock.advance(5000);
});

test('an answer ends the row of crashes', () => {
  const pause = new CrashPause(new TestClock(), [folder]);
  for (let n = 0; n < 20; n++) {
    pause.crashed('pedal', WHY);
    if (n % 4 === 3) pause.answered('pedal');
    expect(pause.reason('pedal')).toBeUndefined();
  }
});

test('where the system does not tell of plugging, nothing is left alone', () => {
  const pause = new CrashPause(new TestClock(), [join(folder, 'absent')]);
  for (let n = 0; n < 20; n++) expect(pause.crashed('pedal', WHY)).toBe(false);
  expect(pause.reason('pedal')).toBeUndefined();
});

test('a driver that crashes at every try costs no more processes, until something is plugged in', async () => {
  const bench = new PatientBench(pausingAdapter(folder));
  const tryOnce = async () =>
    expect(bench.connect({ connect: 'segfault' })).rejects.toMatchObject({ message: WHY.message });
  for (let n = 0; n < CRASHES_MAX + 10; n++) await tryOnce();
  expect(bench.logged('driver.connecting')).toHaveLength(CRASHES_MAX);
  expect(bench.logged('driver.paused')).toHaveLength(1);
  await writeFile(join(folder, 'hidraw0'), '');
  const triedAnew = async () => {
    while (bench.logged('driver.connecting').length === CRASHES_MAX) {
      await tryOnce();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  // Well before the 5 s of a pause.
  await within(triedAnew(), 'a new process', 3500);
  const { connection } = await bench.connect();
  await connection.close();
  await bench.end();
});
