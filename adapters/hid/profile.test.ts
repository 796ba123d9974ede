import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeReport } from './codec.js';
import { hidProfiles } from './profile.js';

const names = await hidProfiles.names();

const down = async (name: string, ...report: number[]): Promise<string[] | undefined> => {
  const buttons = decodeReport(await hidProfiles.load(name), Uint8Array.from(report));
  return buttons && buttons.strange === undefined ? [...buttons.down] : undefined;
};

const strange = async (name: string, ...report: number[]): Promise<string | undefined> =>
  decodeReport(await hidProfiles.load(name), Uint8Array.from(report))?.strange;

describe('the profiles that come with the bridge', () => {
  test.each(names)('%s is valid, is called as its file, and claims no hardware that nobody had', async (name) => {
    const profile = await hidProfiles.load(name);
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
    expect(await down('keyboard-abc', 0, 0, 6, 0, 0, 0, 0, 4)).toEqual(['left', 'right']);
    expect(await down('keyboard-abc', 0, 0, 0, 0, 0, 0, 0, 0)).toEqual([]);
    expect(await down('keyboard-abc', 0, 0, 1, 1, 1, 1, 1, 1)).toBeUndefined();
    expect(await down('keyboard-abc', 0, 0, 4)).toBeUndefined();
  });

  test('a numbered report: only its own number counts, and its bytes begin after it', async () => {
    expect(await down('pcsensor-3', 1, 0, 0, 5, 0, 0, 0, 0, 0)).toEqual(['middle']);
    expect(await strange('pcsensor-3', 2, 0, 0, 5, 0, 0, 0, 0, 0)).toBe('id');
  });

  test('a numbered report is no keyboard’s without a number, nor the other way round', async () => {
    // Read without its number, the second key of a numbered report is key c of a plain one.
    expect(await strange('keyboard-abc', 1, 0, 0, 6, 0, 0, 0, 0, 0)).toBe('shape');
    expect(await strange('keyboard-abc', 1, 2, 0, 6, 0, 0, 0, 0)).toBe('shape');
    expect(await strange('keyboard-abc', 1, 0, 6, 0, 0, 0, 0, 0)).toBe('keys');
    expect(await strange('pcsensor-3', 0, 0, 5, 0, 0, 0, 0, 0)).toBe('id');
    expect(await strange('pcsensor-3', 1, 0, 5, 0, 0, 0, 0, 0)).toBe('shape');
    expect(await strange('pcsensor-3', 1, 0, 0, 5, 0, 0, 0, 0, 0, 0)).toBe('shape');
    expect(await strange('infinity-3', 0, 0, 4)).toBe('shape');
  });

  test('a key or a modifier that no button has is told, wherever it is', async () => {
    expect(await strange('keyboard-abc', 0, 0, 26, 0, 0, 0, 0, 0)).toBe('keys');
    expect(await strange('keyboard-abc', 0, 0, 5, 0, 0, 0, 0, 26)).toBe('keys');
    expect(await strange('keyboard-abc', 2, 0, 5, 0, 0, 0, 0, 0)).toBe('keys');
    expect(await strange('keyboard-abc', 0, 0, 5, 0, 0, 0, 0, 6)).toBeUndefined();
  });
});

describe('what the sources of the profiles tell', () => {
  /** A report in hex, and the buttons that are down. */
  test.each([
    ['philips-acc', '01', 'left'],
    ['philips-acc', '0a', 'middle top'],
    // X-keys Foot Pedal Data Report: bits 2, 3 and 4 of its byte 2, which hidraw gives first.
    ['xkeys-foot-3', '020000000000000000000000000000000010', 'left'],
    ['xkeys-foot-3', '0c0000000000000000000000000000000010', 'middle right'],
    ['olympus-rs31', '000004', 'left'],
    ['olympus-rs31', '000001', 'right'],
    ['olympus-rs31', '0000', undefined],
    ['olympus-keyboard-4', '0000690000000000', 'middle'],
    ['kinesis-savant', '040000', 'middle'],
    ['kinesis-savant', '03f000', 'left right'],
    ['pcsensor-6', '010000090000000000', 'key6'],
    ['pcsensor-6', '030000090000000000', undefined],
    // Scan codes 7004e, 7004b, 7003e, 70029 and 70037.
    ['logitech-presenter', '00004e0000000000', 'next'],
    ['logitech-presenter', '00004b0000000000', 'previous'],
    ['logitech-presenter', '00003e0000000000', 'start'],
    ['logitech-presenter', '0000290000000000', 'end'],
    ['logitech-presenter', '0000370000000000', 'blank'],
    ['norwii-presenter', '0000510000000000', 'next'],
    ['norwii-presenter', '0000520000000000', 'previous'],
    ['satechi-presenter', '0000050000000000', 'pause'],
    ['arduino-keyboard', '020000680000000000', 'f13'],
    ['arduino-keyboard', '0200002c2800000000', 'space enter'],
    // The mouse of the same board.
    ['arduino-keyboard', '0101000000', undefined],
    ['usb-gamepad', '7f7f7f7f7f0f00', ''],
    ['usb-gamepad', '017f7f7f7f1f00', 'k1'],
    ['usb-gamepad', '7f7f7f7f7f4f20', 'k3 k10'],
  ])('%s: %s', async (name, hex, expected) => {
    const told = await down(name, ...Buffer.from(hex, 'hex'));
    expect(told?.join(' ')).toBe(expected);
  });
});

describe('a profile of one’s own', () => {
  const yaml = (buttons: string, report = '{ bytesMin: 2 }') =>
    `{ name: mine, title: My box, devices: [], report: ${report}, buttons: ${buttons}, source: me, verified: unverified }`;

  test('is found from the bridge file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'profile-'));
    try {
      await writeFile(join(folder, 'mine.yaml'), yaml('{ go: { byte: 1, mask: 0xf0, value: 0x30 } }'));
      const profile = await hidProfiles.load('./mine.yaml', folder);
      expect([...(decodeReport(profile, Uint8Array.of(0, 0x3f))?.down ?? [])]).toEqual(['go']);
      expect([...(decodeReport(profile, Uint8Array.of(0, 0x7f))?.down ?? [])]).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('may name modifiers', () => {
    const profile = hidProfiles.parse(yaml('{ go: { modifier: 3 } }', '{ bytesMin: 8, keyboard: true }'), 'mine');
    expect([...(decodeReport(profile, Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))?.down ?? [])]).toEqual(['go']);
    expect([...(decodeReport(profile, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))?.down ?? [])]).toEqual([]);
  });

  test.each([
    ['{ go: { byte: 2 } }', 'byte 2'],
    ['{ go: { key: 4 } }', 'keyboard'],
    ['{ go: { byte: 0, key: 4 } }', 'exactly one'],
    ['{ go: { mask: 1 } }', 'exactly one'],
    ['{ go: { byte: 0, mask: 1, value: 2 } }', 'outside of its mask'],
    ['{}', '1:77 buttons must hold at least 1 member'],
    ['{ go: { bite: 1 } }', "1:85 unknown property 'bite', did you mean 'byte'?"],
    ['{ go: { byte: 0 }, back: { byte: 2 } }', '1:102 button back is in byte 2'],
  ])('with the buttons %s is refused, naming the fault', (buttons, words) => {
    expect(() => hidProfiles.parse(yaml(buttons), 'mine')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) }),
    );
  });

  test('that is no YAML, or not there, is refused', async () => {
    expect(() => hidProfiles.parse('a: [', 'mine')).toThrow(expect.objectContaining({ code: 'CONFIG_SYNTAX' }));
    await expect(hidProfiles.load('./no-such.yaml')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    for (const name of ['no-such', '../../etc/passwd']) {
      await expect(hidProfiles.load(name)).rejects.toMatchObject({ code: 'CONFIG_UNKNOWN_NAME' });
    }
  });
});
