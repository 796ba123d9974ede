/** From a foot on a pedal to the bytes at a lighting desk and the lamp on a box, through the built bridge; then a storm. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SETTLE_MS } from '../../../src/adapter-sdk/gestures.js';
import { systemClock } from '../../../src/kit/clock.js';
import { eventually, within } from '../../support/waiting.js';
import { Booth, GUARD_MS, NAMES, SLOW_MS, WORKING } from './booth.js';
import { cuesIn, goBytes, step, tremble } from './rigs.js';
import { held, idleShares, inWords, storm, UNPLUGS } from './storm.js';

/**
 * A driver that spins when it is unplugged does so at about every second unplug. Once or twice a guest that its machine
 * leaves without processor time is all that the watchdog has seen.
 */
const HUNG_MAX = 3;
/** The share of a core that a driver may use while nothing happens; one that spins takes all of it. */
const DRIVER_SHARE_MAX = 0.5;

const booth = new Booth();
const { ends } = booth;
const clock = systemClock();
let cue = -1;

before(() => booth.open());
after(() => booth.close());

const lamps = () => ends.box.received.toString();

/** One press, whoever does it, goes all the way: one event, one message at the desk, one line at the box. */
async function goes(press: () => Promise<unknown>): Promise<void> {
  cue += 1;
  const [desk, box] = [ends.desk.received.length, lamps().length];
  await clock.sleep(GUARD_MS + 50);
  await press();
  const { outputs } = await booth.advanceTo(cue);
  assert.deepEqual(
    outputs.map(({ eventType }) => eventType),
    ['OutputSent', 'OutputSent'],
  );
  await eventually(() => lamps().length > box && ends.desk.received.length > desk, 'the lamp and the desk');
  assert.equal(ends.desk.received.subarray(desk).toString('hex'), goBytes(String(cue)).toString('hex'));
  assert.equal(lamps().slice(box), `LAMP ${cue}\n`);
  assert.equal(booth.advances, cue + 1);
}

test('each device says no more of its health than was seen', () => {
  assert.deepEqual(
    NAMES.map((name) => booth.status(name)),
    ['up', 'unverified', 'unverified'],
  );
});

test('a step on the pedal is one event, one MIDI Show Control message at the desk and one lamp, byte for byte', async () => {
  for (let n = 0; n < 5; n++) await goes(() => step(ends.pedal));
});

test('a GO button on a serial port does the same', async () => {
  for (let n = 0; n < 3; n++) await goes(() => ends.box.say('GO\r\n'));
  assert.equal(booth.status('box'), 'up');
});

test('a foot that trembles, and a button that repeats, are one GO', async () => {
  await goes(async () => {
    await tremble(ends.pedal);
    await ends.box.say('GO\nGO\n');
  });
  await within(
    booth.daemon.line(({ msg, device, code }) => msg === 'input.refused' && device === 'box' && code === 'GO_GUARD'),
    'a line of the log that refuses the box (GO_GUARD)',
    SLOW_MS,
  );
  assert.equal(booth.advances, cue + 1);
});

test('a GO at the desk itself moves the show, and is not sent back to the desk', async () => {
  const desk = ends.desk.received.length;
  cue += 1;
  await clock.sleep(GUARD_MS + 50);
  await ends.desk.say(goBytes(String(cue)));
  await booth.client.take(({ payload }) => Object(payload).toCueId === `c${cue}`, 'the advance', SLOW_MS);
  await eventually(() => lamps().includes(`LAMP ${cue}\n`), 'the lamp');
  assert.equal(ends.desk.received.length, desk);
});

test('while the desk is away a GO fires all the rest, says what did not go, and nothing of it comes late', async () => {
  booth.gadgets.desk.unplug();
  await booth.becomes('desk', ['down']);
  cue += 1;
  await clock.sleep(GUARD_MS + 50);
  await step(ends.pedal);
  const { outputs } = await booth.advanceTo(cue);
  assert.deepEqual(
    outputs.map(({ eventType }) => eventType),
    ['OutputFailed', 'OutputSent'],
  );
  await booth.plug('desk');
  await booth.becomes('desk', WORKING);
  await goes(() => step(ends.pedal));
  assert.deepEqual(cuesIn(ends.desk.received), [String(cue)]);
});

test('while the lamp is away a GO goes to the desk, and no stale lamp is lit when it is back', async () => {
  booth.gadgets.box.unplug();
  await booth.becomes('box', ['down']);
  cue += 1;
  await clock.sleep(GUARD_MS + 50);
  await step(ends.pedal);
  const { outputs } = await booth.advanceTo(cue);
  assert.deepEqual(
    outputs.map(({ eventType }) => eventType),
    ['OutputSent', 'OutputFailed'],
  );
  await booth.plug('box');
  await booth.becomes('box', WORKING);
  await goes(() => ends.box.say('GO\n'));
  assert.equal(lamps(), `LAMP ${cue}\n`);
});

test('a pedal that is pulled and plugged in again is a pedal', async () => {
  booth.gadgets.pedal.unplug();
  await booth.becomes('pedal', ['down']);
  await booth.plug('pedal');
  await booth.becomes('pedal', ['up']);
  await clock.sleep(2 * SETTLE_MS);
  await goes(() => step(ends.pedal));
});

test(`${UNPLUGS} unplugs while data flows are seen and recovered from, and leave nothing`, async (t) => {
  const before = held(booth);
  const linesBefore = booth.daemon.lines.length;
  const { seen, back } = await storm(booth);
  t.diagnostic(`seen: ${inWords(seen)}`);
  t.diagnostic(`back: ${inWords(back)}`);
  assert.deepEqual([seen.length, back.length], [UNPLUGS, UNPLUGS]);
  await eventually(
    () => held(booth) === before,
    () => `${before} to be held, not ${held(booth)}`,
    SLOW_MS,
  );
  const lost = booth.daemon.lines.slice(linesBefore).filter(({ msg }) => msg === 'driver.lost');
  const hung = lost.filter(({ detail }) => String(detail).includes('hung'));
  for (const { device, detail } of hung) t.diagnostic(`${device}: ${detail}`);
  assert.deepEqual(
    lost.filter((line) => !hung.includes(line)),
    [],
    'no driver crashed',
  );
  assert.ok(hung.length <= HUNG_MAX, `${hung.length} drivers hung or spun`);
});

test('no driver spins afterwards', async (t) => {
  const [bridge, ...drivers] = await idleShares(booth);
  assert.equal(drivers.length, 3);
  for (const { words, share } of [bridge ?? { words: 'no bridge', share: 1 }, ...drivers]) {
    t.diagnostic(`${words}: ${Math.round(share * 100)} % of a core`);
  }
  for (const { words, share } of drivers) assert.ok(share < DRIVER_SHARE_MAX, `${words} uses ${share} of a core`);
});

test('and a step on the pedal is a cue, as before', async () => {
  await goes(() => step(ends.pedal));
});
