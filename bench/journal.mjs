/**
 * What the log costs: an append, a restart, a resume, memory. Runs in this process against dist/, each figure
 * beside a reference that is measured in turn with it.
 *
 * PACEBUDDY_BENCH_EVENTS: how long the log is that is restarted (200,000; a goal is set for 1,000,000).
 */
import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { v7 } from 'uuid';
import { openFileJournal } from '../dist/src/journal/file-journal.js';
import { MessageIndex } from '../dist/src/journal/message-index.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { silentLog } from '../dist/src/kit/log.js';
import { inFolder } from './processes.mjs';
import { show } from './sequencer-rig.mjs';
import { atLeast, atMost, median, pause, quantile, row } from './stats.mjs';

const EVENTS = Number(process.env.PACEBUDDY_BENCH_EVENTS ?? 200_000);
const SHOW = 'bench';
const clock = systemClock();
const log = silentLog;

/** An event of about 600 bytes, as the log of a show has most of them. */
function eventOf(eventSeq, showId = SHOW) {
  const cue = eventSeq % 2000;
  return {
    kind: 'event',
    version: '1.1.0',
    messageId: v7(),
    correlationId: v7(),
    showId,
    eventType: 'CueAdvanced',
    createdAt: '2026-03-01T19:30:00.000Z',
    actor: { userId: 'u-sm-01', role: 'stageManager', deviceId: 'booth-button', displayName: 'Ana' },
    payload: { segmentId: 's1', fromCueId: `c${cue}`, toCueId: `c${cue + 1}`, showClockAt: '00:12:30.000' },
    patch: [
      { op: 'replace', path: `/acts/0/segments/0/cues/${cue}/status`, value: 'done' },
      { op: 'replace', path: `/currentCueId`, value: `c${cue + 1}` },
    ],
    eventSeq,
    recordedAt: '2026-03-01T19:30:00.123Z',
  };
}
const entryOf = (eventSeq) => {
  const event = eventOf(eventSeq);
  return { event, json: Buffer.from(JSON.stringify(event)) };
};

const openJournal = (path, more = {}) =>
  openFileJournal({
    path,
    showId: SHOW,
    fingerprint: 'bench',
    clock,
    log,
    onSaved: () => {},
    onEvent: () => {},
    ...more,
  });

/** Fdisk and one append to the log, paced, in turn. */
export const appendRows = (rounds = 400) =>
  inFolder(async (folder) => {
    const fd = fs.openSync(join(folder, 'reference'), 'a');
    const bytes = Buffer.alloc(600, 'a');
    const reference = () =>
      new Promise((resolve) => fs.write(fd, bytes, 0, bytes.length, null, () => fs.fdatasync(fd, resolve)));
    const journal = await openJournal(folder);
    const times = { fdisk: [], append: [] };
    for (let seq = 1; seq <= rounds + 20; seq += 1) {
      const entry = entryOf(seq);
      const tries = [
        ['fdisk', reference],
        ['append', () => journal.append([entry], seq - 1)],
      ];
      for (const [name, run] of seq % 2 ? tries : tries.reverse()) {
        await pause(2);
        const began = performance.now();
        await run();
        if (seq > 20) times[name].push(performance.now() - began);
      }
    }
    await journal.close();
    fs.closeSync(fd);
    const p = (name, q) => quantile(times[name], q);
    return [
      row('Fdisk: 600 bytes and fdatasync, p50', p('fdisk', 0.5)),
      row('Fdisk, p99', p('fdisk', 0.99)),
      row('append of one event, p50', p('append', 0.5)),
      row('append of one event, p99', p('append', 0.99)),
      row('append of one event, p50', p('append', 0.5) / p('fdisk', 0.5), '× Fdisk'),
    ];
  });

async function writeLog(folder) {
  const journal = await openJournal(folder);
  for (let seq = 1; seq <= EVENTS; seq += 1000) {
    const entries = Array.from({ length: Math.min(1000, EVENTS - seq + 1) }, (_, i) => entryOf(seq + i));
    await journal.append(entries, seq - 1);
  }
  return journal;
}

async function segmentsOf(folder) {
  const names = (await readdir(join(folder, SHOW))).filter((name) => name.endsWith('.jsonl'));
  return names.sort().map((name) => join(folder, SHOW, name));
}

/** The reference: each file read at once, each line parsed. `each` sees the event. */
async function scan(folder, each) {
  for (const path of await segmentsOf(folder)) {
    const bytes = fs.readFileSync(path);
    for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
      each(JSON.parse(bytes.toString('utf8', start, end)));
    }
  }
}

const took = async (work) => {
  globalThis.gc?.();
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** Restart from the log, from its snapshot, and resume of one client, each against a scan. */
export const restartRows = (rounds = 5) =>
  inFolder(async (folder) => {
    await (await writeLog(folder)).close();
    const snapshot = join(folder, SHOW, 'snapshot');
    const times = { scan: [], restart: [], saved: [], read: [], reserialise: [] };
    let stalledMs = 0;
    for (let round = 0; round < rounds; round += 1) {
      fs.rmSync(snapshot, { force: true });
      times.scan.push(await took(() => scan(folder, () => {})));
      let journal;
      times.restart.push(
        await took(async () => {
          journal = await openJournal(folder);
        }),
      );
      times.reserialise.push(
        await took(async () => {
          let bytes = 0;
          await scan(folder, (event) => {
            bytes += Buffer.from(JSON.stringify(event)).length;
          });
          return bytes;
        }),
      );
      times.read.push(
        await took(async () => {
          let last = 0;
          for await (const { lastSeq } of journal.read(1)) last = lastSeq;
          if (last !== EVENTS) throw new Error(`read up to ${last}`);
        }),
      );
      const watch = watchLoop();
      await journal.save({ lastEventSeq: EVENTS, fingerprint: 'bench', state: show() });
      stalledMs = Math.max(stalledMs, watch());
      await journal.close();
      times.saved.push(await took(async () => (await openJournal(folder)).close()));
    }
    const restart = median(times.restart) / median(times.scan);
    const saved = median(times.saved) / median(times.scan);
    const resume = median(times.reserialise) / median(times.read);
    const size = `${EVENTS.toLocaleString('en')} events`;
    return [
      row(`JSON.parse scan of ${size}`, median(times.scan)),
      atMost(`restart with ${size}`, restart, 1.3, '× scan'),
      atMost('the same with a snapshot', saved, 0.15, '× scan'),
      atLeast(`resume of ${size}, faster by`, resume, 10),
      row(`longest stall of the loop while saving ${size}`, stalledMs),
    ];
  });

/** @returns a function that ends the watch and tells the longest time the loop did not turn, in milliseconds. */
function watchLoop() {
  let last = performance.now();
  let longest = 0;
  let going = true;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    going = false;
    return longest;
  };
}

/** What one million events keep in memory: the dedupe index. */
export async function indexRows(events = 1_000_000) {
  const index = new MessageIndex();
  for (let seq = 1; seq <= events; seq += 1) index.add(v7(), seq);
  return [atMost('1M events in memory', index.bytes / 1e6, 60, 'MB')];
}

/** All of it, as rows for the table. */
export const journalRows = async () => [...(await appendRows()), ...(await restartRows()), ...(await indexRows())];

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.table(await journalRows(), ['what', 'value', 'unit', 'goal', 'met']);
