/** The midi adapter and easymidi, which `pacebuddy simulate midi` is built on, through a virtual port of ALSA. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { midiAdapter } from '../../../adapters/midi/adapter.js';
import type { Adapter, Input } from '../../../src/adapter-sdk/adapter.js';
import { never, testIo } from '../../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from '../../support/checked-device.js';
import { Talking } from '../../support/program.js';
import { eventually } from '../../support/waiting.js';

const NAME = 'Booth Desk';
const desk = { process: undefined as Talking | undefined };
const simulated = (): Talking => desk.process as Talking;

before(async () => {
  execFileSync('modprobe', ['snd-seq']);
  desk.process = new Talking(['simulate', 'midi', '--name', NAME, '--device-id', '5', '--json']);
  await simulated().line(({ msg }) => msg === 'midi.ready');
});
after(() => void simulated().process.kill('SIGKILL'));

const PATTERNS = [{ msc: { command: 'go' } }, { noteOn: {} }, { controlChange: {} }, { programChange: {} }];

test('what is typed at the desk is heard, what is sent arrives there, and its end is noticed', async (t) => {
  const config = checkedDevice('midi', { input: NAME, output: NAME });
  const connection = await (midiAdapter as Adapter).connect(config, testIo('midi', PATTERNS), never());
  t.after(() => connection.close());
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));

  for (const typed of ['go 34.5 1', 'note 60 100', 'cc 64', 'program 5', 'go 12a']) simulated().say(typed);
  await eventually(
    () => inputs.length >= 5,
    () => `five inputs: ${JSON.stringify(inputs)}`,
  );
  assert.deepEqual(
    inputs.map(({ event, cue, list, deviceId, note, velocity, controller, value, program }) =>
      [event, cue, list, deviceId, note, velocity, controller, value, program].filter((member) => member !== undefined),
    ),
    [
      ['msc', '34.5', '1', 5],
      ['noteOn', 60, 100],
      ['noteOff', 60, 0],
      ['controlChange', 64, 127],
      ['programChange', 5],
    ],
  );

  await connection.send({ msc: { command: 'go', deviceId: 5, format: 'lighting', cue: '7.1', list: '2' } }, never());
  await connection.send({ noteOn: { channel: 16, note: 1, velocity: 2 } }, never());
  await connection.send({ controlChange: { channel: 1, controller: 7, value: 0 } }, never());
  await simulated().line(({ msg, message }) => msg === 'midi.heard' && kindOf(message) === 'controlChange');
  assert.deepEqual(
    simulated()
      .lines.filter(({ msg }) => msg === 'midi.heard')
      .map(({ message }) => message),
    [
      { kind: 'msc', command: 'go', deviceId: 5, format: 'lighting', cue: '7.1', list: '2' },
      { kind: 'noteOn', channel: 16, note: 1, velocity: 2 },
      { kind: 'controlChange', channel: 1, controller: 7, value: 0 },
    ],
  );

  simulated().process.kill('SIGTERM');
  assert.equal(await simulated().ended, 0);
  assert.equal((await connection.closed)?.code, 'DEVICE_CLOSED');
});

const kindOf = (message: unknown): unknown => (message as { kind?: unknown } | undefined)?.kind;
