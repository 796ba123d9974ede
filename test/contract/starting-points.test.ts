/** What config/ offers to copy is right as it stands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVICE_MODELS } from '@elgato-stream-deck/core';
import { expect, test } from 'vitest';
import { hidProfiles } from '../../adapters/hid/profile.js';
import { midiAdapter } from '../../adapters/midi/adapter.js';
import { mtcInput } from '../../adapters/midi/input.js';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

const config = join(packageRoot, 'config');
const bridges = readdirSync(config).filter((file) => /^bridge\..*\.yaml$/.test(file));
const profiles = await hidProfiles.names();

test.each(bridges)('config/%s is accepted without a word', async (file) => {
  const result = await loadChecked(join(config, file));
  expect(result.ok ? result.warnings : result.problems).toEqual([]);
  expect(result.ok).toBe(true);
});

test('the bridge file of button and pedal speaks of buttons that its profile has', async () => {
  const path = join(config, 'bridge.button-and-pedal.yaml');
  const result = await loadChecked(path);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { devices, inputs } = result.bridge.config;
  const profile = await hidProfiles.load(String(Object(devices.pedal).profile), result.bridge.baseDir);
  const named = inputs.map(({ when }) => Object(when)).filter(({ device }) => device === 'pedal');
  expect(named.length).toBeGreaterThan(0);
  for (const { button } of named) expect(Object.keys(profile.buttons)).toContain(button);
});

test('code that runs backwards asks nothing of the timer that follows it: it was stopped when the code turned round', async () => {
  const result = await loadChecked(join(config, 'bridge.timecode.yaml'));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { inputs } = result.bridge.config;
  const asks = (state: 'locked' | 'lost', direction: 'forward' | 'reverse') => {
    const input = mtcInput({ state, direction, timecode: { rate: '25', hours: 1, minutes: 0, seconds: 0, frames: 0 } });
    return inputs
      .filter(({ when: { device: _, ...pattern } }) => midiAdapter.matches?.(pattern, input))
      .map(({ id }) => id);
  };
  expect(asks('lost', 'forward')).toEqual(['code-is-lost']);
  expect(asks('locked', 'reverse')).toEqual([]);
  expect(asks('lost', 'reverse')).toEqual([]);
});

test.each(profiles)(
  'the udev rules let the bridge read every device of %s, and the table tells of it',
  async (name) => {
    const rules = readFileSync(join(config, 'udev', '70-pacebuddy.rules'), 'utf8');
    const table = readFileSync(join(config, 'README.md'), 'utf8').replaceAll(/ +/g, ' ');
    const { devices, buttons, verified } = await hidProfiles.load(name);
    for (const { vendorId, productId } of devices) {
      const [vendor, product] = [vendorId, productId].map((id) => id.toString(16).toUpperCase().padStart(4, '0'));
      expect(rules).toContain(`\nSUBSYSTEM=="hidraw", KERNELS=="000[35]:${vendor}:${product}.*",`);
    }
    const row = table.split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row).toContain(`| ${Object.keys(buttons).join(', ')} | ${verified} |`);
  },
);

test.each(['05F3', '0FD9'])('the udev rules let the bridge use every device of the vendor %s', (vendor) => {
  const rules = readFileSync(join(config, 'udev', '70-pacebuddy.rules'), 'utf8');
  expect(rules).toContain(
    `\nSUBSYSTEM=="hidraw", KERNELS=="000[35]:${vendor}:*", MODE="0660", GROUP="plugdev", TAG+="uaccess"\n`,
  );
});

test('the udev rules let the bridge use every product that the Stream Deck library knows', () => {
  const rules = readFileSync(join(config, 'udev', '70-pacebuddy.rules'), 'utf8');
  // Of udev's patterns only * and [35] are used there.
  const patterns = [...rules.matchAll(/^SUBSYSTEM=="hidraw", KERNELS=="([^"]+)"/gm)].map(
    ([, glob = '']) => new RegExp(`^${glob.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`),
  );
  const isAllowed = (bus: string, vendorId: number, productId: number): boolean => {
    const [vendor, product] = [vendorId, productId].map((id) => id.toString(16).toUpperCase().padStart(4, '0'));
    return patterns.some((pattern) => pattern.test(`${bus}:${vendor}:${product}.0001`));
  };
  for (const { id, productIds, vendorId } of DEVICE_MODELS) {
    for (const productId of productIds) expect(isAllowed('0003', vendorId, productId), id).toBe(true);
  }
  // A pedal over Bluetooth.
  expect(isAllowed('0005', 0x07b4, 0x0218)).toBe(true);
  expect(isAllowed('0005', 0x046d, 0xc31c)).toBe(false);
});
