/** What a native driver can do to its process, done in real processes (which run what was built). */
import { getEventListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { aFace } from '../../../test/support/faces.js';
import { isAlive, PatientBench } from '../../../test/support/isolated-rig.js';
import { eventually, within } from '../../../test/support/waiting.js';
import { machineMs, systemClock } from '../../kit/clock.js';
import { Supervisor } from '../supervisor.js';

const clock = systemClock();
const never = new AbortController().signal;
const benches: PatientBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.end();
});
function aBench(): PatientBench {
  const bench = new PatientBench();
  benches.push(bench);
  return bench;
}

const DEATHS: [deed: string, words: RegExp][] = [
  ['segfault', /^the driver process ended \(SIGSEGV\)$/],
  ['exit', /^the driver process ended \(exit code 3\)$/],
  ['throw', /^the driver process ended \(exit code 1\)$/],
  ['spin', /^the driver process hung: silent for 1500 ms$/],
  ['leak', /^the driver process held \d+ MiB; the limit is 256 MiB$/],
  ['scribble', /^the driver process wrote what is no message: not JSON: no message$/],
  ['mute', /^the driver process closed its line to the bridge$/],
  ['flood', /^the driver process sent more than 5000 messages a second$/],
];

test.each(DEATHS)('a driver that does %s costs its own device alone, aloud', async (deed, words) => {
  const bench = aBench();
  const { connection, pid } = await bench.connect();
  const other = await bench.connect({}, 'neighbour');
  const told: string[] = [];
  connection.onHealth(({ status }) => told.push(status));
  const unanswered = connection.send({ do: 'wait' }, never).catch((error: unknown) => error);
  connection.send({ do: deed }, never).catch(() => undefined);
  expect(await within(connection.closed, 'the end')).toMatchObject({
    code: 'DEVICE_CLOSED',
    message: expect.stringMatching(words),
  });
  expect(await unanswered).toMatchObject({ code: 'DEVICE_CLOSED' });
  expect(told).toEqual(['down']);
  expect(isAlive(pid)).toBe(false);
  expect(bench.logged('driver.lost')).toMatchObject([
    { device: 'patient', code: 'DEVICE_CLOSED', pid, level: 'error' },
  ]);
  await expect(connection.send({ do: 'nothing' }, never)).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });

  await other.connection.send({ do: 'echo', text: 'here' }, never);
  await eventually(() => other.inputs.some(({ said }) => said === 'here'), 'the neighbour');
  expect(isAlive(other.pid)).toBe(true);

  const next = await bench.connect();
  expect(next.pid).not.toBe(pid);
  await next.connection.send({ do: 'nothing' }, never);
});

test('20 crashes leave no process, no pipe, and no listener on the signal of what was under way', async () => {
  const handles = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => /pipe|process/i.test(name))
      .sort();
  const before = handles();
  const bench = aBench();
  const pids: number[] = [];
  const life = new AbortController();
  for (let n = 0; n < 20; n++) {
    const { connection, pid } = await bench.connect({}, 'patient', life.signal);
    pids.push(pid);
    await connection.send({ do: 'segfault' }, life.signal).catch(() => undefined);
    await within(connection.closed, 'the end');
  }
  expect(new Set(pids).size).toBe(20);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(getEventListeners(life.signal, 'abort')).toEqual([]);
  await eventually(() => handles().length <= before.length, 'the pipes are closed');
});

test('a driver that crashes while it connects is a failed try', async () => {
  const bench = aBench();
  await expect(bench.connect({ connect: 'segfault' })).rejects.toMatchObject({
    code: 'DEVICE_CLOSED',
    message: 'the driver process ended (SIGSEGV)',
  });
  await expect(bench.connect({ connect: 'throw' })).resolves.toBeDefined();
});

test('what a driver printed last is told with its end', async () => {
  const bench = aBench();
  const { connection } = await bench.connect();
  await connection.send({ do: 'throw' }, never);
  await connection.closed;
  const [lost] = bench.logged('driver.lost');
  expect(String(lost?.said)).toContain('thrown by the driver');
});

test('a driver that prints without end is told in part, and lives', async () => {
  const bench = aBench();
  const { connection, inputs } = await bench.connect();
  await connection.send({ do: 'print' }, never);
  await eventually(() => bench.logged('driver.said').some(({ where }) => where === 'stderr'), 'the first lines');
  await connection.send({ do: 'echo', text: 'here' }, never);
  await eventually(() => inputs.some(({ said }) => said === 'here'), 'an input');
  await connection.close();
  const said = bench.logged('driver.said');
  expect(said[0]).toMatchObject({ level: 'debug', device: 'patient' });
  expect(said.some((line) => line.said === 'out of the driver' && line.where === 'stdout')).toBe(true);
  expect(said.length).toBeLessThan(100);
  for (const line of said) expect(String(line.said).length).toBeLessThanOrEqual(500);
});

test('an input that comes with the connection is not lost', async () => {
  const { inputs } = await aBench().connect();
  await eventually(() => inputs.length > 0, 'the input');
  expect(inputs).toEqual([{ said: 'hello' }]);
});

test('counts cross within a second or so, and the last ones at the end', async () => {
  const { connection } = await aBench().connect();
  expect(connection.counters?.()).toEqual({ 'out.commands': 0 });
  await connection.send({ do: 'nothing' }, never);
  await eventually(() => connection.counters?.()['out.commands'] === 1, 'the count');
  await connection.send({ do: 'nothing' }, never);
  await connection.close();
  expect(connection.counters?.()).toEqual({ 'out.commands': 2 });
});

test('what a driver sent and threw away again is told; what is open when the driver ends is not known to have left', async () => {
  const { connection } = await aBench().connect();
  const [gone, thrown, open, none] = await Promise.all(
    ['leave', 'stay', 'hang', 'nothing'].map((deed) => connection.send({ do: deed }, never)),
  );
  await within(gone?.left ?? Promise.reject(new Error('nothing is told')), 'that it left');
  await expect(thrown?.left).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT', message: 'it did not leave' });
  expect(none?.left).toBeUndefined();
  connection.send({ do: 'segfault' }, never).catch(() => undefined);
  await expect(open?.left).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
});

test('an aborted send is aborted in the driver as well', async () => {
  const { connection, inputs } = await aBench().connect();
  const abort = new AbortController();
  const sending = connection.send({ do: 'wait' }, abort.signal);
  abort.abort(new Error('no longer wanted'));
  await expect(sending).rejects.toThrow('no longer wanted');
  await eventually(() => inputs.some(({ said }) => said === 'aborted'), 'the abort in the driver');
});

test.each(['never', 'slow'])('a try that is given up (%s) ends with its process', async (connect) => {
  const bench = aBench();
  const stop = new AbortController();
  const failing = bench.connect({ connect }, 'patient', stop.signal).catch((error: unknown) => error);
  await eventually(() => bench.logged('driver.connecting').length > 0, 'the driver tries');
  const pid = Number(bench.logged('driver.connecting')[0]?.pid);
  stop.abort(new Error('too long'));
  expect(await within(failing, 'the end of the try')).toMatchObject({ message: 'too long' });
  expect(isAlive(pid)).toBe(false);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  expect(bench.logged('driver.lost')).toEqual([]);
});

test('a process is started before the try that needs it, and a start that is given up leaves none', async () => {
  const bench = aBench();
  const { adapter } = bench;
  const io = bench.io('patient');
  const pids = () => bench.logged('driver.started').map(({ pid }) => Number(pid));
  await adapter.prepare?.(io, never);
  const { pid } = await bench.connect();
  expect(pids()).toEqual([pid]);

  const stop = new AbortController();
  const preparing = adapter.prepare?.(bench.io('other'), stop.signal).catch((error: unknown) => error);
  stop.abort(new Error('stopped'));
  expect(await preparing).toMatchObject({ message: 'stopped' });
  for (const started of pids().slice(1)) await eventually(() => !isAlive(started), 'the end of what was started');
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test.each(['spin', 'never'])('close() ends a driver whose goodbye does not end (%s)', async (close) => {
  const bench = aBench();
  const { connection, pid } = await bench.connect({ close });
  await within(connection.close(), 'close()');
  expect(await connection.closed).toBeUndefined();
  expect(isAlive(pid)).toBe(false);
  expect(bench.logged('driver.lost')).toEqual([]);
});

test('tries for an absent device run in one process, which ends when there are no more', async () => {
  const bench = aBench();
  for (let n = 0; n < 5; n++) await expect(bench.connect({ connect: 'absent' })).rejects.toThrow('nobody is there');
  const lines = bench.logged('driver.connecting');
  expect(lines[0]).toMatchObject({ device: 'patient', level: 'info' });
  const pids = new Set(lines.map(({ pid }) => Number(pid)));
  expect([lines.length, pids.size]).toEqual([5, 1]);
  for (const pid of pids) await eventually(() => !isAlive(pid), 'the end of the process');
});

test('a driver whose library is missing gets a new process a try, which finds what was installed meanwhile', async () => {
  const bench = aBench();
  for (let n = 0; n < 3; n++) {
    await expect(bench.connect({ connect: 'missing' })).rejects.toMatchObject({ code: 'DEVICE_DRIVER_MISSING' });
  }
  const pids = bench.logged('driver.connecting').map(({ pid }) => Number(pid));
  expect(new Set(pids).size).toBe(3);
  for (const pid of pids) await eventually(() => !isAlive(pid), 'the end of the process');
  expect(bench.logged('driver.lost')).toEqual([]);
});

test('a signal to the whole group leaves the driver until the bridge says so', async () => {
  const { connection, pid } = await aBench().connect();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
  await connection.send({ do: 'nothing' }, never);
  expect(isAlive(pid)).toBe(true);
  await connection.close();
  expect(isAlive(pid)).toBe(false);
});

test('a bridge that stood still for a while does not take its drivers for hanging', async () => {
  const { connection } = await aBench().connect();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  await clock.sleep(0);
  await connection.send({ do: 'nothing' }, never);
  expect(connection.health().status).toBe('up');
});

test('a supervised device whose driver crashes is back by itself; the others notice nothing', async () => {
  const bench = aBench();
  const statuses: string[] = [];
  const supervisor = new Supervisor({
    clock,
    log: bench.io('all').log,
    listener: { onInput: () => undefined, onStatus: ({ device, status }) => statuses.push(`${device} ${status}`) },
  });
  const status = (name: string) => supervisor.report().find(({ device }) => device === name)?.status;
  try {
    const spec = { adapter: bench.adapter, config: {}, patterns: [], baseDir: '.' };
    await supervisor.configure([
      { ...spec, name: 'one' },
      { ...spec, name: 'two' },
    ]);
    await eventually(() => status('one') === 'up' && status('two') === 'up', 'both are up');
    statuses.length = 0;
    await supervisor.send('one', { do: 'segfault' }).catch(() => undefined);
    await eventually(() => statuses.includes('one up'), 'the device is back');
    expect(statuses).toEqual(['one down', 'one up']);
  } finally {
    await supervisor.close();
  }
});

test('a press carries the time at which its driver saw it, however late the bridge hears of it', async () => {
  const { connection } = await aBench().connect();
  const ages: number[] = [];
  connection.onInput(({ said }, at) => said === 'pressed' && ages.push(clock.mono() - (at ?? Number.NaN)));
  await connection.send({ do: 'sayLater', text: 'pressed', afterMs: 50 }, never);
  const until = clock.mono() + 600;
  while (clock.mono() < until);
  await eventually(() => ages.length > 0, 'the press');
  expect(ages[0]).toBeGreaterThan(400);
  expect(ages[0]).toBeLessThan(2000);
});

test('a press that waited for a bridge that stood still for more than 2 s fires nothing any more, and that is told', async () => {
  const bench = aBench();
  bench.patterns = [{ said: 'late' }];
  const { connection, inputs } = await bench.connect();
  await eventually(() => inputs.length === 1, 'its greeting');
  const pressed = connection.send({ do: 'echo', text: 'late' }, never);
  // No rule waits for this one, so nobody misses it.
  connection.send({ do: 'echo', text: 'let go' }, never);
  const until = machineMs() + 2200;
  while (machineMs() < until);
  await pressed;
  await connection.send({ do: 'echo', text: 'in time' }, never);
  await eventually(() => inputs.some(({ said }) => said === 'in time'), 'the next press');
  expect(inputs.map(({ said }) => said)).toEqual(['hello', 'in time']);
  expect(connection.counters?.()).toMatchObject({ 'dropped.late': 1 });
  expect(bench.logged('input.dropped')).toMatchObject([{ device: 'patient', code: 'INPUT_LATE', level: 'error' }]);
});

test('what is pressed on a display that says NO BRIDGE fires nothing, however soon the bridge goes on', async () => {
  const bench = aBench();
  const { connection, inputs } = await bench.connect({ displays: true });
  connection.display?.(aFace());
  await eventually(() => inputs.some((input) => 'shown' in input), 'the face is shown');
  const pressed = connection.send({ do: 'sayLater', text: 'into the void', afterMs: 2700 }, never);
  const until = machineMs() + 2900;
  while (machineMs() < until);
  await pressed;
  await connection.send({ do: 'echo', text: 'in time' }, never);
  await eventually(() => inputs.some(({ said }) => said === 'in time'), 'the next press');
  expect(inputs.some(({ said }) => said === 'into the void')).toBe(false);
});

test('a driver is given what the system needs of the environment, and no secret of the bridge', async () => {
  process.env.QLAB_PASSCODE = '1234';
  process.env.PACEBUDDY_TOKEN = 'secret';
  process.env.ALSA_CONFIG_UCM2 = '/usr/share/alsa/ucm2';
  try {
    const { connection, inputs } = await aBench().connect();
    await connection.send({ do: 'tellEnvironment' }, never);
    await eventually(() => inputs.some(({ names }) => names !== undefined), 'what the driver sees');
    const names = inputs.find((input) => input.names !== undefined)?.names;
    expect(names).toEqual(expect.arrayContaining(['PATH', 'ALSA_CONFIG_UCM2']));
    expect(names).not.toContain('QLAB_PASSCODE');
    expect(names).not.toContain('PACEBUDDY_TOKEN');
  } finally {
    for (const name of ['QLAB_PASSCODE', 'PACEBUDDY_TOKEN', 'ALSA_CONFIG_UCM2']) delete process.env[name];
  }
});
