/** Time code as a device hears it: what rules get to see, and what becomes of it at the ends of things. */
import { describe, expect, test } from 'vitest';
import type { Connection, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { within } from '../../test/support/waiting.js';
import { createMidiAdapter } from './adapter.js';
import { SimulatedMidi } from './simulator.js';

const never = new AbortController().signal;

interface Rigged {
  port: SimulatedMidi;
  connection: Connection;
  inputs: Input[];
  clock: TestClock;
}

async function connect(device: object, patterns: readonly Pattern[] = []): Promise<Rigged> {
  const [port, clock] = [new SimulatedMidi(), new TestClock()];
  const adapter = createMidiAdapter({ loadDriver: async () => port });
  const connection = await adapter.connect(checkedDevice('midi', device), { ...testIo('tc', patterns), clock }, never);
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  return { port, connection, inputs, clock };
}

describe('time code', () => {
  /** Plays frames at 25 a second from 01:00:00:00 on. */
  async function play({ port, clock }: Rigged, fromPiece: number, pieces: number): Promise<void> {
    for (let n = fromPiece; n < fromPiece + pieces; n++) {
      const frames = 2 * Math.floor(n / 8);
      const [seconds, frame] = [Math.floor(frames / 25), frames % 25];
      const nibbles = [frame & 15, frame >> 4, seconds & 15, seconds >> 4, 0, 0, 1, 2];
      port.play([0xf1, ((n % 8) << 4) | (nibbles[n % 8] ?? 0)]);
      await clock.advance(10);
    }
  }
  const states = ({ inputs }: Rigged) => inputs.map(({ state, timecode }) => `${state} ${timecode}`);
  const paint = ({ connection }: Rigged, state: string) => connection.display?.({ state, timers: [] } as never);
  const follower = () => connect({ input: 'Desk' }, [{ mtc: { state: 'locked' } }]);

  test('is told when it locks, once a second, and when it is lost', async () => {
    const rig = await connect({ input: 'Desk', mtcFreewheelMs: 200 });
    const { connection, clock, inputs } = rig;
    await play(rig, 0, 400);
    await clock.advance(1000);
    expect(states(rig)).toEqual([
      'locked 01:00:00:02',
      'running 01:00:01:03',
      'running 01:00:02:04',
      'running 01:00:03:05',
      'freewheel 01:00:04:01',
      'lost 01:00:04:05',
    ]);
    expect(inputs[0]).toEqual({
      event: 'mtc',
      state: 'locked',
      direction: 'forward',
      time: '01:00:00.080',
      timecode: '01:00:00:02',
      rate: '25',
    });
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('is lost when the port vanishes, and that is told before the end', async () => {
    const rig = await follower();
    await play(rig, 0, 16);
    rig.port.unplug();
    await rig.clock.advance(10);
    expect(await within(rig.connection.closed, 'the end')).toMatchObject({ code: 'DEVICE_CLOSED' });
    expect(states(rig)).toEqual(['locked 01:00:00:02', 'lost 01:00:00:04']);
  });

  test('is told anew after an emergency, which holds the timers that follow it', async () => {
    const rig = await follower();
    paint(rig, 'ready');
    await play(rig, 0, 16);
    paint(rig, 'hold');
    await play(rig, 16, 16);
    for (const state of ['stop', 'silent', 'failed', 'stop']) paint(rig, state);
    expect(states(rig)).toEqual(['locked 01:00:00:02']);
    paint(rig, 'ready');
    paint(rig, 'ready');
    expect(states(rig)).toEqual(['locked 01:00:00:02', 'locked 01:00:00:08']);
    // Nothing began: no rule but a timer's is asked.
    expect(rig.inputs.map(({ again }) => again)).toEqual([undefined, true]);
    await rig.connection.close();
  });

  test('is heard by a device that knows of holds, whenever its rules come; one that is only spoken to asks for no face', async () => {
    const { connection } = await connect({ output: 'Desk' });
    expect(connection.display).toBeUndefined();
    const heard = await connect({ input: 'Desk' });
    expect(heard.connection.display).toBeDefined();
    await heard.connection.close();
    await connection.close();
  });
});
