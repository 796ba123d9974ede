import { expect, test } from 'vitest';
import type { Overdue } from '../../src/adapter-sdk/overdue.js';
import { TestClock } from '../../test/support/test-clock.js';
import { compileConsole } from './console.js';
import { ConsoleWatch } from './console-watch.js';
import { Evidence } from './evidence.js';
import type { OscProfile } from './generated/types.js';
import { oscProfiles } from './profile.js';

const eos = await oscProfiles.load('eos');
const UDP = { status: 'unverified', detail: 'sending to the desk' } as const;
const GONE = { status: 'degraded', code: 'DEVICE_UNREACHABLE', detail: 'nothing is there' } as const;

/** A watch of an Eos, its clock, and what it said. */
function watching(hears = true, profile: OscProfile = eos) {
  const clock = new TestClock();
  const asked: string[] = [];
  const console = compileConsole(profile, '');
  const evidence = new Evidence();
  const watch = new ConsoleWatch(console, {
    clock,
    evidence,
    hears,
    send: ({ address }) => asked.push(address),
    changed: () => undefined,
  });
  const fire = (cue: string) => watch.expect(console.awaitedBy('fire', { cue }), `fire ${cue}`);
  const report = (cue: string) => watch.see(`/eos/out/event/cue/${cue}/fire`, ['Label']);
  const answer = () => watch.see('/eos/out/ping', ['pacebuddy']);
  return { clock, asked, evidence, watch, fire, report, answer };
}

test('a fire that the desk does not report in time has failed, and the device is degraded until one is confirmed', async () => {
  const { clock, watch, fire, report } = watching();
  const { confirmed } = fire('1/45');
  await clock.advance(1999);
  expect(watch.health(UDP).status).toBe('unverified');
  await clock.advance(1);
  await expect(confirmed).rejects.toMatchObject({
    code: 'DEVICE_TIMEOUT',
    message: 'fire 1/45 was sent, but the device did not say within 2000 ms that it did it',
  });
  expect(watch.health(UDP)).toMatchObject({ status: 'degraded', code: 'DEVICE_TIMEOUT' });
  const next = fire('1/46');
  report('1/46');
  await next.confirmed;
  expect(watch.health(UDP).status).toBe('unverified');
});

test.each([2600, 4500, 7001, 600_000])(
  'a report %i ms after our command is ours: it puts the failure right, and is no press',
  async (ms) => {
    const { clock, fire, report, watch } = watching();
    const { confirmed } = fire('1/45');
    await clock.advance(ms);
    const failure = await confirmed?.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(watch.health(UDP)).toMatchObject({ status: 'degraded' });
    expect(report('1/45')).toMatchObject({ event: 'go', attribution: 'echo' });
    await expect((failure as Overdue).late).resolves.toEqual({});
    expect(watch.health(UDP).status).not.toBe('degraded');
    expect(report('1/45')).toMatchObject({ attribution: 'operator' });
  },
);

test('on a new connection a report of what the last one was asked for may be anybody’s, for a while', async () => {
  const { clock, evidence, fire, report } = watching();
  void fire('1/45').confirmed?.catch(() => undefined);
  await clock.advance(100);
  evidence.reconnected(clock.mono());
  expect(report('1/45')).toMatchObject({ attribution: 'doubtful' });
  expect(report('1/45')).toMatchObject({ attribution: 'operator' });
  void fire('1/46').confirmed?.catch(() => undefined);
  evidence.reconnected(clock.mono());
  await clock.advance(30_001);
  expect(report('1/46')).toMatchObject({ attribution: 'operator' });
});

test('another cue is a press, also while ours is awaited', () => {
  const { fire, report } = watching();
  void fire('1/45');
  expect(report('1/46')).toMatchObject({ cueNumber: '1/46', attribution: 'operator' });
  expect(report('1/45')).toMatchObject({ cueNumber: '1/45', attribution: 'echo' });
});

test('the same cue fired twice by us is two echoes; the third is a press', () => {
  const { fire, report } = watching();
  void fire('1/45');
  void fire('1/45');
  expect([1, 2, 3].map(() => Object(report('1/45')).attribution)).toEqual(['echo', 'echo', 'operator']);
});

test('a command that was not sent is awaited no longer', async () => {
  const { clock, fire, report } = watching();
  fire('1/45').takeBack();
  expect(clock.sleeping).toBe(0);
  expect(report('1/45')).toMatchObject({ attribution: 'operator' });
});

test('a device that is lost before it said so leaves the fire unconfirmed', async () => {
  const { watch, fire } = watching();
  const { confirmed } = fire('1/45');
  watch.end();
  await expect(confirmed).rejects.toMatchObject({
    code: 'DEVICE_CLOSED',
    message: 'the device was lost before fire 1/45 was seen to be done',
  });
});

test('where nothing can be heard nothing is awaited and nothing asked', async () => {
  const { clock, watch, fire, asked } = watching(false);
  expect(fire('1/45').confirmed).toBeUndefined();
  watch.begin();
  await clock.advance(10_000);
  expect(asked).toEqual([]);
  expect(watch.health(UDP)).toEqual(UDP);
});

test('health is what the ping shows: unverified, up when answered, degraded when silent, up again', async () => {
  const { clock, watch, asked, answer } = watching();
  watch.begin();
  expect(watch.health({ status: 'up', detail: 'connected' }).status).toBe('unverified');
  answer();
  expect(watch.health(UDP)).toEqual({ status: 'up', detail: 'it answers /eos/ping' });
  await clock.advance(2000);
  answer();
  await clock.advance(500);
  expect(asked).toHaveLength(2);
  await clock.advance(2500);
  expect(watch.health(UDP)).toMatchObject({
    status: 'degraded',
    code: 'DEVICE_TIMEOUT',
    detail: 'it no longer answers /eos/ping; sending to the desk',
  });
  answer();
  expect(watch.health(UDP).status).toBe('up');
  expect(watch.health(GONE)).toEqual(GONE);
});

test('a desk that never answers is told half a second after it was asked, and asked on', async () => {
  const { clock, watch, asked } = watching();
  watch.begin();
  await clock.advance(500);
  expect(watch.health({ status: 'up', detail: 'connected to it' })).toMatchObject({
    status: 'degraded',
    detail: 'it does not answer /eos/ping; connected to it',
  });
  await clock.advance(10_000);
  expect(asked.length).toBeGreaterThan(4);
  watch.end();
  await clock.advance(10_000);
  expect(clock.sleeping).toBe(0);
});

test('somebody else’s ping is no answer to ours', () => {
  const { watch } = watching();
  expect(watch.see('/eos/out/ping', ['other'])).toBeUndefined();
  expect(watch.see('/eos/out/ping', [])).toBeUndefined();
  expect(watch.health(UDP).status).toBe('unverified');
});

test('an event on change counts once for each value, and forgets the oldest address at its limit', async () => {
  const { watch } = watching(true, await oscProfiles.load('qlcplus'));
  const see = (address: string, value: number) => Object(watch.see(address, [value])).value;
  expect([see('/a', 1), see('/a', 1), see('/a', 0), see('/a', 1)]).toEqual([1, undefined, 0, 1]);
  for (let at = 0; at < 4096; at++) see(`/other/${at}`, 1);
  expect(see('/other/4095', 1)).toBeUndefined();
  expect(see('/a', 1)).toBe(1);
});
