/** The whole bridge with a simulated ETC Eos: a GO of ours, a GO at the desk, and a desk that falls silent. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConsoleSimulator, startConsole } from '../../adapters/osc/console-simulator.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { systemClock } from '../../src/kit/clock.js';
import { silentLog } from '../../src/kit/log.js';
import { packageRoot } from '../../src/kit/package.js';
import type { ShowEvent } from '../../src/protocol/envelope.js';
import { freePort } from '../support/free-port.js';
import { connectOsc } from '../support/osc-device.js';
import { Talking } from '../support/program.js';
import { eventually } from '../support/waiting.js';

let folder: string;
let desk: ConsoleSimulator;
let bridge: Bridge;
let port: number;
const events: ShowEvent[] = [];
const of = (type: ShowEvent['eventType']) => events.filter(({ eventType }) => eventType === type);
const payloads = (type: ShowEvent['eventType']) => of(type).map(({ payload }) => payload);
const desks = () => bridge.devices().find(({ device }) => device === 'desk');

const startDesk = () =>
  startConsole('eos', { transport: 'tcp', listen: `127.0.0.1:${port}`, framing: 'length-prefix' });

beforeEach(async () => {
  events.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'osc-console-'));
  port = await freePort('tcp');
  desk = await startDesk();
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
  await writeFile(
    join(folder, 'bridge.yaml'),
    `version: 1
show: { id: eos_test, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0 }
devices:
  desk: { adapter: osc, profile: eos, host: 127.0.0.1, port: ${port} }
inputs:
  - id: desk-go
    when: { device: desk, event: go, where: { list: "1" } }
    propose: CueAdvanced
    with: { toCue: { call: lighting, callNumber: $input.cue } }
outputs:
  - { id: to-desk, event: CueAdvanced, call: lighting, send: { device: desk, command: fire, with: { cue: 1/$call.number } } }
`,
  );
  const loaded = await loadChecked(join(folder, 'bridge.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  bridge = await Bridge.start({
    checked: loaded.bridge,
    log: silentLog,
    onPublished: (entries) => events.push(...entries.map(({ event }) => event)),
  });
  await eventually(() => desks()?.status === 'up', 'an answered ping');
});

afterEach(async () => {
  await bridge.close();
  await desk.close();
  await rm(folder, { recursive: true });
});

const go = async (): Promise<void> => {
  expect(await bridge.press('CueAdvanced', {}, 'booth')).toMatchObject({ ok: true });
};

test('a GO of ours is sent and confirmed by the desk, and is one GO', async () => {
  await go();
  await go();
  await eventually(() => of('OutputConfirmed').length === 1, 'the confirmation');
  expect(desk.fired).toEqual(['1/1']);
  expect(payloads('OutputSent')).toMatchObject([{ device: 'desk', summary: 'fire 1/1', reached: 'sent' }]);
  expect(of('CueAdvanced')).toHaveLength(2);
  expect(of('ExternalCueFired')).toEqual([]);
  expect(of('OutputFailed')).toEqual([]);
});

test('a GO at the desk is recorded and moves the show to its cue, once, and is not sent back', async () => {
  await desk.press('1/1');
  await eventually(() => of('CueAdvanced').length === 1, 'the GO');
  expect(payloads('ExternalCueFired')).toEqual([
    {
      ...{ device: 'desk', cueNumber: '1/1', name: 'Look 1/1', attribution: 'operator' },
      call: { cueId: 'house-out', department: 'lighting', number: '1' },
    },
  ]);
  expect(bridge.sequencer.state.currentCueId).toBe('house-out');
  await desk.press('1/45');
  await eventually(() => of('ExternalCueFired').length === 2, 'a cue that is not in the show');
  expect(of('CueAdvanced')).toHaveLength(1);
  expect(of('OutputSent')).toEqual([]);
});

test('a desk that falls silent is told within seconds; a cue that it did not report is no success', async () => {
  desk.isMute = true;
  await go();
  await go();
  await eventually(() => of('OutputFailed').length === 1, 'the failure');
  expect(payloads('OutputFailed')).toMatchObject([{ device: 'desk', summary: 'fire 1/1', code: 'DEVICE_TIMEOUT' }]);
  expect(of('OutputConfirmed')).toEqual([]);
  await eventually(() => desks()?.status === 'degraded', 'the silence');
  desk.isMute = false;
  await eventually(() => desks()?.detail?.startsWith('it no longer answers') !== true, 'an answer again', 6000);
});

test('a desk whose word of our cue comes 2.8 s late has fired it: put right, ours, and the show moves once', async () => {
  desk.isStalled = true;
  await go();
  await go();
  await eventually(() => of('OutputFailed').length === 1, 'told as failed');
  await systemClock().sleep(800);
  desk.isStalled = false;
  await desk.release();
  await eventually(() => of('OutputConfirmed').length === 1, 'put right');
  await systemClock().sleep(300);
  expect(payloads('OutputConfirmed')).toMatchObject([{ device: 'desk', summary: 'fire 1/1' }]);
  expect(of('ExternalCueFired')).toEqual([]);
  expect(of('CueAdvanced')).toHaveLength(2);
  expect(bridge.sequencer.state.outputs).toMatchObject([{ stage: 'confirmed' }]);
});

test('a desk that is switched off and on is up again by itself, and nothing is sent late', async () => {
  await desk.simulator.cut();
  await eventually(() => desks()?.status === 'down', 'the loss');
  await go();
  await go();
  await eventually(() => of('OutputFailed').length === 1, 'the failure');
  desk = await startDesk();
  await eventually(() => desks()?.status === 'up', 'the desk again');
  expect(desk.fired).toEqual([]);
});

test('a profile of one’s own that has changed is taken over with the bridge file, and the desk connected anew', async () => {
  const mine = await readFile(join(packageRoot, 'config/osc-profiles/eos.yaml'), 'utf8');
  const file = join(folder, 'bridge.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('profile: eos', 'profile: mine.yaml'));
  const pinged = (word: string) => desk.simulator.received.some(({ args: [arg] }) => Object(arg).value === word);
  for (const word of ['one', 'two']) {
    await writeFile(join(folder, 'mine.yaml'), mine.replaceAll('args: [pacebuddy]', `args: [${word}]`));
    const loaded = await loadChecked(file, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    await bridge.reload(loaded.bridge);
    await eventually(() => pinged(word), `a ping with the word ${word}`);
  }
  await eventually(() => desks()?.status === 'up', 'an answer');
});

test('pacebuddy simulate console stands in for a desk: it tells what it fires, and fires what is typed', async () => {
  const there = await freePort('tcp');
  const program = new Talking(['simulate', 'console', 'eos', '--port', String(there), '--json']);
  try {
    await program.line(({ msg }) => msg === 'console.ready');
    const { connection, inputs } = await connectOsc({ profile: 'eos', host: '127.0.0.1', port: there });
    try {
      await (await connection.send({ command: 'fire', with: { cue: '1/45' } }, never())).confirmed;
      await program.line(({ what, by }) => what === '1/45' && by === 'bridge');
      program.say('1/46');
      await program.line(({ what, by }) => what === '1/46' && by === 'operator');
      await eventually(() => inputs.some(({ cueNumber }) => cueNumber === '1/46'), 'the press');
      const help = 'type a cue list and a cue, such as 1/45';
      for (const [typed, words] of [
        ['help', help],
        ['go', `go is nothing that eos fires; ${help}`],
      ] as const) {
        program.say(typed);
        expect(await program.line((line) => line.typed === typed)).toMatchObject({ msg: 'console.typed', words });
      }
    } finally {
      await connection.close();
    }
  } finally {
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }
});
