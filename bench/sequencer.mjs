/** The sequencer with nothing beside it: how many events it takes with the log on disk, and with none. */
import { systemDisk } from '../dist/src/journal/disk.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { inFolder } from './processes.mjs';
import { CUES, draft, withLog, withoutLog } from './sequencer-rig.mjs';
import { slowDisk } from './slow-disk.mjs';
import { atLeast, atMost, median, pause, quantile, row } from './stats.mjs';

/** Keeps `inFlight` proposals under way until the show is at its end. @returns events a second */
function rush(sequencer, inFlight) {
  const drafts = Array.from({ length: CUES }, draft);
  return new Promise((resolve, reject) => {
    let done = 0;
    const began = performance.now();
    const next = () => {
      const one = drafts.pop();
      if (!one) return;
      sequencer.propose(one, (outcome) => {
        if (!outcome.ok) return reject(new Error(`refused: ${outcome.message}`));
        done += 1;
        if (done === CUES) resolve((CUES / (performance.now() - began)) * 1000);
        // As if it came from a socket: not within the answer to another.
        else setImmediate(next);
      });
    };
    for (let i = 0; i < inFlight; i += 1) next();
  });
}

async function rateOf(sequencer) {
  const rate = await rush(sequencer, 64);
  await sequencer.close();
  return rate;
}

/** 64 in flight, with the log on disk and with none, in turn. */
export async function crowdRows(rounds = 9) {
  const rates = { log: [], none: [] };
  for (let round = -2; round < rounds; round += 1) {
    const log = await inFolder(async (folder) => rateOf(await withLog(folder)));
    const none = await rateOf(withoutLog());
    if (round < 0) continue;
    rates.log.push(log);
    rates.none.push(none);
  }
  return [
    row('sequencer alone, 64 in flight, events', median(rates.log), '/s'),
    row('the same without a log', median(rates.none), '/s'),
    atLeast('sequencer alone, 64 in flight', median(rates.log) / median(rates.none), 0.8, '× without a log'),
  ];
}

/** A press on a disk that is 5 ms slower. */
export const slowRows = (rounds = 100) =>
  inFolder(async (folder) => {
    const delayMs = 5;
    const sequencer = await withLog(folder, { disk: slowDisk(systemDisk(), delayMs, systemClock()) });
    const times = [];
    for (let i = 0; i < rounds; i += 1) {
      await pause(2);
      const began = performance.now();
      await new Promise((resolve) => sequencer.propose(draft(), resolve));
      times.push(performance.now() - began);
    }
    await sequencer.close();
    // DESIGN §8 allows Fnet on top for the way through the sockets, which this press does not go.
    return [atMost(`press to durable on a disk ${delayMs} ms slower, p50`, quantile(times, 0.5), 1.25 * delayMs, 'ms')];
  });

export const sequencerRows = async () => [...(await crowdRows()), ...(await slowRows())];
