/**
 * An operator who is early: the cue is started by hand at QLab while the one before it is current. Its GO sends the others
 * theirs and does not start it again; what is placed again goes again.
 */
import { describe, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { cuesOf } from '../../src/show/state.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { pacebuddy } from '../support/program.js';
import { qlabHouse, qlabsAndFile, type Scene } from '../support/qlab-house.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();
/** Nobody has anything left to say, and QLab takes the same once more, in milliseconds. */
const QUIET_MS = 500;

type House = Awaited<ReturnType<typeof qlabHouse>>;

const numbers = ({ fired }: { fired: readonly { number: string }[] }) => fired.map(({ number }) => number);
/** Who has gone of a cue: "sound operator". */
const gone = ({ bridge }: House, cueId: string) =>
  cuesOf(bridge.state)
    .find(({ id }) => id === cueId)
    ?.calls?.flatMap(({ department, fired }) => (fired ? [`${department} ${fired.by}`] : []));

async function go({ bridge, desk }: House): Promise<void> {
  const before = desk.fired.length;
  await bridge.press('CueAdvanced', {}, 'desk-button');
  await eventually(() => desk.fired.length > before, 'lighting got its own');
  await clock.sleep(QUIET_MS);
}

/** The show at cue 1, and cue 2 is started by hand. */
async function earlyHouse(scene: Scene, test: Parameters<typeof qlabHouse>[1], at = [0]): Promise<House> {
  const house = await qlabHouse(scene, test);
  await go(house);
  for (const index of at) house.qlabs[index]?.operatorStart('2');
  await eventually(() => house.of('ExternalCueFired').length === at.length, 'it is recorded');
  await clock.sleep(QUIET_MS);
  return house;
}

describe('a cue that an operator was early with', () => {
  const sends = ['start: $call.targets.qlab', 'go: $call.targets.qlab'];
  test.concurrent.for(sends)('is not started again by its GO, with %s', async (send, context) => {
    const { expect } = context;
    const house = await earlyHouse({ when: 'go', send }, context);
    const [qlab] = house.qlabs;
    expect(house.of('ExternalCueFired')[0]?.payload).toMatchObject({
      ...{ device: 'qlab-main', cueNumber: '2', attribution: 'operator' },
      call: { cueId: 'c2', department: 'sound', number: '2' },
    });
    expect([house.bridge.state.currentCueId, gone(house, 'c2')]).toEqual(['c1', ['sound operator']]);
    await go(house);
    expect([house.bridge.state.currentCueId, gone(house, 'c2')]).toEqual(['c2', ['sound operator', 'lighting go']]);
    expect([numbers(qlab ?? house.desk), numbers(house.desk)]).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(await house.replayed()).toEqual(house.bridge.state);
  });

  test.concurrent('by a start, with bare GOs: it is played again, or every later cue would be one behind', async (context) => {
    const { expect } = context;
    const house = await earlyHouse({ when: 'go', send: 'go: true' }, context);
    const [qlab] = house.qlabs;
    expect(gone(house, 'c2')).toEqual([]);
    await go(house);
    await go(house);
    expect(numbers(qlab ?? house.desk)).toEqual(['1', '2', '2', '3']);
  });

  test.concurrent('goes again after a Back, and by hand when somebody asks for it', async (context) => {
    const { expect } = context;
    const house = await earlyHouse({ when: 'go', send: 'start: $call.targets.qlab' }, context);
    const { bridge, desk } = house;
    const [qlab = desk] = house.qlabs;
    await go(house);
    await bridge.press('CueReverted', {}, 'desk-button');
    expect(gone(house, 'c2')).toEqual([]);
    await go(house);
    expect([numbers(qlab), numbers(desk)]).toEqual([
      ['1', '2', '2'],
      ['1', '2', '2'],
    ]);
    expect(gone(house, 'c2')).toEqual(['sound go', 'lighting go']);
    await bridge.press('CallFired', { cueId: 'c2', department: 'sound', kind: 'rerun' }, 'desk-button');
    await eventually(() => gone(house, 'c2')?.[0] === 'sound rerun', 'it went once more');
    expect([numbers(qlab), numbers(desk)]).toEqual([
      ['1', '2', '2', '2'],
      ['1', '2', '2'],
    ]);
    expect(await house.replayed()).toEqual(bridge.state);
  });

  test.concurrent('can be sent by hand after its GO, when the operator had stopped it', async (context) => {
    const { expect } = context;
    const house = await earlyHouse({ when: 'go', send: 'start: $call.targets.qlab' }, context);
    house.qlabs[0]?.operatorPanic();
    await go(house);
    await house.bridge.press('CallFired', { cueId: 'c2', department: 'sound', kind: 'rerun' }, 'desk-button');
    await eventually(() => house.qlabs[0]?.fired.length === 3, 'it went');
    expect(numbers(house.desk)).toEqual(['1', '2']);
  });

  test.concurrent('is sent to the backup, which has not played it', async (context) => {
    const { expect } = context;
    const house = await earlyHouse({ when: 'go', send: 'start: $call.targets.qlab', withBackup: true }, context);
    await go(house);
    expect(house.qlabs.map(numbers)).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
  });

  test.concurrent('at both, by two hands, is sent to neither', async (context) => {
    const { expect } = context;
    const scene = { when: 'go', send: 'start: $call.targets.qlab', withBackup: true };
    const house = await earlyHouse(scene, context, [0, 1]);
    await go(house);
    expect(house.qlabs.map(numbers)).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
  });
});

test('a bridge that is killed in between knows from its log who was early', async ({ expect, onTestFinished }) => {
  const { file, qlabs, desk, close } = await qlabsAndFile({ when: 'go', send: 'start: $call.targets.qlab' });
  onTestFinished(close);
  const up = async (daemon: Daemon) => {
    const isUp = async () => {
      const { devices } = (await (await fetch(`${daemon.url}/v1/devices`)).json()) as { devices: { status: string }[] };
      return devices.every(({ status }) => status === 'up');
    };
    while (!(await isUp())) await clock.sleep(50);
  };
  const send = async (daemon: Daemon, type: string) =>
    expect(await pacebuddy(['send', type, '{}', '--url', daemon.url])).toMatchObject({ code: 0 });
  const first = await startDaemon(file);
  await up(first);
  await send(first, 'CueAdvanced');
  await eventually(() => qlabs[0]?.fired.length === 1, 'the first cue');
  await clock.sleep(QUIET_MS);
  qlabs[0]?.operatorStart('2');
  await first.line(({ msg, eventType }) => msg === 'event.accepted' && eventType === 'ExternalCueFired');
  await first.kill();
  const second = await startDaemon(file);
  await up(second);
  await send(second, 'CueAdvanced');
  await eventually(() => desk.fired.length === 2, 'lighting got its own');
  await clock.sleep(QUIET_MS);
  expect([numbers(qlabs[0] ?? desk), numbers(desk)]).toEqual([
    ['1', '2'],
    ['1', '2'],
  ]);
  await send(second, 'CueReverted');
  await send(second, 'CueAdvanced');
  await eventually(() => qlabs[0]?.fired.length === 3, 'placed again, it goes again');
  expect(await second.stop()).toBe(0);
});

test.concurrent('a GO that an operator presses at QLab is one GO: the backup and lighting get theirs, the main nothing', async (context) => {
  const { expect } = context;
  const house = await qlabHouse({ when: 'go', send: 'start: $call.targets.qlab', withBackup: true }, context);
  await go(house);
  house.qlabs[0]?.operatorGo('2');
  await eventually(() => house.bridge.state.currentCueId === 'c2', 'the show goes on');
  await clock.sleep(QUIET_MS);
  expect([...house.qlabs.map(numbers), numbers(house.desk)]).toEqual([
    ['1', '2'],
    ['1', '2'],
    ['1', '2'],
  ]);
  expect(gone(house, 'c2')).toEqual(['sound operator', 'lighting go']);
});

test.concurrent('what was tried before the show, or is further ahead, goes with its GO', async (context) => {
  const { expect } = context;
  const house = await qlabHouse({ when: 'go', send: 'start: $call.targets.qlab' }, context);
  for (const number of ['1', '3']) house.qlabs[0]?.operatorStart(number);
  await eventually(() => house.of('ExternalCueFired').length === 2, 'it is recorded');
  await clock.sleep(QUIET_MS);
  for (let n = 0; n < 3; n++) await go(house);
  expect([numbers(house.qlabs[0] ?? house.desk), numbers(house.desk)]).toEqual([
    ['1', '3', '1', '2', '3'],
    ['1', '2', '3'],
  ]);
});
