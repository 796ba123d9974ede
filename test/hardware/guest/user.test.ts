/** The bridge as a user without rights, under udev with our rules: what it may open, and what it says where it may not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SETTLE_MS } from '../../../src/adapter-sdk/gestures.js';
import { systemClock } from '../../../src/kit/clock.js';
import { packageRoot } from '../../../src/kit/package.js';
import { eventually } from '../../support/waiting.js';
import { Booth, NAMES, SLOW_MS, WORKING } from './booth.js';
import { step } from './rigs.js';

const RULES = '/etc/udev/rules.d/70-pacebuddy.rules';
/** Somebody in the groups audio, dialout and plugdev. */
const USER = 'bridge';
const AS_USER = ['su', '-s', process.execPath, USER];

const reload = () => execFileSync('udevadm', ['control', '--reload']);
const booth = new Booth();
const clock = systemClock();
after(() => booth.close());

test('without our rules a pedal is told to be closed, with what to do; the port and MIDI work', async () => {
  for (const name of NAMES) await booth.plug(name);
  await booth.start({ as: AS_USER });
  await eventually(
    () => booth.said('pedal').some((line) => /permission denied; install config\/udev\/70-pacebuddy\.rules/.test(line)),
    () => `what to install; the bridge says ${booth.said('pedal')}`,
    SLOW_MS,
  );
  for (const name of ['box', 'desk'] as const) await booth.becomes(name, WORKING);
  const { uid } = statSync(`/proc/${booth.daemon.process.pid}`);
  assert.equal(uid, 1000);
});

test('with them it is opened as soon as it is plugged in, and presses', async () => {
  copyFileSync(join(packageRoot, 'config/udev/70-pacebuddy.rules'), RULES);
  reload();
  booth.gadgets.pedal.unplug();
  await booth.plug('pedal');
  await booth.becomes('pedal', ['up']);
  await eventually(() => (statSync('/dev/hidraw0').mode & 0o777) === 0o660, 'the group may read it');
  // What comes at once after the plug is taken for the pedal's state.
  await clock.sleep(2 * SETTLE_MS);
  await step(booth.ends.pedal);
  const { outputs } = await booth.advanceTo(0);
  assert.deepEqual(
    outputs.map(({ eventType }) => eventType),
    ['OutputSent', 'OutputSent'],
  );
});

test('five plugs in a row win the race with udev each time', async () => {
  for (let n = 0; n < 5; n++) {
    booth.gadgets.pedal.unplug();
    await booth.becomes('pedal', ['down']);
    await booth.plug('pedal');
    await booth.becomes('pedal', ['up']);
  }
  rmSync(RULES);
  reload();
});
