/** What the show looks like, on its way to the devices that can show it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { aFace } from '../../test/support/faces.js';
import { PatientBench } from '../../test/support/isolated-rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import type { Adapter, Connection, Face } from '../adapter-sdk/adapter.js';
import { BridgeError } from '../kit/errors.js';
import { silentLog } from '../kit/log.js';
import { Supervisor } from './supervisor.js';

/** A device that may have a display; what it was told to paint is kept. */
class Glass {
  painted: Face[] = [];
  vanish: (why: BridgeError) => void = () => undefined;
  paint: ((face: Face) => void) | undefined = (face) => this.painted.push(face);

  readonly adapter: Adapter = {
    kind: 'glass',
    summarise: () => 'nothing',
    connect: async (): Promise<Connection> => {
      let end: (why: BridgeError | undefined) => void = () => undefined;
      const closed = new Promise<BridgeError | undefined>((resolve) => {
        end = resolve;
      });
      this.vanish = end;
      return {
        closed,
        health: () => ({ status: 'up' }),
        onHealth: () => () => undefined,
        onInput: () => () => undefined,
        send: async () => ({ reached: 'sent' }),
        ...(this.paint && { display: (face: Face) => this.paint?.(face) }),
        close: async () => end(undefined),
      };
    },
  };
}

async function rig(...glasses: Glass[]) {
  const clock = new TestClock();
  const show = { face: aFace(), asked: 0 };
  const supervisor = new Supervisor({
    clock,
    log: silentLog,
    listener: { onStatus: () => undefined, onInput: () => undefined },
    face: () => {
      show.asked += 1;
      return show.face;
    },
  });
  const specs = glasses.map(({ adapter }, i) => ({ name: `g${i}`, adapter, config: {}, patterns: [], baseDir: '/' }));
  await supervisor.configure(specs);
  await clock.advance(0);
  return { clock, show, supervisor };
}

const numbered = (number: string): Face =>
  aFace({ next: { number, label: '', standingBy: false, departments: [], acknowledged: [] } });

describe('a device with a display', () => {
  test('is painted when it is connected, at every change, and anew after a replug', async () => {
    const glass = new Glass();
    const { clock, show, supervisor } = await rig(glass);
    expect(glass.painted).toEqual([show.face]);
    show.face = numbered('13');
    supervisor.repaint();
    expect(glass.painted).toHaveLength(2);
    glass.vanish(new BridgeError('DEVICE_CLOSED', 'pulled'));
    await clock.advance(0);
    show.face = numbered('14');
    supervisor.repaint();
    expect(glass.painted, 'nothing is painted on what is not there').toHaveLength(2);
    await clock.advance(1000);
    expect(glass.painted.slice(2)).toEqual([numbered('14')]);
    await supervisor.close();
  });

  test('is not painted again with what it shows already', async () => {
    const glass = new Glass();
    const { show, supervisor } = await rig(glass);
    for (let n = 0; n < 10; n++) {
      show.face = structuredClone(show.face);
      supervisor.repaint();
    }
    expect(glass.painted).toHaveLength(1);
    await supervisor.close();
  });

  test('that throws costs neither the show nor the other displays', async () => {
    const [broken, whole] = [new Glass(), new Glass()];
    broken.paint = () => {
      throw new Error('a display of the test');
    };
    const { show, supervisor } = await rig(broken, whole);
    show.face = numbered('13');
    expect(() => supervisor.repaint()).not.toThrow();
    expect(whole.painted).toHaveLength(2);
    await supervisor.close();
  });
});

test('where no device has a display nobody asks what the show looks like', async () => {
  const blind = new Glass();
  blind.paint = undefined;
  const { show, supervisor } = await rig(blind);
  supervisor.repaint();
  expect(show.asked).toBe(0);
  await supervisor.close();
});

describe('a display behind a driver’s process', () => {
  test('is painted there; of many faces at once the newest is, and the pipe is not filled with the others', async () => {
    const bench = new PatientBench();
    onTestFinished(() => bench.end());
    const { connection, inputs } = await bench.connect({ displays: true });
    for (let n = 1; n <= 5000; n++) connection.display?.(numbered(String(n)));
    await eventually(() => inputs.at(-1)?.shown === '5000', 'the newest face');
    const shown = inputs.filter((input) => 'shown' in input);
    expect(shown.length).toBeLessThan(50);
    expect(connection.health().status).toBe('up');
    await connection.close();
    expect(() => connection.display?.(numbered('6000'))).not.toThrow();
  });

  test('is not claimed where the driver has none', async () => {
    const bench = new PatientBench();
    onTestFinished(() => bench.end());
    const { connection } = await bench.connect();
    expect(connection.display).toBeUndefined();
  });
});
