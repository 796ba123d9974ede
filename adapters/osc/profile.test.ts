import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/kit/package.js';
import { resolvedOsc } from '../../test/support/osc-device.js';
import { packetsOf } from './command.js';
import { compileConsole } from './console.js';
import { oscProfiles } from './profile.js';
import { consoleOf } from './settings.js';

const names = await oscProfiles.names();

test.each(names)('%s is called as its file, and tells its sources and what nobody can know', async (name) => {
  const profile = await oscProfiles.load(name);
  expect(profile.name).toBe(name);
  expect(profile.setup).toBeTruthy();
  expect(profile.source.length).toBeGreaterThan(0);
});

test.each(names)('%s stands in the tables with all its commands and events, and how far it was tried', async (name) => {
  const { commands = {}, events = {}, verified } = await oscProfiles.load(name);
  const row = async (file: string, begin: string) => {
    const lines = (await readFile(join(packageRoot, file), 'utf8')).replaceAll(/ +/g, ' ').split('\n');
    return lines.find((line) => line.startsWith(begin));
  };
  const named = `| ${Object.keys(commands).join(', ')} | ${Object.keys(events).join(', ')} |`;
  expect(await row('adapters/osc/README.md', `| \`${name}\` |`)).toContain(named);
  expect(await row('config/README.md', `| ${name} |`)).toContain(`| ${verified} |`);
});

/** A profile of one command and one event. */
const SMALL = {
  name: 'box',
  title: 'A box',
  device: { transport: 'udp' },
  source: ['its manual'],
  verified: 'unverified',
  cannotConfirm: 'anything',
  commands: { go: { does: 'GO', parameters: { cue: { is: 'a cue' } }, send: [{ address: '/go/$cue' }] } },
  events: { go: { means: 'GO', address: ['/fired/$cueNumber'] } },
};
const parsed = (changes: object) => oscProfiles.parse(JSON.stringify({ ...SMALL, ...changes }), 'box');
const command = (changes: object) => ({ commands: { go: { ...SMALL.commands.go, ...changes } } });
const event = (changes: object) => ({ events: { go: { ...SMALL.events.go, ...changes } } });

test('a small profile is taken, its defaults filled in', () => {
  expect(parsed({}).events?.go).toMatchObject({ onChange: false });
  expect(parsed({}).commands?.go?.parameters?.cue).toMatchObject({ type: 'text' });
});

test.each<[string, object, string]>([
  ['of another shape', { colour: 1 }, "profile box: 1:298 unknown property 'colour'"],
  ['without a source', { source: [] }, 'source must hold at least 1 entry'],
  [
    'with an unknown parameter',
    command({ send: [{ address: '/go/$cuee' }] }),
    'commands/go: nothing is called $cuee (there is cue)',
  ],
  ['with an idle parameter', command({ send: [{ address: '/go' }] }), 'commands/go: the parameter cue is used nowhere'],
  [
    'with a bad pattern',
    command({ parameters: { cue: { is: 'x', pattern: '[' } } }),
    'commands/go: cue: the pattern [: Invalid regular expression: /[/u: Unterminated character class',
  ],
  [
    'with a pattern that could run for long',
    command({ parameters: { cue: { is: 'x', pattern: '(a+)+$' } } }),
    'commands/go: cue: the pattern (a+)+$: a repeat of what repeats or chooses inside is not taken',
  ],
  [
    'with a default of another type',
    command({ parameters: { cue: { is: 'x', type: 'integer', default: '1' } } }),
    'cue: the default is no integer',
  ],
  [
    'confirmed by nothing',
    command({ confirmedBy: { event: 'fired', withinMs: 100 } }),
    'commands/go: there is no event fired',
  ],
  [
    'confirmed by a field that is none',
    command({ confirmedBy: { event: 'go', where: { cue: '$cue' }, withinMs: 100 } }),
    'the event go has no field cue',
  ],
  [
    'with unlessLast on every report',
    command({ confirmedBy: { event: 'go', withinMs: 100, unlessLast: true } }),
    'unlessLast needs onChange at the event go',
  ],
  [
    'with two names in a part',
    event({ address: ['/$a$b'] }),
    'events/go: the part "$a$b" of "/$a$b" has two names with nothing between them',
  ],
  ['with addresses of other names', event({ address: ['/a/$x', '/b/$y'] }), '"/b/$y" has other names than "/a/$x"'],
  ['with a field that every input has', event({ address: ['/a/$from'] }), 'events/go: a field cannot be called from'],
  ['with an argument of two names', event({ args: ['$a-$b'] }), 'the argument "$a-$b" is more than one $name'],
  ['that renews with a name', { renew: [{ send: { address: '/$a' } }] }, 'renew/0: nothing is called $a'],
  [
    'that renews all too often',
    { renew: [{ send: { address: '/a' }, everyMs: 249 }] },
    'everyMs must be at least 250, found 249',
  ],
  ['with a field of nothing', event({ fields: { list: '$list' } }), 'nothing is called $list (there is cueNumber)'],
])('a profile %s is refused with words', (_, changes, words) => {
  expect(() => parsed(changes)).toThrow(words);
});

test('a pattern is given no text that it could be busy with for long', () => {
  const console = compileConsole(parsed(command({ parameters: { cue: { is: 'x', pattern: 'a*' } } })), '');
  const go = (cue: string) => packetsOf({ command: 'go', with: { cue } }, console);
  expect(go('a'.repeat(128))).toHaveLength(1);
  expect(() => go('a'.repeat(129))).toThrow(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
});

test('what is no YAML, and what is too large, is told', () => {
  expect(() => oscProfiles.parse('a: [', 'box')).toThrow(/^profile box: /);
  expect(() => oscProfiles.parse(' '.repeat(65_537), 'box')).toThrow('larger than 64 KiB');
});

test('a profile of one’s own is read from beside the bridge file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'osc-profile-'));
  try {
    await writeFile(join(folder, 'box.yaml'), JSON.stringify(SMALL));
    const config = await resolvedOsc({ profile: 'box.yaml', host: '10.0.0.9', port: 9 }, folder);
    const [packet] = packetsOf({ command: 'go', with: { cue: '12' } }, consoleOf(config));
    expect(Buffer.from(packet ?? []).toString('latin1')).toBe('/go/12\0\0,\0\0\0');
  } finally {
    await rm(folder, { recursive: true });
  }
});
