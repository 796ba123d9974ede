/** The midi adapter on the ports of ALSA, with ALSA's own programs as the other side. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { midiAdapter } from '../../../adapters/midi/adapter.js';
import type { Adapter, Connection, Input } from '../../../src/adapter-sdk/adapter.js';
import { never, testIo } from '../../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from '../../support/checked-device.js';
import { pacebuddy } from '../../support/program.js';
import { eventually, within } from '../../support/waiting.js';
import { SLOW_MS } from './booth.js';
import { programClients, sequencerClients } from './machine.js';

const adapter: Adapter = midiAdapter as Adapter;
const THROUGH = 'Midi Through:Midi Through Port-0';
const LISTINGS = 200;
const CONNECTIONS = 20;
const GO = { msc: { command: 'go', deviceId: 1, format: 'lighting', cue: '34.4', list: '1' } };
const GO_HEX = 'F0 7F 01 02 01 01 33 34 2E 34 00 31 F7';

let virtual = '';
before(() => {
  execFileSync('modprobe', ['-a', 'snd-seq', 'snd-seq-dummy', 'snd-seq-midi', 'snd-virmidi']);
  virtual = /^ *(\d+) \[VirMIDI/m.exec(readFileSync('/proc/asound/cards', 'utf8'))?.[1] ?? '';
});
const listeners: ChildProcess[] = [];
after(() => {
  for (const listener of listeners) listener.kill('SIGKILL');
  // What a failed test left open keeps the module.
  execFileSync('sh', ['-c', 'modprobe -r snd-virmidi || true']);
});

const connect = (device: object, patterns: object[] = []): Promise<Connection> =>
  adapter.connect(checkedDevice('midi', device), testIo('midi', patterns as Record<string, unknown>[]), never());

/** A program whose output is kept. */
function listener(name: string, args: string[]): { said: () => string; end: () => Promise<void> } {
  const program = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  program.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  listeners.push(program);
  const gone = once(program, 'exit');
  return {
    said: () => text,
    end: async () => {
      program.kill('SIGINT');
      await within(gone, `the end of ${name}`, SLOW_MS);
    },
  };
}

test('what is sent to a port is what aseqdump prints', async (t) => {
  const dump = listener('aseqdump', ['-p', 'Midi Through']);
  const connection = await connect({ output: THROUGH });
  t.after(() => connection.close());
  // What it says first stays in its buffer until a message comes.
  await eventually(() => sequencerText().includes('Connected From: 14:0'), 'aseqdump at the port');
  await connection.send({ noteOn: { channel: 1, note: 60, velocity: 64 } }, never());
  await connection.send({ controlChange: { channel: 16, controller: 7, value: 127 } }, never());
  await connection.send({ programChange: { channel: 2, program: 5 } }, never());
  await connection.send(GO, never());
  await eventually(
    () => /System exclusive/.test(dump.said()),
    () => `the messages in ${dump.said()}`,
  );
  await connection.close();
  await dump.end();
  const lines = dump
    .said()
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' '));
  assert.deepEqual(
    lines.filter((line) => /^14:0/.test(line)),
    [
      '14:0 Note on 0, note 60, velocity 64',
      '14:0 Control change 15, controller 7, value 127',
      '14:0 Program change 1, program 5',
      `14:0 System exclusive ${GO_HEX}`,
    ],
  );
});

const sequencerText = () => readFileSync('/proc/asound/seq/clients', 'utf8');

test('what amidi reads from a virtual card is what was sent, and what it writes is heard', async (t) => {
  const port = /"(VirMIDI \d+-0)"/.exec(sequencerText())?.[1] ?? '';
  const connection = await connect({ input: port, output: port }, [{ msc: { command: 'go' } }]);
  t.after(() => connection.close());
  const dump = listener('amidi', ['-p', `hw:${virtual},0,0`, '-d']);
  await eventually(() => sequencerText().includes('Connecting To'), 'the ports');
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  // A raw port keeps nothing before its first read, and nothing tells of that: a GO that it did not hear is sent again.
  for (let n = 0; n < 10 && !dump.said().includes('F7'); n++) {
    await connection.send(GO, never());
    await eventually(() => dump.said().includes('F7'), 'the bytes', 2000).catch(() => undefined);
  }
  await dump.end();
  assert.match(dump.said().replaceAll(/\s/g, ''), new RegExp(`^(${GO_HEX.replaceAll(' ', '')})+$`));

  execFileSync('amidi', ['-p', `hw:${virtual},0,0`, '-S', GO_HEX]);
  // Running status, a note-on that is a note-off, and a clock within a message.
  execFileSync('amidi', ['-p', `hw:${virtual},0,0`, '-S', '90 3C 40 3C 00 F0 7F 01 F8 02 01 03 F7']);
  await eventually(
    () => inputs.length >= 4,
    () => `four inputs: ${JSON.stringify(inputs)}`,
  );
  await connection.close();
  assert.deepEqual(
    inputs.map(({ event, command, cue, note }) => [event, command ?? note, cue].filter((x) => x !== undefined)),
    [
      ['msc', 'go', '34.4'],
      ['noteOn', 60],
      ['noteOff', 60],
      ['msc', 'resume'],
    ],
  );
});

test(`${LISTINGS} listings and ${CONNECTIONS} connections leave no client of the sequencer`, async (t) => {
  const before = sequencerClients();
  const beganMs = performance.now();
  for (let n = 0; n < LISTINGS; n++) {
    const { found = [] } = (await adapter.list?.(never())) ?? {};
    assert.ok(found.length > 0);
  }
  const listedMs = performance.now();
  for (let n = 0; n < CONNECTIONS; n++) await (await connect({ input: THROUGH, output: THROUGH })).close();
  t.diagnostic(
    `a list took ${((listedMs - beganMs) / LISTINGS).toFixed(1)} ms, a connection ${((performance.now() - listedMs) / CONNECTIONS).toFixed(1)} ms`,
  );
  assert.deepEqual(sequencerClients(), before);
});

test('pacebuddy devices lists the ports, and leaves no client', async () => {
  const before = sequencerClients();
  const { code, out } = await within(pacebuddy(['devices', 'midi']), 'pacebuddy devices midi', SLOW_MS);
  assert.equal(code, 0);
  assert.match(out, /Midi Through/);
  assert.deepEqual(sequencerClients(), before);
  assert.deepEqual(programClients(), []);
});
