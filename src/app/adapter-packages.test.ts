import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GOOD_SHOW, told } from '../../test/support/bridge-files.js';
import { testIo } from '../adapter-sdk/testing/rig.js';
import { adapterOf, loadChecked, pluggedIn } from './registry.js';

const SCHEMA = `{ $defs: {
  device: { type: 'object', required: ['place'], additionalProperties: false, properties: { place: { type: 'integer', minimum: 1 }, gain: { type: 'number', default: 2 } } },
  when: { type: 'object', additionalProperties: false, properties: { device: {}, key: { enum: ['a', 'b'] } } },
  send: { type: 'object', additionalProperties: false, properties: { device: {}, key: { enum: ['a', 'b'] } } },
} }`;
const adapter = (members = '') => `{ kind: 'lamp', connect() {}, summarise: ({ key }) => 'lamp ' + key, ${members} }`;
const lamp = (members = '', definition = '') =>
  `export default { contract: 1, kind: 'lamp', schema: ${SCHEMA}, adapter: async () => (${adapter(members)}), ${definition} };`;

/** A folder with packages by their names, and a bridge file. */
async function load(
  packages: Record<string, string>,
  adapters: string,
  devices = '{ l: { adapter: lamp, place: 1 } }',
) {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-packages-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, source] of Object.entries(packages)) {
    const home = join(folder, 'node_modules', name);
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, 'package.json'),
      JSON.stringify({ name, type: 'module', exports: { import: './a.js' } }),
    );
    await writeFile(join(home, 'a.js'), source);
  }
  await writeFile(join(folder, 'show.yaml'), GOOD_SHOW);
  const path = join(folder, 'bridge.yaml');
  await writeFile(
    path,
    `version: 1\nshow: { id: pb_1, file: show.yaml }\nadapters: ${adapters}\ndevices: ${devices}\n`,
  );
  const result = await loadChecked(path, {});
  return { result, lines: told(result).map((line) => line.replace(/^.*(?=bridge\.yaml)/, '')), folder };
}

test('a package beside the bridge file is a kind like those of the bridge, its faults told in the same words', async () => {
  const { result } = await load({ 'pacebuddy-adapter-lamp': lamp() }, '[pacebuddy-adapter-lamp]');
  expect(told(result)).toEqual([]);
  expect(result.ok && result.bridge.config.devices.l).toEqual({ adapter: 'lamp', place: 1, gain: 2 });
  expect(adapterOf('lamp')?.summarise({ key: 'a' })).toBe('lamp a');
  const wrong = '{ l: { adapter: lamp, place: 0, gian: 1, backupOf: m }, m: { adapter: lampe, place: 2 } }';
  const { lines } = await load({ '@me/lamp': lamp() }, '[{ package: "@me/lamp" }]', wrong);
  expect(lines).toEqual([
    'bridge.yaml:4:39 error CONFIG_INVALID place must be at least 1, found 0',
    "bridge.yaml:4:42 error CONFIG_UNKNOWN_KEY unknown property 'gian', did you mean 'gain'?",
    'bridge.yaml:4:61 error CONFIG_INVALID l (lamp) cannot stand in for m (lampe): both must have the same adapter',
    "bridge.yaml:4:80 error CONFIG_UNKNOWN_NAME unknown adapter 'lampe', did you mean 'lamp'?",
  ]);
});

const NOT_LOADED = 'does not load: ';
test.each([
  ['is not there', undefined, /^other is not installed: there is none in .*node_modules, nor above it$/],
  [
    'is no adapter',
    'export const x = 1;',
    'other is no adapter: its entry has no default export that defineAdapter has made',
  ],
  [
    'is for another version',
    lamp().replace('contract: 1', 'contract: 7'),
    /^other was written for version 7 of the adapters’ contract, and this bridge has version 1/,
  ],
  [
    'takes a kind of the bridge',
    lamp().replaceAll("kind: 'lamp'", "kind: 'midi'"),
    "other is a kind 'midi', and so is one of the bridge’s own",
  ],
  ['takes the kind of another package', lamp(), "other is a kind 'lamp', and so is another package of this file"],
  [
    'has a broken schema',
    lamp().replace("type: 'integer'", "type: 'whole'"),
    /^other is no adapter: its schema cannot be used: /,
  ],
  [
    'has half a schema',
    lamp().replace('when: {', 'whenever: {'),
    'other is no adapter: its schema cannot be used: it has no $defs when',
  ],
  ['throws when it is loaded', 'throw new Error("no luck");', `other ${NOT_LOADED}no luck`],
  ['has no end when it is loaded', 'for (;;);', `other ${NOT_LOADED}it was not done within 5 s`],
  ['exits when it is loaded', 'process.exit(0);', `other ${NOT_LOADED}it ends the thread that it is loaded in`],
  ['crashes when it is loaded', "process.kill(process.pid, 'SIGSEGV');", `other ${NOT_LOADED}it crashes (SIGSEGV)`],
  ['is no JavaScript', 'export default {', new RegExp(`^other ${NOT_LOADED}`)],
])('a package that %s is told in words, at its line and column', async (_, source, words) => {
  const packages = { 'pacebuddy-adapter-lamp': lamp(), ...(source === undefined ? {} : { other: source }) };
  const { lines, result } = await load(packages, '[pacebuddy-adapter-lamp, other]');
  expect(result.ok).toBe(false);
  expect(lines).toHaveLength(1);
  const [, place, said] = /^(bridge\.yaml:\d+:\d+) error CONFIG_ADAPTER (.*)$/.exec(lines[0] ?? '') ?? [];
  expect(place).toBe('bridge.yaml:3:36');
  expect(said).toMatch(words);
});

test('its driver lists and connects in a process of its own, which says with its code why it cannot', async () => {
  const refused = "Object.assign(new Error('no key'), { name: 'BridgeError', code: 'DEVICE_REFUSED' })";
  const members = `
    connect: async ({ place }) => { if (place === 1) throw ${refused}; process.exit(3); },
    list: async () => ({ found: [{ name: 'Lamp', what: String(process.argv.at(-1)), nickname: 'lamp' }], looked: 'here' }),`;
  const { result } = await load({ lamp: lamp(members) }, '[lamp]');
  expect(result.ok).toBe(true);
  const never = new AbortController().signal;
  expect(await pluggedIn(['lamp'], never)).toEqual([
    { kind: 'lamp', ok: true, looked: 'here', found: [{ name: 'Lamp', what: 'list', nickname: 'lamp' }] },
  ]);
  const connecting = (place: number) => adapterOf('lamp')?.connect({ adapter: 'lamp', place }, testIo('l'), never);
  await expect(connecting(1)).rejects.toMatchObject({ code: 'DEVICE_REFUSED', message: 'no key' });
  await expect(connecting(2)).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
});

test('only what can be the name of a package is looked for', async () => {
  const { lines } = await load({ lamp: lamp() }, '["../node_modules/lamp"]');
  expect(lines).toEqual([
    expect.stringMatching(
      /^bridge.yaml:3:12 error CONFIG_INVALID entry 1 of adapters '..\/node_modules\/lamp' does not fit/,
    ),
    expect.stringMatching(/unknown adapter 'lamp'/),
  ]);
});

test('a package may be loaded into the bridge, where its faults at load are told as well', async () => {
  const inside = '[{ package: lamp, isolated: false }]';
  const { lines } = await load({ lamp: 'throw new Error("no luck");' }, inside);
  expect(lines).toEqual([
    'bridge.yaml:3:23 error CONFIG_ADAPTER lamp does not load: no luck',
    expect.stringMatching(/unknown adapter/),
  ]);
  const late = `adapter: async () => { throw new Error('no driver'); }`;
  const half = await load({ lamp: lamp('', late) }, inside);
  expect(half.lines[0]).toBe('bridge.yaml:3:23 error CONFIG_ADAPTER lamp does not load: no driver');
  const { result } = await load({ lamp: `globalThis.lampIsHere = true;${lamp()}` }, inside);
  expect(result.ok).toBe(true);
  expect(globalThis).toHaveProperty('lampIsHere', true);
});

test('a package that is isolated never runs in the bridge itself, and sees none of its secrets', async () => {
  const members = 'summarise: () => `${process.env.VITEST} ${Boolean(process.env.PATH)}`';
  const { result } = await load({ lamp: `globalThis.lampWasHere = true;${lamp(members)}` }, '[lamp]');
  expect(result.ok).toBe(true);
  expect(globalThis).not.toHaveProperty('lampWasHere');
  expect(process.env.VITEST).toBe('true');
  expect(adapterOf('lamp')?.summarise({})).toBe('undefined true');
});

test('an answer that throws or never comes costs itself, and the adapter answers again later', {
  timeout: 30_000,
}, async () => {
  const members = `
    matches: ({ key }) => { if (key === 'loop') for (;;); if (key === 'throw') throw new Error('no luck'); return true; },
    problemOfDevice: ({ place }) => { if (place === 13) throw new Error('no luck'); },
    isByHand: () => process.exit(1),
    firedCue: (input) => ({ cueNumber: input.key, attribution: 'operator' }),`;
  const { result, lines } = await load({ lamp: lamp(members) }, '[lamp]', '{ l: { adapter: lamp, place: 13 } }');
  expect(result.ok).toBe(false);
  expect(lines).toEqual(['bridge.yaml:4:15 error CONFIG_INVALID its adapter fails: problemOfDevice threw: no luck']);
  const known = adapterOf('lamp');
  expect(known?.matches?.({ key: 'a' }, {})).toBe(true);
  expect(known?.matches?.({ key: 'throw' }, {})).toBe(false);
  const beganMs = performance.now();
  expect(known?.matches?.({ key: 'loop' }, {})).toBe(false);
  expect(performance.now() - beganMs).toBeLessThan(1500);
  expect(known?.matches?.({ key: 'a' }, {})).toBe(false);
  expect(known?.summarise({ key: 'a' })).toBe('{"key":"a"}');
  await expect.poll(() => known?.matches?.({ key: 'a' }, {}), { timeout: 10_000 }).toBe(true);
  expect(known?.firedCue?.({ key: '7' })).toEqual({ cueNumber: '7', attribution: 'operator' });
  expect(known?.isByHand?.({})).toBe(false);
  await expect.poll(() => known?.matches?.({ key: 'a' }, {}), { timeout: 10_000 }).toBe(true);
});
