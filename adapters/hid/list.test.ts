import { expect, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { resolvedDevice } from '../../test/support/checked-device.js';
import { createHidAdapter } from './adapter.js';
import type { HidInfo } from './driver.js';
import { listHid } from './list.js';
import { hidProfiles } from './profile.js';
import { SimulatedHid } from './simulator.js';

const PEDAL: HidInfo = {
  vendorId: 0x05f3,
  productId: 0x00ff,
  path: '/dev/hidraw0',
  product: 'VEC Footpedal',
  interface: 0,
  usagePage: 12,
  usage: 3,
};
const KEYBOARD: HidInfo = { ...PEDAL, vendorId: 0x1234, productId: 0x0001, product: 'Clicker', usagePage: 1, usage: 6 };
const open = { isForbidden: async () => false };
const list = async (...infos: HidInfo[]) => (await listHid(new SimulatedHid(...infos), open)).found;

test('a pedal that a profile knows comes with it', async () => {
  expect(await list(PEDAL)).toEqual([
    {
      name: 'VEC Footpedal',
      what: 'VEC Infinity IN-USB-1, IN-USB-2 (three pedals), USB 05f3:00ff, /dev/hidraw0',
      nickname: 'pedal',
      entry: { adapter: 'hid', vendorId: 0x05f3, productId: 0x00ff, profile: 'infinity-3' },
    },
  ]);
});

test('a switch that is a keyboard may be any keyboard, and says so', async () => {
  const [found] = await list(KEYBOARD);
  expect(found?.entry).toMatchObject({ profile: 'keyboard-single' });
  expect(found?.note).toContain('also types into the window with the focus');
});

test('only the part of a device that its profile reads is told', async () => {
  const found = await list(KEYBOARD, { ...KEYBOARD, path: '/dev/hidraw1', interface: 1, usage: 2 });
  expect(found).toHaveLength(1);
  expect(found[0]?.entry).not.toHaveProperty('interface');
});

test('two pedals of a kind are told apart by their serial numbers', async () => {
  const found = await list({ ...PEDAL, serialNumber: 'K1' }, { ...PEDAL, serialNumber: 'K2', path: '/dev/hidraw1' });
  expect(found.map(({ entry }) => entry?.serialNumber)).toEqual(['K1', 'K2']);
  for (const { note } of found) expect(note).toBeUndefined();
});

test('two pedals without serial numbers are told apart by their paths, with a warning', async () => {
  const found = await list(PEDAL, { ...PEDAL, path: '/dev/hidraw1' });
  expect(found.map(({ entry }) => entry?.path)).toEqual(['/dev/hidraw0', '/dev/hidraw1']);
  for (const { note } of found) expect(note).toContain('may change at a replug');
});

test('every entry that is told opens the very device that it was told for', async () => {
  const driver = new SimulatedHid(
    { ...PEDAL, serialNumber: 'K1' },
    { ...PEDAL, serialNumber: 'K2', path: '/dev/hidraw1' },
    { ...KEYBOARD, path: '/dev/hidraw2' },
    { ...KEYBOARD, path: '/dev/hidraw3', interface: 1 },
  );
  const adapter = createHidAdapter({ loadDriver: async () => driver });
  const { found } = await listHid(driver, open);
  const paths: string[] = [];
  for (const { entry, what } of found) {
    const connection = await adapter.connect(await resolvedDevice(adapter, { ...entry }), testIo(), never());
    expect(what).toContain(driver.openPaths[0]);
    paths.push(...driver.openPaths);
    await connection.close();
  }
  expect(paths).toEqual(['/dev/hidraw0', '/dev/hidraw1', '/dev/hidraw2', '/dev/hidraw3']);
});

test('a device that this user may not open says which rule and which group are missing', async () => {
  const { found } = await listHid(new SimulatedHid(PEDAL), { isForbidden: async (path) => path === '/dev/hidraw0' });
  expect(found[0]?.note).toMatch(/70-pacebuddy\.rules.*plugdev/);
});

test('a mouse has no line, and a box without a profile is told what it wants', async () => {
  const mouse = { ...PEDAL, vendorId: 1, product: 'Mouse', usagePage: 1, usage: 2 };
  const box = { ...PEDAL, vendorId: 2, product: 'Box', usagePage: 0xff00 };
  const found = await list(mouse, box);
  expect(found.map(({ name, entry }) => [name, entry])).toEqual([
    ['Mouse', undefined],
    ['Box', undefined],
  ]);
  expect(found[0]?.note).toBeUndefined();
  expect(found[1]?.note).toContain('profile');
});

test('a Stream Deck and an X-keys say which adapter is theirs; the pedal of the same maker stays here', async () => {
  const found = await list(PEDAL, { ...PEDAL, productId: 0x0441 }, { ...PEDAL, vendorId: 0x0fd9 });
  expect(found.map(({ betterWith }) => betterWith)).toEqual([undefined, 'xkeys', 'streamdeck']);
});

test('every device of every profile is told with a profile that knows it', async () => {
  const profiles = await Promise.all((await hidProfiles.names()).map((name) => hidProfiles.load(name)));
  const ids = profiles.flatMap(({ devices, usagePage, usage }) => devices.map((id) => ({ ...id, usagePage, usage })));
  expect(ids.length).toBeGreaterThan(10);
  for (const info of ids) {
    const [found] = await list({ path: '/dev/hidraw0', interface: 0, ...info });
    const told = profiles.find(({ name }) => name === found?.entry?.profile);
    expect(told?.devices).toContainEqual({ vendorId: info.vendorId, productId: info.productId });
  }
});
