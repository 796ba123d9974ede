/**
 * What the log costs: an append, a crowd, a restart, a resume, memory. Runs in this process against dist/, each figure
 * beside a reference that is measured in turn with it.
 *
 * PACEBUDDY_BENCH_EVENTS: how long the log is that is restarted (200,000; a goal is set for 1,000,000).
 */
import * as fs from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { v7 } from 'uuid';
import { systemDisk } from '../dist/src/journal/disk.js';
import { openFileJournal } from '../dist/src/journal/file-journal.js';
import { MessageIndex } from '../dist/src/journal/message-index.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { silentLog } from '../dist/src/kit/log.js';
import { openSequencer } from '../dist/src/sequencer/sequencer.js';
import { Sequencer } from '../dist/src/sequencer/writer.js';
import { initialState } from '../dist/src/show/state.js';
import { slowDisk } from './slow-disk.mjs';
import { quantile } from './stats.mjs';

const EVENTS = Number(process.env.PACEBUDDY_BENCH_EVENTS ?? 200_000);
const SHOW = 'bench';
const clock = systemClock();
const log = silentLog;
const NO_EFFECTS = { perform: () => {}, publish: () => {} };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => quantile(values, 0.5);

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

async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
      { what: 'Fdisk: 600 bytes and fdatasync, p50', value: p('fdisk', 0.5), unit: 'ms' },
      { what: 'Fdisk, p99', value: p('fdisk', 0.99), unit: 'ms' },
      { what: 'append of one event, p50', value: p('append', 0.5), unit: 'ms' },
      { what: 'append of one event, p99', value: p('append', 0.99), unit: 'ms' },
      { what: 'append of one event, p50', value: p('append', 0.5) / p('fdisk', 0.5), unit: '× Fdisk' },
    ];
  });

/** 40 segments of 50 cues. */
const SEGMENTS = 40;
const CUES = 50;
const state = () =>
  initialState({
    version: 1,
    title: 'Bench',
    acts: [
      {
        id: 'a',
        segments: Array.from({ length: SEGMENTS }, (_, s) => ({
          id: `s${s}`,
          cues: Array.from({ length: CUES }, (_, c) => ({
            id: `c${s * CUES + c}`,
            number: `${s * CUES + c}`,
            calls: [],
          })),
        })),
      },
    ],
    performers: [],
    mics: [],
    timers: [],
  });
const draft = () => ({
  kind: 'event',
  version: '1.1.0',
  messageId: v7(),
  showId: SHOW,
  eventType: 'CueAdvanced',
  createdAt: '2026-03-01T19:30:00.000Z',
  actor: { userId: 'u-sm-01', role: 'stageManager', deviceId: 'booth-button' },
  payload: {},
});
const parts = (folder) => ({
  showId: SHOW,
  initial: state(),
  fingerprint: 'bench',
  journalPath: folder,
  goGuardMs: 0,
  patches: false,
  clock,
  log,
  effects: NO_EFFECTS,
});

/** A journal that forgets at once: what the rest costs. */
const nullJournal = () => {
  const index = new MessageIndex();
  return {
    failure: undefined,
    get lastEventSeq() {
      return index.size;
    },
    append: (entries) => {
      for (const { event } of entries) index.add(event.messageId, event.eventSeq);
      return Promise.resolve({ result: 'stored' });
    },
    seqOf: (messageId) => index.get(messageId),
    async *read() {},
    save: async () => {},
    close: async () => {},
  };
};

/** Keeps `inFlight` proposals under way until the show is at its end. @returns events a second */
function rush(sequencer, inFlight) {
  const total = SEGMENTS * CUES;
  const drafts = Array.from({ length: total }, draft);
  return new Promise((resolve, reject) => {
    let done = 0;
    const began = performance.now();
    const next = () => {
      const one = drafts.pop();
      if (!one) return;
      sequencer.propose(one, (outcome) => {
        if (!outcome.ok) return reject(new Error(`refused: ${outcome.message}`));
        done += 1;
        if (done === total) resolve((total / (performance.now() - began)) * 1000);
        // As if it came from a socket: not within the answer to another.
        else setImmediate(next);
      });
    };
    for (let i = 0; i < inFlight; i += 1) next();
  });
}

/** 64 in flight, with the log on disk and with none, in turn. */
export async function crowdRows(rounds = 9) {
  const rates = { journal: [], none: [] };
  const withJournal = () =>
    inFolder(async (folder) => {
      const sequencer = await openSequencer(parts(folder));
      const rate = await rush(sequencer, 64);
      await sequencer.close();
      return rate;
    });
  const without = async () => {
    const recovered = { state: state(), seq: 0, recordedMs: 0 };
    const sequencer = new Sequencer({ ...parts(''), journal: nullJournal(), recovered, savedSeq: 0 });
    const rate = await rush(sequencer, 64);
    await sequencer.close();
    return rate;
  };
  for (let round = -2; round < rounds; round += 1) {
    const journal = await withJournal();
    const none = await without();
    if (round < 0) continue;
    rates.journal.push(journal);
    rates.none.push(none);
  }
  const ratio = median(rates.journal) / median(rates.none);
  return [
    { what: 'sequencer alone, 64 in flight, events', value: median(rates.journal), unit: '/s' },
    { what: 'the same without a log', value: median(rates.none), unit: '/s' },
    { what: 'sequencer alone, 64 in flight', value: ratio, unit: '× without a log', goal: '≥ 0.8', met: ratio >= 0.8 },
  ];
}

/** A press on a disk that is 5 ms slower. */
export const slowRows = (rounds = 100) =>
  inFolder(async (folder) => {
    const delayMs = 5;
    const sequencer = await openSequencer({ ...parts(folder), disk: slowDisk(systemDisk(), delayMs, clock) });
    const times = [];
    for (let i = 0; i < rounds; i += 1) {
      await pause(2);
      const began = performance.now();
      await new Promise((resolve) => sequencer.propose(draft(), resolve));
      times.push(performance.now() - began);
    }
    await sequencer.close();
    return [{ what: 'press to durable on a disk 5 ms slower, p50', value: quantile(times, 0.5), unit: 'ms' }];
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
export const restartRows = (rounds = 3) =>
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
      await journal.save({ lastEventSeq: EVENTS, fingerprint: 'bench', state: state() });
      stalledMs = Math.max(stalledMs, watch());
      await journal.close();
      times.saved.push(await took(async () => (await openJournal(folder)).close()));
    }
    const restart = median(times.restart) / median(times.scan);
    const saved = median(times.saved) / median(times.scan);
    const resume = median(times.reserialise) / median(times.read);
    const size = `${EVENTS.toLocaleString('en')} events`;
    return [
      { what: `JSON.parse scan of ${size}`, value: median(times.scan), unit: 'ms' },
      { what: `restart with ${size}`, value: restart, unit: '× scan', goal: '≤ 1.3', met: restart <= 1.3 },
      { what: 'the same with a snapshot', value: saved, unit: '× scan', goal: '≤ 0.15', met: saved <= 0.15 },
      { what: `resume of ${size}, faster by`, value: resume, unit: '×', goal: '≥ 10', met: resume >= 10 },
      { what: `longest stall of the loop while saving ${size}`, value: stalledMs, unit: 'ms' },
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
export async function memoryRows(events = 1_000_000) {
  const index = new MessageIndex();
  for (let seq = 1; seq <= events; seq += 1) index.add(v7(), seq);
  const value = index.bytes / 1e6;
  return [{ what: '1M events in memory', value, unit: 'MB', goal: '≤ 60', met: value <= 60 }];
}

/** All of it, as rows for the table. */
export const journalRows = async () => [
  ...(await appendRows()),
  ...(await crowdRows()),
  ...(await slowRows()),
  ...(await restartRows()),
  ...(await memoryRows()),
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.table(await journalRows(), ['what', 'value', 'unit', 'goal', 'met']);
