import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeReport } from './codec.js';
import { loadProfile, parseProfile, profilesFolder } from './profile.js';

const names = readdirSync(profilesFolder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''));

const down = async (name: string, ...report: number[]): Promise<string[] | undefined> => {
  const buttons = decodeReport(await loadProfile(name, '.'), Uint8Array.from(report));
  return buttons && [...buttons];
};

describe('the profiles that come with the bridge', () => {
  test.each(names)('%s is valid, is called as its file, and claims no hardware that nobody had', async (name) => {
    const profile = await loadProfile(name, '.');
    expect(profile.name).toBe(name);
    expect(profile.verified).not.toBe('hardware');
  });

  test('Infinity: one bit a pedal', async () => {
    expect(await down('infinity-3', 0, 0)).toEqual([]);
    expect(await down('infinity-3', 1, 0)).toEqual(['left']);
    expect(await down('infinity-3', 2, 0)).toEqual(['middle']);
    expect(await down('infinity-3', 4, 0)).toEqual(['right']);
    expect(await down('infinity-3', 7, 0)).toEqual(['left', 'middle', 'right']);
    expect(await down('infinity-3')).toBeUndefined();
  });

  test('a boot keyboard: keys in any place, a roll-over tells nothing', async () => {
    expect(await down('keyboard-abc', 0, 0, 4, 0, 0, 0, 0, 0)).toEqual(['left']);
    expect(await down('keyboard-abc', 2, 0, 6, 0, 0, 0, 0, 4)).toEqual(['left', 'right']);
    expect(await down('keyboard-abc', 0, 4, 9, 0, 0, 0, 0, 0)).toEqual([]);
    expect(await down('keyboard-abc', 0, 0, 1, 1, 1, 1, 1, 1)).toBeUndefined();
    expect(await down('keyboard-abc', 0, 0, 4)).toBeUndefined();
  });

  test('a numbered report: only its own number counts, and its bytes begin after it', async () => {
    expect(await down('pcsensor-3', 1, 0, 0, 5, 0, 0, 0, 0, 0)).toEqual(['middle']);
    expect(await down('pcsensor-3', 2, 0, 0, 5, 0, 0, 0, 0, 0)).toBeUndefined();
  });
});

describe('a profile of one’s own', () => {
  const yaml = (buttons: string, report = '{ bytesMin: 2 }') =>
    `{ name: mine, title: My box, devices: [], report: ${report}, buttons: ${buttons}, source: me, verified: unverified }`;

  test('is found from the bridge file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'profile-'));
    try {
      await writeFile(join(folder, 'mine.yaml'), yaml('{ go: { byte: 1, mask: 0xf0, value: 0x30 } }'));
      const profile = await loadProfile('./mine.yaml', folder);
      expect([...(decodeReport(profile, Uint8Array.of(0, 0x3f)) ?? [])]).toEqual(['go']);
      expect([...(decodeReport(profile, Uint8Array.of(0, 0x7f)) ?? [])]).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('may name modifiers', () => {
    const profile = parseProfile(yaml('{ go: { modifier: 3 } }', '{ bytesMin: 8, keyboard: true }'), 'mine');
    expect([...(decodeReport(profile, Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0)) ?? [])]).toEqual(['go']);
    expect([...(decodeReport(profile, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)) ?? [])]).toEqual([]);
  });

  test.each([
    ['{ go: { byte: 2 } }', 'byte 2'],
    ['{ go: { key: 4 } }', 'keyboard'],
    ['{ go: { byte: 0, key: 4 } }', 'exactly one'],
    ['{ go: { mask: 1 } }', 'exactly one'],
    ['{ go: { byte: 0, mask: 1, value: 2 } }', 'outside of its mask'],
    ['{}', '/buttons'],
    ['{ go: { bite: 1 } }', '/buttons/go'],
  ])('with the buttons %s is refused, naming the fault', (buttons, words) => {
    expect(() => parseProfile(yaml(buttons), 'mine')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) }),
    );
  });

  test('that is no YAML, or not there, is refused', async () => {
    expect(() => parseProfile('a: [', 'mine')).toThrow(expect.objectContaining({ code: 'CONFIG_SYNTAX' }));
    await expect(loadProfile('no-such', '.')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    await expect(loadProfile('../../etc/passwd', '.')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });
});
