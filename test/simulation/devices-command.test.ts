/** `pacebuddy devices` as a technician runs it, on a machine that may have no sound, no USB and no HID at all. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.js';
import { pacebuddy, Talking } from '../support/program.js';
import { smallShow } from '../support/small-show.js';
import { eventually } from '../support/waiting.js';

interface Kind {
  kind: string;
  ok: boolean;
  looked?: string;
  code?: string;
  message?: string;
  found?: { name: string; line?: string }[];
}

const DEVICES = `devices:
  house: { adapter: osc, transport: udp, listen: "127.0.0.1:0" }
  button: { adapter: serial, path: ./tty-of-nobody }
`;

test('every kind that can be plugged in is looked for, and answers even where the machine has none of it', async () => {
  const { code, out, err } = await pacebuddy(['devices', '--json']);
  const { ok, kinds } = JSON.parse(out) as { ok: boolean; kinds: Kind[] };
  expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['hid', 'midi', 'serial']));
  expect(code).toBe(ok ? 0 : 1);
  expect(ok).toBe(kinds.every((kind) => kind.ok));
  // What a library prints of its own does not reach the technician.
  expect(err).toBe('');
  for (const kind of kinds) {
    if (kind.ok) expect(kind.looked, kind.kind).toMatch(/\w/);
    else expect(kind.message, kind.kind).toMatch(/\w/);
  }
});

test('all that is printed may be pasted below devices:, and passes check', async () => {
  const { out } = await pacebuddy(['devices']);
  expect(out).toMatch(/^# midi/m);
  expect(out).toMatch(/^# Not looked for: .*\bosc\b.*\bqlab\b/m);
  const { folder, file } = await smallShow({ cues: 1 });
  await writeFile(file, `${await readFile(file, 'utf8')}\n${DEVICES}${out}`);
  expect(await pacebuddy(['check', file])).toMatchObject({ code: 0, err: '' });
  await rm(folder, { recursive: true });
});

test('one kind is looked for alone', async () => {
  const { out } = await pacebuddy(['devices', 'serial', '--json']);
  expect((JSON.parse(out) as { kinds: Kind[] }).kinds.map(({ kind }) => kind)).toEqual(['serial']);
});

test.each([
  [['devices', 'mdi'], /no kind of device, and no file, of the name mdi.*midi/],
  [['devices', '--url', 'booth'], /an address such as http/],
  [['devices', 'osc'], /on the network/],
  [['devices', 'midi', 'bridge.yaml'], /not both/],
  [['devices', 'bridge.yaml', '--watch'], /log tail/],
])('%j is a wrong command line', async (args, words) => {
  const { code, err } = await pacebuddy(args);
  expect(err).toMatch(words);
  expect(code).toBe(2);
});

test('--watch goes on until it is told to stop', async () => {
  const watching = new Talking(['devices', 'serial', '--watch', '--json']);
  await eventually(() => watching.lines.length === 1, 'the first look', 10_000);
  watching.process.kill('SIGTERM');
  expect(await watching.ended).toBe(0);
});

test('with a bridge file it tells which wire of the running bridge is dead', async () => {
  const { folder, file } = await smallShow({ cues: 1, parts: DEVICES });
  const daemon = await startDaemon(file);
  await daemon.line(({ msg, device }) => msg === 'device.lost' && device === 'button');
  const asked = await pacebuddy(['devices', file, '--url', daemon.url, '--json']);
  expect(asked.code).toBe(1);
  const { ok, devices } = JSON.parse(asked.out) as { ok: boolean; devices: { device: string; status: string }[] };
  expect(ok).toBe(false);
  expect(Object.fromEntries(devices.map(({ device, status }) => [device, status]))).toMatchObject({ button: 'down' });
  const { out } = await pacebuddy(['devices', '--url', daemon.url]);
  expect(out).toMatch(/^button {2}serial {2}down .*DEVICE_UNREACHABLE: there is no .*tty-of-nobody$/m);
  expect(out).toMatch(/^house {3}osc /m);

  await writeFile(file, (await readFile(file, 'utf8')).replace('button:', 'renamed:'));
  const renamed = await pacebuddy(['devices', file, '--url', daemon.url]);
  expect(renamed.out).toMatch(/^renamed +not in the running bridge/m);
  expect(await daemon.stop()).toBe(0);
  expect(await pacebuddy(['devices', file, '--url', daemon.url])).toMatchObject({
    code: 3,
    err: expect.stringContaining('no bridge answers'),
  });
  await rm(folder, { recursive: true });
});

test('a bridge with an access list shows its devices to those on it', async () => {
  const parts = `access: [{ userId: u-tom, role: technician, token: "\${TECH_TOKEN}" }]\n${DEVICES}`;
  const { folder, file } = await smallShow({ cues: 1, parts });
  const token = 'a-long-secret';
  const daemon = await startDaemon(file, { TECH_TOKEN: token });
  const refused = await pacebuddy(['devices', '--url', daemon.url]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('UNAUTHENTICATED') });
  const { out } = await pacebuddy(['devices', '--url', daemon.url, '--json'], { PACEBUDDY_TOKEN: token });
  expect(JSON.parse(out)).toMatchObject({ devices: [{ device: 'house' }, { device: 'button' }] });
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});
