/** A machine that lacks what a native driver needs: told with the package to install, and the show goes on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../src/kit/clock.js';
import { proposal } from '../../support/messages.js';
import { eventually } from '../../support/waiting.js';
import { Booth, NAMES, type Name, SLOW_MS, WORKING } from './booth.js';

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const AWAY = '/run/away';

const booth = new Booth();
const clock = systemClock();

before(async () => {
  mkdirSync(AWAY);
  for (const name of NAMES) await booth.plug(name);
});
after(async () => {
  giveBack();
  await booth.close();
});

function takeAway(...paths: string[]): void {
  for (const path of paths) execFileSync('mv', [path, `${AWAY}/${path.replaceAll('/', '!')}`]);
}

function giveBack(): void {
  for (const name of readdirSync(AWAY)) execFileSync('mv', [`${AWAY}/${name}`, name.replaceAll('!', '/')]);
}

/** A library under all of its names. */
const library = (name: string): string[] =>
  readdirSync(LIBRARIES)
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => `${LIBRARIES}/${file}`);

/** The bridge says of the device that its driver is missing, and what to install; who asks is told the newest. */
async function lacks(name: Name, packageName: string): Promise<void> {
  const deadlineMs = clock.mono() + SLOW_MS;
  for (;;) {
    const answer = await fetch(`${booth.daemon.url}/v1/devices`);
    const { devices } = (await answer.json()) as { devices: Record<string, unknown>[] };
    const { status, code, detail } = devices.find(({ device }) => device === name) ?? {};
    const isTold = status === 'down' && code === 'DEVICE_DRIVER_MISSING' && String(detail).endsWith(` ${packageName}`);
    if (isTold) return;
    assert.ok(clock.mono() < deadlineMs, `${name} lacks ${packageName}; the bridge says ${status} ${code} ${detail}`);
    await clock.sleep(100);
  }
}

test('without the libraries of ALSA and libusb, and udevadm, the bridge names what to install and works with the rest', async () => {
  takeAway(...library('libasound.so'), ...library('libusb-1.0.so'), ...['/usr/bin/udevadm'].filter(existsSync));
  await booth.start();
  await lacks('desk', 'libasound2');
  await lacks('pedal', 'libusb-1.0-0');
  await booth.becomes('box', WORKING);
  const go = proposal('CueAdvanced', { segmentId: 's', fromCueId: null, toCueId: 'c0' });
  booth.client.send(go);
  const ack = await booth.client.take(({ ackOf }) => ackOf === go.messageId, 'the ack', SLOW_MS);
  assert.equal(ack.status, 'ok');
  await eventually(() => booth.ends.box.received.toString().endsWith('LAMP 0\n'), 'the lamp');
});

test('with these, but without libudev and ALSA’s configuration, it names those', async () => {
  giveBack();
  takeAway(...library('libudev.so'), '/usr/share/alsa/alsa.conf');
  await lacks('pedal', 'libudev1');
  await lacks('desk', 'libasound2-data');
  assert.ok(WORKING.includes(booth.status('box')));
});

test('once all is installed, all work, without a restart', async () => {
  giveBack();
  for (const name of ['pedal', 'desk'] as const) await booth.becomes(name, WORKING);
});
