/** What `check` says of MIDI devices and rules, through the same door as the command. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChecked } from '../../src/app/registry.js';
import { packageRoot } from '../../src/kit/package.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midi-check-'));
  const show = join(folder, 'show.yaml');
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), show);
  await writeFile(show, '  - { id: interval, mode: down, duration: "00:20:00.000" }\n', { flag: 'a' });
});
afterAll(() => rm(folder, { recursive: true }));

interface Parts {
  mtcOut?: string;
  when?: string;
  send?: string;
}

/** As `line:column message`, of a bridge file whose device is line 5 and whose rule follows in line 7 or 8. */
async function told({ mtcOut = '{ rate: "25" }', when, send }: Parts): Promise<string[]> {
  const text = `version: 1
show: { id: t, file: show.yaml }
server: { listen: 127.0.0.1:0 }
devices:
  tc: { adapter: midi, input: a, output: b, mtcOut: ${mtcOut} }
inputs:${when === undefined ? ' []' : `\n  - { id: in, when: ${when}, propose: TimerPaused, with: { timerId: show } }`}
outputs:${send === undefined ? ' []' : `\n  - { id: out, event: EmergencyTriggered, send: ${send} }`}
`;
  await writeFile(join(folder, 'bridge.yaml'), text);
  const result = await loadChecked(join(folder, 'bridge.yaml'), {});
  return (result.ok ? result.warnings : result.problems).map(({ line, column, message }) => {
    return `${line}:${column} ${message}`;
  });
}

test.each<Parts>([
  { mtcOut: '{ rate: 29.97df, timer: show, start: "01:00:00:00", onReturn: wait }' },
  { mtcOut: '{ rate: 25, timer: show }' },
  { when: '{ device: tc, mtc: { state: lost } }' },
  { when: '{ device: tc, mtc: { state: [locked, jumped], direction: forward } }' },
  { when: '{ device: tc, msc: { command: [go, timedGo], cue: "1.5" } }' },
  { send: '{ device: tc, mtc: { run: "01:00:00:00", at: $event.recordedAt } }' },
  { send: '{ device: tc, mtc: { stop: true } }' },
])('%j is taken', async (parts) => {
  expect(await told(parts)).toEqual([]);
});

test.each<[Parts, string]>([
  [
    { mtcOut: '{ rate: "25", timer: interval }' },
    '5:74 timer interval counts down; time code runs forward, so none is sent',
  ],
  [{ mtcOut: '{ rate: "25", timer: shwo }' }, "5:74 unknown timer 'shwo', did you mean 'show'?"],
  [{ mtcOut: '{ rate: "25", start: "01:00:00:25" }' }, '5:74 there is no time 01:00:00:25 at 25 frames'],
  [{ mtcOut: '{ timer: show }' }, "5:53 missing property 'rate'"],
  [{ mtcOut: '{ rate: 29.97 }' }, '5:61 rate must be 24, 25, 29.97df or 30, found 29.97'],
  [
    { when: '{ device: tc, mtc: { state: locekd } }' },
    '7:49 state must be locked, jumped, running, freewheel, lost, located or a list, found locekd',
  ],
  [
    { when: '{ device: tc, msc: { command: go, cue: A1 } }' },
    '7:21 in could never fire: cue "A1": MIDI Show Control carries digits and dots only',
  ],
  [
    { send: '{ device: tc, mtc: { run: "01:00:00:30" } }' },
    '8:49 out could never be sent: mtc: a time is HH:MM:SS:FF at 25 frames or HH:MM:SS.mmm, not "01:00:00:30"',
  ],
  [
    { send: '{ device: tc, mmc: { command: locate, time: "00:01:00:00", rate: 29.97df } }' },
    '8:49 out could never be sent: 00:01:00:00 does not exist at 29.97df: drop-frame leaves frames 00 and 01 out in most minutes',
  ],
  [{ send: '{ device: tc, mtc: { run: "01:00:00:00", stop: true } }' }, '8:68 mtc: write only one of run and stop'],
  [{ send: '{ device: tc, mtc: {} }' }, '8:68 missing one of run, locate or stop'],
  [
    { mtcOut: '{ rate: "25", timer: show }', send: '{ device: tc, mtc: { stop: true } }' },
    '8:49 out could never be sent: the time code of this device is that of timer show: no rule can stop it',
  ],
])('%j is told: %s', async (parts, words) => {
  expect(await told(parts)).toEqual([words]);
});
