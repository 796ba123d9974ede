/** What `check` says of consoles and their profiles, through the same door as the command. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osc-check-'));
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
  await writeFile(join(folder, 'broken.yaml'), 'name: broken\n');
  await writeFile(join(folder, 'slow.yaml'), SLOW);
});
afterAll(() => rm(folder, { recursive: true }));

const DESK = '{ adapter: osc, profile: eos, host: 10.0.0.9 }';

const SLOW = `name: slow
title: A box
device: { transport: udp, port: 9 }
source: [its manual]
verified: unverified
cannotConfirm: anything
commands:
  go:
    does: GO
    parameters:
      cue: { is: a cue, pattern: '(a|a)*$' }
    send: [{ address: /go/$cue }, { address: /$nobody }]
`;

/** As `line:column message`, of a bridge file whose devices are lines 5 and 6 and whose rule, if any, is line 8. */
async function told({
  desk = DESK,
  propose = 'CueAdvanced',
  ...rule
}: {
  desk?: string;
  when?: string;
  propose?: string;
  send?: string;
}): Promise<string[]> {
  const rules =
    rule.when !== undefined
      ? `inputs:\n  - { id: r, when: ${rule.when}, propose: ${propose} }\n`
      : rule.send !== undefined
        ? `outputs:\n  - { id: r, event: EmergencyTriggered, send: ${rule.send} }\n`
        : '';
  const text = `version: 1
show: { id: t, file: show.yaml }
server: { listen: 127.0.0.1:0 }
devices:
  desk: ${desk}
  phone: { adapter: osc, listen: "127.0.0.1:53100" }
${rules}`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  return (result.ok ? result.warnings : result.problems).map(({ file, line, column, message }) => {
    expect(file).toContain('bridge.yaml');
    return `${line}:${column} ${message}`;
  });
}

test.each([
  DESK,
  '{ adapter: osc, profile: eos, host: 10.0.0.9, framing: slip, port: 3037 }',
  '{ adapter: osc, profile: eos, transport: udp, host: 10.0.0.9, port: 8000, listen: "0.0.0.0:8001", from: [10.0.0.9] }',
  '{ adapter: osc, profile: grandma3, prefix: /gma3, host: 10.0.0.20, listen: "0.0.0.0:8000", from: [10.0.0.0/24, "fe80::/10"] }',
  '{ adapter: osc, profile: qlcplus, listen: "127.0.0.1:9000" }',
])('devices.desk: %s is taken', async (desk) => {
  expect(await told({ desk })).toEqual([]);
});

test.each([
  ['{ adapter: osc, profile: eoss, host: 10.0.0.9 }', "5:34 no profile is called 'eoss', did you mean 'eos'?"],
  ['{ adapter: osc, profile: Eos, host: 10.0.0.9 }', "5:34 no profile is called 'Eos', did you mean 'eos'?"],
  [
    '{ adapter: osc, profile: mine.yaml, host: 10.0.0.9 }',
    '5:34 the profile mine.yaml cannot be read: there is no such file',
  ],
  ['{ adapter: osc, profile: eos }', '5:9 missing one of host or listen'],
  [
    '{ adapter: osc, profile: eos, transport: udp, host: 10.0.0.9 }',
    '5:61 port is missing: over udp the profile eos does not know it, as it is set at the device',
  ],
  [
    '{ adapter: osc, profile: eos, host: 10.0.0.9, listen: "127.0.0.1:1" }',
    '5:63 over TCP a device has either host or listen, not both',
  ],
  ['{ adapter: osc, prefix: /gma3, host: 10.0.0.9, port: 1 }', '5:9 prefix needs profile as well'],
  [
    '{ adapter: osc, profile: eos, prefix: gma3, host: 10.0.0.9 }',
    "5:47 prefix 'gma3' does not fit: an OSC address that stands before all of the profile's, such as /gma3",
  ],
])('devices.desk: %s', async (desk, words) => {
  expect(await told({ desk })).toEqual([words]);
});

test('a profile of one’s own that is wrong is told with what is wrong', async () => {
  const [words, ...more] = await told({ desk: '{ adapter: osc, profile: broken.yaml, host: 10.0.0.9 }' });
  expect(words).toContain("5:34 profile broken.yaml: 1:1 missing property 'title'");
  expect(more).toEqual([]);
});

test('each fault of a profile is told with its line and column, also a pattern that could run for long', async () => {
  expect(await told({ desk: '{ adapter: osc, profile: slow.yaml, host: 10.0.0.9 }' })).toEqual([
    '5:34 profile slow.yaml: ' +
      '11:34 commands/go: cue: the pattern (a|a)*$: a repeat of what repeats or chooses inside is not taken; ' +
      '12:35 commands/go: nothing is called $nobody (there is cue)',
  ]);
});

test.each([
  { when: '{ device: desk, event: go }' },
  { when: '{ device: desk, event: go, where: { list: "1" }, attribution: any }' },
  { when: '{ device: desk, address: /eos/out/event/state, args: [1] }' },
  { send: '{ device: desk, command: go }' },
  { send: '{ device: desk, command: fire, with: { cue: 1/45.5 } }' },
  { send: '{ device: desk, address: /eos/key/go_1 }' },
])('%o is taken', async (rule) => {
  expect(await told(rule)).toEqual([]);
});

test.each([
  [
    '{ device: desk, event: fired }',
    "8:20 r could never fire: the profile eos has no event 'fired'; it has go, cueStopped, macro and submaster",
  ],
  [
    '{ device: desk, event: go, where: { lst: "1" } }',
    "8:20 r could never fire: the event go has no 'lst'; it has list, cue, name and cueNumber",
  ],
  [
    '{ device: phone, event: go }',
    "8:20 r could never fire: the device has no profile that would know the event 'go': write profile, or address",
  ],
  ['{ device: desk }', '8:20 missing one of address or event'],
  ['{ device: desk, event: go, address: /go }', '8:56 address does not go with the rest'],
  ['{ device: desk, address: /go, where: { list: "1" } }', '8:57 where does not go with the rest'],
])('when: %s', async (when, words) => {
  expect(await told({ when })).toEqual([words]);
});

test.each([
  ['{ device: desk, event: go }', 'text: $input.cueNumber', []],
  ['{ device: desk, event: go }', 'text: $input.address $input.args.0 $input.list', []],
  ['{ device: desk, address: /eos/out/event/state }', 'text: $input.anything', []],
  ['{ device: phone, address: /say }', 'text: $input.args.0', []],
  [
    '{ device: desk, event: go }',
    'text: $input.cuenumber',
    [
      "8:106 what this rule waits for has no 'cuenumber'; it has event, attribution, list, cue, name, cueNumber, address, args, types and from, did you mean 'cueNumber'?",
    ],
  ],
  [
    '{ device: phone, address: /say }',
    'text: $input.arg.0',
    ["8:111 what this rule waits for has no 'arg'; it has address, args, types and from, did you mean 'args'?"],
  ],
])('when: %s, with: { %s }', async (when, text, expected) => {
  expect(await told({ when, propose: `NoteAdded, with: { scope: { type: show }, ${text} }` })).toEqual(expected);
});

test('an event of a desk over UDP that is not listened to could never fire', async () => {
  const desk = '{ adapter: osc, profile: grandma3, host: 10.0.0.9 }';
  expect(await told({ desk, when: '{ device: desk, event: sequence }' })).toEqual([
    '8:20 r could never fire: nothing that the device says is heard: over UDP it needs listen, with the address and port that are set at the device',
  ]);
});

test.each([
  [
    '{ device: desk, command: fyre }',
    "the profile eos has no command 'fyre'; it has fire, go, stop, macro, submaster and commandLine",
  ],
  ['{ device: desk, command: fire }', 'the command fire needs with: { cue }: list/cue, such as 1/45 or 1/45.5'],
  ['{ device: desk, command: fire, with: { cue: "45" } }', 'cue "45" does not fit: list/cue, such as 1/45 or 1/45.5'],
  [
    '{ device: desk, command: fire, with: { cue: "1/45.10" } }',
    'cue "1/45.10" does not fit: list/cue, such as 1/45 or 1/45.5',
  ],
  ['{ device: desk, command: go, with: { cue: "1/45" } }', "the command go takes no 'cue'; it takes nothing"],
  [
    '{ device: desk, command: submaster, with: { submaster: 1, level: 50 } }',
    'level 50 does not fit: a level from 0 to 1',
  ],
  [
    '{ device: phone, command: go }',
    "the device has no profile that would know the command 'go': write profile, or address",
  ],
])('send: %s could never be sent', async (send, why) => {
  expect(await told({ send })).toEqual([`8:47 r could never be sent: ${why}`]);
});

test('of a device whose profile is wrong, its rules are not called wrong as well', async () => {
  const desk = '{ adapter: osc, profile: eoss, host: 10.0.0.9 }';
  expect(await told({ desk, send: '{ device: desk, command: fire }' })).toHaveLength(1);
  expect(await told({ desk, when: '{ device: desk, event: go }' })).toHaveLength(1);
});
