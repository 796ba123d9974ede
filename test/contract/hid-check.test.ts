/** What `check` says of a pedal and its rules, through the same door as the command. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hid-check-'));
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
  const [one, other] = ['{ byte: 0, mask: 1 }', '{ byte: 0, mask: 2 }'];
  const buttons = `{ big: ${one}, small: ${other} }`;
  const profile = `{ name: mine, title: x, devices: [], report: { bytesMin: 1 }, buttons: ${buttons}, source: me, verified: unverified }`;
  await writeFile(join(folder, 'mine.yaml'), profile);
});
afterAll(() => rm(folder, { recursive: true }));

/** As `line:column code message`, of a bridge file whose pedals are lines 5 and 6 and whose rules begin in line 8. */
async function told(whens: readonly string[], profile = 'infinity-3'): Promise<string[]> {
  const text = `version: 1
show: { id: t, file: show.yaml }
server: { listen: 127.0.0.1:0 }
devices:
  pedal: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, profile: ${profile} }
  own: { adapter: hid, vendorId: 1, productId: 2, profile: ./mine.yaml }
inputs:
${whens.map((when, n) => `  - { id: r${n}, when: ${when}, propose: CueAdvanced }`).join('\n')}
`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  return (result.ok ? result.warnings : result.problems).map(
    ({ line, column, code, message }) => `${line}:${column} ${code} ${message}`,
  );
}

test.each([
  '{ device: pedal, button: right }',
  '{ device: pedal, button: left, gesture: hold, holdMs: 800 }',
  '{ device: pedal, chord: [left, right] }',
  '{ device: pedal, chord: [left, right], gesture: hold }',
  '{ device: own, button: big }',
])('when: %s is taken', async (when) => {
  expect(await told([when])).toEqual([]);
});

test.each([
  ['{ device: pedal, button: rigth }', 'there is no button rigth, only left, middle, right'],
  ['{ device: pedal, chord: [left, top] }', 'there is no button top, only left, middle, right'],
  ['{ device: own, button: left }', 'there is no button left, only big, small'],
  ['{ device: pedal, gesture: hold }', 'it names neither a button nor a chord, such as chord: [left, right]'],
  ['{ device: pedal, button: left, chord: [left, right] }', 'it names a button and a chord; two rules can do that'],
  ['{ device: pedal, button: left, holdMs: 800 }', 'holdMs wants gesture: hold, and this is a press'],
])('when: %s could never fire', async (when, why) => {
  expect(await told([when])).toEqual([`8:21 CONFIG_INVALID r0 could never fire: ${why}`]);
});

const overlap = (rule: string, others: string) =>
  `whoever does what ${rule} waits for also fires ${others}: a press is never held back to see what becomes of it`;

test('a chord whose buttons have rules of their own is told: its first button is pressed before the chord is', async () => {
  expect(
    await told([
      '{ device: pedal, button: right }',
      '{ device: pedal, button: left, gesture: release }',
      '{ device: pedal, chord: [right, left] }',
      '{ device: pedal, button: middle }',
      '{ device: own, button: big }',
    ]),
  ).toEqual([`10:21 CONFIG_RULES_OVERLAP ${overlap('r2', 'r0 and r1')}`]);
});

test('a hold or a double of a button whose press fires as well is told', async () => {
  expect(
    await told([
      '{ device: pedal, button: left }',
      '{ device: pedal, button: left, gesture: hold }',
      '{ device: pedal, button: left, gesture: double }',
    ]),
  ).toEqual([`9:21 CONFIG_RULES_OVERLAP ${overlap('r1', 'r0')}`, `10:21 CONFIG_RULES_OVERLAP ${overlap('r2', 'r0')}`]);
});

test('a press and a release of one button, or two buttons, are two things and are meant to be', async () => {
  expect(
    await told([
      '{ device: pedal, button: left }',
      '{ device: pedal, button: left, gesture: release }',
      '{ device: pedal, button: right, gesture: hold }',
    ]),
  ).toEqual([]);
});

test('a profile that nobody has is told, with the nearest name; one of your own with what is wrong in it', async () => {
  const [missing] = await told(['{ device: pedal, button: left }'], 'infinty-3');
  expect(missing).toMatch(/^5:72 CONFIG_UNKNOWN_NAME no profile is called 'infinty-3'.*'infinity-3'/);
  const [unreadable] = await told(['{ device: pedal, button: left }'], './other.yaml');
  expect(unreadable).toMatch(/^5:72 CONFIG_INVALID the profile \.\/other\.yaml cannot be read: there is no such file$/);
});

test('a profile that has changed is a device that has changed: a reload takes it over', async () => {
  const profileNow = async () => {
    const result = await loadChecked(join(folder, 'bridge.yaml'), {});
    return result.ok && result.bridge.config.devices.own;
  };
  await told(['{ device: pedal, button: left }']);
  const before = await profileNow();
  expect(await profileNow()).toEqual(before);
  const path = join(folder, 'mine.yaml');
  await writeFile(path, (await readFile(path, 'utf8')).replace('mask: 2', 'mask: 4'));
  expect(await profileNow()).not.toEqual(before);
});
