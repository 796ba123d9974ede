import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test/support/waiting.js';
import type { KindListing } from '../app/bridge.js';
import { systemClock } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import { watchDevices } from './watch-devices.js';

let folder: string;
let life: AbortController;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devices-'));
  life = new AbortController();
});
afterEach(() => rm(folder, { recursive: true }));

const listing = (...names: string[]): KindListing[] => [
  { kind: 'hid', ok: true, looked: 'here', found: names.map((name) => ({ name, what: 'a box', nickname: 'box' })) },
];
const FAILED: KindListing[] = [{ kind: 'hid', ok: false, why: new BridgeError('DEVICE_CLOSED', 'crashed') }];

/** A machine whose devices are as `now` says, and whose /dev is a folder. */
function aMachine(first: KindListing[]) {
  const told: string[] = [];
  let now = first;
  let looks = 0;
  const watching = watchDevices(
    {
      first,
      look: async () => {
        looks += 1;
        return now;
      },
      tell: (what, kind, { name }) => told.push(`${what} ${kind} ${name}`),
      clock: systemClock(),
      folders: [folder, join(folder, 'absent')],
    },
    life.signal,
  );
  const become = async (next: KindListing[]) => {
    const before = looks;
    now = next;
    await writeFile(join(folder, `hidraw${before}`), '');
    await eventually(() => looks > before, 'a look');
  };
  return { told, become, watching };
}

test('what is plugged in appears, what is plugged out goes, what stays is not told again', async () => {
  const { told, become, watching } = aMachine(listing('Pedal'));
  await become(listing('Pedal', 'Clicker'));
  await become(listing('Clicker'));
  await become(listing('Clicker'));
  life.abort();
  await watching;
  expect(told).toEqual(['device.found hid Clicker', 'device.gone hid Pedal']);
});

test('a kind that cannot be looked for at a moment takes nothing away', async () => {
  const { told, become, watching } = aMachine(listing('Pedal'));
  await become(FAILED);
  await become(listing('Pedal'));
  life.abort();
  await watching;
  expect(told).toEqual([]);
});
