/** What `check` says of two entries for one device, whose every press would be two. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'same-device-'));
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of a bridge file whose two devices are lines 4 and 5. */
async function told(one: string, other: string): Promise<string[]> {
  const text = `version: 1
show: { id: t, file: show.yaml }
devices:
  desk: { ${one} }
  pult: { ${other} }
`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  return (result.ok ? result.warnings : result.problems).map(
    ({ line, column, code, message }) => `${line}:${column} ${code} ${message}`,
  );
}

const PEDAL = 'adapter: hid, vendorId: 0x05f3, productId: 0x00ff, profile: infinity-3';

test.each([
  [PEDAL, `${PEDAL}, debounceMs: 20`],
  ['adapter: xkeys, productId: 0x0405', 'adapter: xkeys, productId: 0x0405, holdMs: 700'],
  ['adapter: streamdeck', 'adapter: streamdeck, brightness: 20'],
  ['adapter: serial, path: tty1', 'adapter: serial, path: tty1, baudRate: 115200'],
])('%s and %s are one device', async (one, other) => {
  expect(await told(one, other)).toEqual([
    '5:3 CONFIG_DUPLICATE pult is the very device that desk is, so one press would be two: let one have the rules of both, or give each what tells them apart',
  ]);
});

test.each([
  [PEDAL, `${PEDAL}, serialNumber: "2"`],
  [`${PEDAL}, interface: 0`, `${PEDAL}, interface: 1`],
  ['adapter: xkeys, unitId: 1', 'adapter: xkeys, unitId: 2'],
  ['adapter: streamdeck, model: original-mk2', 'adapter: streamdeck, model: pedal'],
  ['adapter: serial, path: tty1', 'adapter: serial, path: tty2'],
  // Two at one MIDI port have a number each, and two at one QLab a workspace each.
  ['adapter: midi, input: Keys, deviceId: 1', 'adapter: midi, input: Keys, deviceId: 2'],
  ['adapter: qlab, host: 127.0.0.1', 'adapter: qlab, host: 127.0.0.1'],
])('%s and %s are two', async (one, other) => {
  expect(await told(one, other)).toEqual([]);
});
