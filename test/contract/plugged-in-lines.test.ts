/** What `pacebuddy devices` says to paste is what `pacebuddy check` takes. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { HidInfo } from '../../adapters/hid/driver.js';
import { listHid } from '../../adapters/hid/list.js';
import { SimulatedHid } from '../../adapters/hid/simulator.js';
import { listMidi } from '../../adapters/midi/list.js';
import { SimulatedMidi } from '../../adapters/midi/simulator.js';
import { listSerial } from '../../adapters/serial/list.js';
import { SimulatedPort } from '../../adapters/serial/simulator.js';
import type { Adapter, Listing } from '../../src/adapter-sdk/adapter.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { loadChecked } from '../../src/app/registry.js';
import { entryLine } from '../../src/cli/entry-line.js';
import { lookFor } from '../../src/devices/plugged-in.js';
import { smallShow } from '../support/small-show.js';

const lists = (kind: string, list: () => Promise<Listing>): Adapter => ({
  kind,
  connect: () => Promise.reject(new Error('it only lists')),
  summarise: () => '',
  list,
});

const hid = (vendorId: number, productId: number, rest: Partial<HidInfo> = {}): HidInfo => ({
  vendorId,
  productId,
  path: `/dev/hidraw-${vendorId}-${productId}-${rest.serialNumber ?? ''}`,
  interface: 0,
  ...rest,
});

test('every line passes check, and the bridge would connect with what it says', async () => {
  const midi = new SimulatedMidi('ETC Gadget II:ETC Gadget II MIDI 1');
  midi.others.push('null:yes, {no} #1 ${HOME} 24:0', 'UM "ONE":UM MIDI 1 28:0', 'UM "ONE":UM MIDI 1 32:0');
  const pedals = new SimulatedHid(
    hid(0x05f3, 0x00ff, { serialNumber: 'K 1', product: 'VEC Footpedal' }),
    hid(0x05f3, 0x00ff, { serialNumber: '2', product: 'VEC Footpedal' }),
    hid(0x0c45, 0x7404, { usagePage: 1, usage: 6 }),
    hid(0x1234, 0x5678, { usagePage: 1, usage: 6, product: 'Clicker: left, right' }),
  );
  const box = new SimulatedPort({ path: '/dev/tty.usb', vendorId: '2341', productId: '0043', serialNumber: '0757' });
  const adapters = {
    hid: lists('hid', () => listHid(pedals, { isForbidden: async () => false })),
    midi: lists('midi', async () => listMidi(midi)),
    serial: lists('serial', () => listSerial(box, { isSysfs: false })),
  };
  const found = (await lookFor(Object.keys(adapters), adapters, never())).flatMap((listing) =>
    listing.ok ? listing.found : [],
  );
  const entries = found.flatMap(({ nickname, entry }) => (entry ? [[nickname, entry] as const] : []));
  expect(entries.length).toBe(4 + 5 + 1);

  const { folder, file } = await smallShow({ cues: 1 });
  const pasted = entries.map(([nickname, entry]) => `  ${entryLine(nickname, entry)}\n`).join('');
  await writeFile(file, `${await readFile(file, 'utf8')}\ndevices:\n${pasted}`);
  const result = await loadChecked(file);
  await rm(folder, { recursive: true });
  expect(result.ok ? [] : result.problems).toEqual([]);
  const devices = result.ok ? result.bridge.config.devices : {};
  for (const [nickname, entry] of entries) expect(devices[nickname]).toMatchObject(entry);
});
