/** What `check` says of rules for a serial device, through the same door as the command. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serial-check-'));
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As `line:column message`, of a bridge file whose devices are lines 5 and 6 and whose rule is line 8. */
async function told(rule: { when: string } | { send: string }, device = ''): Promise<string[]> {
  const isInput = 'when' in rule;
  const text = `version: 1
show: { id: t, file: show.yaml }
server: { listen: 127.0.0.1:0 }
devices:
  box: { adapter: serial, path: tty1, contacts: { go: { line: cts }, back: { line: dsr } } }
  relay: { adapter: serial, path: tty2, encoding: hex, rtscts: true }
${device && `  new: { adapter: serial, path: tty3, ${device} }\n`}${isInput ? 'inputs' : 'outputs'}:
  - { id: r, ${isInput ? `when: ${rule.when}, propose: CueAdvanced` : `event: EmergencyTriggered, send: ${rule.send}`} }
`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  return (result.ok ? result.warnings : result.problems).map(({ file, line, column, message }) => {
    expect(file).toContain('bridge.yaml');
    return `${line}:${column} ${message}`;
  });
}

test.each([
  '{ device: box, contact: go }',
  '{ device: box, contact: back, edge: release }',
  String.raw`{ device: box, match: '^CUE (\d+)$' }`,
  '{ device: relay, bytes: a5 01 }',
])('when: %s is taken', async (when) => {
  expect(await told({ when })).toEqual([]);
});

test.each([
  ['{ device: box, match: "(a+)+" }', 'match (a+)+: a repeat of what repeats or chooses inside is not taken'],
  ['{ device: box, match: "[" }', 'match [: Invalid regular expression: /[/: Unterminated character class'],
  ['{ device: box, contact: bcak }', "the device has no contact called 'bcak'; it has go, back"],
  ['{ device: relay, contact: go }', "the device has no contact called 'go'"],
])('when: %s could never fire', async (when, why) => {
  expect(await told({ when })).toEqual([`8:20 r could never fire: ${why}`]);
});

test.each([
  ['{ device: box, edge: press }', 'edge needs contact as well'],
  ['{ device: box, contact: go, line: GO }', 'when must hold at most 2 members'],
])('when: %s is of no shape', async (when, why) => {
  expect(await told({ when })).toEqual([`8:20 ${why}`]);
});

test.each([
  '{ device: box, line: GO ON, thenLine: GO OFF, afterMs: 2000, lamp: green }',
  '{ device: box, line: GO ON, thenBytes: 00 ff, afterMs: 2000 }',
  '{ device: relay, set: { dtr: true }, forMs: 500 }',
])('send: %s is taken', async (send) => {
  expect(await told({ send })).toEqual([]);
});

test.each([
  ['{ device: box, set: { rts: false } }', 'rts feeds the contact go, and stays on'],
  ['{ device: relay, set: { rts: true } }', 'rts is the hardware flow control’s (rtscts)'],
  ['{ device: relay, line: GO }', 'line: "GO" is not hex, as this device\'s encoding wants'],
  ['{ device: box, line: A, afterMs: 5 }', 'afterMs without thenLine or thenBytes'],
  ['{ device: box, line: A, set: { dtr: true } }', 'line does not go with set'],
])('send: %s could never be sent', async (send, why) => {
  expect(await told({ send })).toEqual([`8:47 r could never be sent: ${why}`]);
});

test.each([
  [
    'rtscts: true, contacts: { go: { line: cts } }',
    '7:69 the contact go is on a line of the hardware flow control (rtscts)',
  ],
  ['dtr: false, contacts: { go: { line: dsr } }', '7:44 dtr: false, but dtr feeds the contact go, and stays on'],
  ['delimiter: "\\\\q"', '7:50 '],
  ['onConnect: [HELLO, "A\\nB"]', '7:58 '],
  ['encoding: latin1, onClose: [€]', '7:67 line: "€" has a character that latin1 has not'],
])('devices.new: { %s } can never work', async (device, words) => {
  const [first, ...more] = await told({ when: '{ device: box, contact: go }' }, device);
  expect(first).toContain(words);
  expect(more).toEqual([]);
});
