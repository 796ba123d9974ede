/** A hundred unplugs while data flows: each is seen, each is recovered from, and nothing is left behind. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../src/kit/clock.js';
import { eventually } from '../../support/waiting.js';
import { Booth, GUARD_MS, NAMES, type Name, SLOW_MS, WORKING } from './booth.js';
import { openFiles, processorSeconds, programClients } from './machine.js';
import { cuesIn, step } from './rigs.js';

/** Each of the three devices, so many times, and all of them in the same minute. */
const ROUNDS = 34;
/** Between two words of a device that talks without end; together below what the bridge takes as a flood. */
const TALK_EVERY_MS = 25;
/** The share of a core that a driver may use while nothing happens; one that spins takes all of it. */
const IDLE_SHARE_MAX = 0.5;

const booth = new Booth();
const clock = systemClock();

before(() => booth.open());
after(() => booth.close());

/** What no rule is for: the left pedal, a line, a note. */
const CHATTER = {
  pedal: [Buffer.from([1, 0]), Buffer.from([0, 0])],
  box: [Buffer.from('noise\n')],
  desk: [Buffer.from([0x90, 60, 64]), Buffer.from([0x80, 60, 0])],
};

/** All devices talk until the signal says so; what is unplugged says nothing. */
async function talk(signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    for (const name of NAMES) {
      const words = CHATTER[name];
      booth.ends[name].sayWhatFits(words[n % words.length] ?? Buffer.alloc(0));
    }
    await clock.sleep(TALK_EVERY_MS, signal);
  }
}

const held = () => ({
  bridge: openFiles(booth.daemon.process.pid ?? 0).length,
  drivers: booth.drivers.map(({ pid }) => openFiles(pid).length).sort(),
  clients: programClients().length,
});

test(`${ROUNDS * NAMES.length} unplugs while data flows are seen and recovered from, and leave nothing`, async (t) => {
  const stop = new AbortController();
  const before = held();
  const saidBefore = booth.daemon.lines.length;
  const talking = talk(stop.signal);
  const tookMs: Record<string, number[]> = { seen: [], back: [] };
  const since = async (kind: string, done: Promise<unknown>, beganMs: number) => {
    await done;
    tookMs[kind]?.push(clock.mono() - beganMs);
  };
  const suffer = async (name: Name) => {
    for (let round = 0; round < ROUNDS; round++) {
      // Anywhere in the flow, and each time elsewhere.
      await clock.sleep(50 + ((round * 37) % 100));
      let beganMs = clock.mono();
      booth.gadgets[name].unplug();
      await since('seen', booth.becomes(name, ['down']), beganMs);
      beganMs = clock.mono();
      await booth.plug(name);
      await since('back', booth.becomes(name, WORKING), beganMs);
    }
  };
  await Promise.all(NAMES.map(suffer));
  stop.abort();
  await talking;
  for (const [kind, all] of Object.entries(tookMs)) {
    const sorted = all.sort((a, b) => a - b).map(Math.round);
    t.diagnostic(
      `${kind}: ${sorted.length} times, ${sorted[sorted.length >> 1]} ms at the median, ${sorted.at(-1)} ms at worst`,
    );
  }
  await eventually(
    () => JSON.stringify(held()) === JSON.stringify(before),
    () => `as much held as before: ${JSON.stringify({ before, now: held() })}`,
    SLOW_MS,
  );
  const lost = booth.daemon.lines.slice(saidBefore).filter(({ msg }) => msg === 'driver.lost');
  assert.deepEqual(lost, [], 'no driver crashed, hung or spun');
});

test('no driver spins afterwards', async (t) => {
  const drivers = booth.drivers.map(({ pid, words }) => ({ words, pid, used: processorSeconds(pid) }));
  assert.equal(drivers.length, 3);
  const began = clock.mono();
  await clock.sleep(2000);
  const seconds = (clock.mono() - began) / 1000;
  for (const { words, pid, used } of drivers) {
    const share = (processorSeconds(pid) - used) / seconds;
    t.diagnostic(`${words.trim()}: ${Math.round(share * 100)} % of a core`);
    assert.ok(share < IDLE_SHARE_MAX, `${words} uses ${share} of a core`);
  }
});

test('and a step on the pedal is a cue', async () => {
  const sent = booth.ends.desk.received.length;
  await clock.sleep(GUARD_MS);
  await step(booth.ends.pedal);
  const { outputs } = await booth.advanceTo(0);
  assert.deepEqual(
    outputs.map(({ eventType }) => eventType),
    ['OutputSent', 'OutputSent'],
  );
  await eventually(() => booth.ends.desk.received.length > sent, 'the desk');
  assert.deepEqual(cuesIn(booth.ends.desk.received.subarray(sent)), ['0']);
});
