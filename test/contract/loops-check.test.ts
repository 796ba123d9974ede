/** What `check` says of a cue that may come back as a press: two devices that press one another play the show by themselves. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loops-'));
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of a bridge file with devices `a` and `b`, a GO that is sent and a GO that is heard. */
async function told(parts: { a: string; b?: string; when: string; send: string; propose?: string }): Promise<string[]> {
  const text = `version: 1
show: { id: t, file: show.yaml }
devices:
  a: { ${parts.a} }
${parts.b === undefined ? '' : `  b: { ${parts.b} }\n`}inputs:
  - { id: pressed, when: { ${parts.when} }, propose: ${parts.propose ?? 'CueAdvanced'} }
outputs:
  - { id: fire, event: CueAdvanced, send: { ${parts.send} } }
`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  const all = result.ok ? result.warnings : result.problems;
  expect(all.filter(({ severity }) => severity === 'error')).toEqual([]);
  return all.filter(({ code }) => code === 'CONFIG_LOOP').map(({ message }) => message);
}

const udp = (host: string, listen?: string) =>
  `adapter: osc, transport: udp, host: ${host}, port: 8000${listen ? `, listen: "${listen}"` : ''}`;
const MIDI = 'adapter: midi, input: Desk, output: Desk';

test.each([
  [
    'a console that says again what it is sent',
    { a: udp('10.0.0.9', '10.0.0.1:9000'), when: 'device: a, address: /go', send: 'device: a, address: /go' },
    'fire sends a what it may say again',
  ],
  [
    'a desk that hears and says show control',
    {
      a: MIDI,
      when: 'device: a, msc: { command: go }',
      send: 'device: a, msc: { command: go, deviceId: 1, format: lighting, cue: "1" }',
    },
    'fire sends a what it may say again',
  ],
  [
    'an output to where the bridge listens itself',
    {
      a: udp('127.0.0.1'),
      b: 'adapter: osc, transport: udp, listen: "127.0.0.1:8000"',
      when: 'device: b, address: /go',
      send: 'device: a, address: /fire',
    },
    'fire is sent to where the bridge listens for b',
  ],
  [
    'the same where it listens to everybody',
    {
      a: udp('localhost'),
      b: 'adapter: osc, transport: udp, listen: "127.0.0.1:8000"',
      when: 'device: b, address: /go',
      send: 'device: a, address: /fire',
    },
    'fire is sent to where the bridge listens for b',
  ],
  [
    'two entries on one host',
    {
      a: udp('10.0.0.9'),
      b: 'adapter: qlab, host: 10.0.0.9',
      when: 'device: b, event: go',
      send: 'device: a, address: /fire',
    },
    'fire is sent to a at 10.0.0.9, where b is as well',
  ],
])('%s is warned of', async (_, parts, how) => {
  expect(await told(parts)).toEqual([`a cue may come back as a press: ${how}, and pressed makes a GO of it`]);
});

test.each([
  [
    'another address',
    { a: udp('10.0.0.9', '10.0.0.1:9000'), when: 'device: a, address: /go', send: 'device: a, address: /fire' },
  ],
  [
    'another message',
    {
      a: MIDI,
      when: 'device: a, noteOn: { note: 60 }',
      send: 'device: a, noteOn: { channel: 1, note: 61, velocity: 1 }',
    },
  ],
  [
    'QLab, which tells whose GO it was',
    { a: 'adapter: qlab, host: 10.0.0.9', when: 'device: a, event: go', send: 'device: a, go: true' },
  ],
  [
    'two hosts',
    {
      a: udp('10.0.0.9'),
      b: 'adapter: qlab, host: 10.0.0.8',
      when: 'device: b, event: go',
      send: 'device: a, address: /fire',
    },
  ],
  [
    'a press that does not go on',
    {
      a: udp('10.0.0.9'),
      b: 'adapter: qlab, host: 10.0.0.9',
      when: 'device: b, event: go',
      send: 'device: a, address: /fire',
      propose: 'CueReverted',
    },
  ],
  [
    'a port of its own',
    {
      a: udp('127.0.0.1'),
      b: 'adapter: osc, transport: udp, listen: "127.0.0.1:8001"',
      when: 'device: b, address: /go',
      send: 'device: a, address: /fire',
    },
  ],
])('%s is not', async (_, parts) => {
  expect(await told(parts)).toEqual([]);
});
