/** Unplugs while data flows, as many as a season of shows brings, within a minute or two. */
import { systemClock } from '../../../src/kit/clock.js';
import { type Booth, NAMES, type Name, WORKING } from './booth.js';
import { openFiles, processorSeconds, programClients } from './machine.js';

/** Each of the three devices, so many times, and all of them in the same minute. */
const ROUNDS = 34;
export const UNPLUGS = ROUNDS * NAMES.length;
/** Between two words of a device that talks without end; together below what the bridge takes as a flood. */
const TALK_EVERY_MS = 25;
/** Over which the use of the processor is measured. */
const IDLE_MS = 2000;

/** What no rule is for: the left pedal, a line, a note. */
const CHATTER = {
  pedal: [Buffer.from([1, 0]), Buffer.from([0, 0])],
  box: [Buffer.from('noise\n')],
  desk: [Buffer.from([0x90, 60, 64]), Buffer.from([0x80, 60, 0])],
};

const clock = systemClock();

/** All devices talk until the signal says so; what is unplugged says nothing. */
async function talk({ ends }: Booth, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    for (const name of NAMES) {
      const words = CHATTER[name];
      ends[name].sayWhatFits(words[n % words.length] ?? Buffer.alloc(0));
    }
    await clock.sleep(TALK_EVERY_MS, signal);
  }
}

/** Milliseconds from each unplug until the bridge said so, and from each plug until the device was seen to work. */
export interface Weather {
  seen: number[];
  back: number[];
}

/** Fails with the first unplug that is not seen, and with the first device that does not come back. */
export async function storm(booth: Booth): Promise<Weather> {
  const stop = new AbortController();
  const talking = talk(booth, stop.signal);
  const weather: Weather = { seen: [], back: [] };
  const suffer = async (name: Name): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      // Anywhere in the flow, and each time elsewhere.
      await clock.sleep(50 + ((round * 37) % 100));
      const pulledMs = clock.mono();
      booth.gadgets[name].unplug();
      await booth.becomes(name, ['down']);
      weather.seen.push(clock.mono() - pulledMs);
      await booth.plug(name);
      const pluggedMs = clock.mono();
      await booth.becomes(name, WORKING);
      weather.back.push(clock.mono() - pluggedMs);
      // Said as it goes: a guest of which nothing is heard is ended.
      if (weather.back.length % ROUNDS === 0) console.log(`${weather.back.length} of ${UNPLUGS} unplugs`);
    }
  };
  try {
    await Promise.all(NAMES.map(suffer));
  } finally {
    stop.abort();
    await talking;
  }
  return weather;
}

/** `102 times, 170 ms at the median, 834 ms at worst` */
export function inWords(timesMs: readonly number[]): string {
  const sorted = [...timesMs].sort((a, b) => a - b).map(Math.round);
  return `${sorted.length} times, ${sorted[sorted.length >> 1]} ms at the median, ${sorted.at(-1)} ms at worst`;
}

/** What the bridge and its drivers hold of the machine. */
export const held = (booth: Booth): string =>
  JSON.stringify({
    bridge: openFiles(booth.daemon.process.pid ?? 0).length,
    drivers: booth.drivers.map(({ pid }) => openFiles(pid).length).sort(),
    clients: programClients().length,
  });

/** The share of a core that the bridge and each of its drivers use while nothing happens. */
export async function idleShares(booth: Booth): Promise<{ words: string; share: number }[]> {
  const all = [{ pid: booth.daemon.process.pid ?? 0, words: 'the bridge' }, ...booth.drivers];
  const used = all.map(({ pid }) => processorSeconds(pid));
  const beganMs = clock.mono();
  await clock.sleep(IDLE_MS);
  const seconds = (clock.mono() - beganMs) / 1000;
  return all.map(({ pid, words }, n) => ({
    words: words.trim(),
    share: (processorSeconds(pid) - (used[n] ?? 0)) / seconds,
  }));
}
