import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisProcess } from '../../src/journal/process-life.js';
import { verifyLog } from '../../src/journal/verify.js';
import { systemClock } from '../../src/kit/clock.js';
import { LogWriter } from '../support/log-writer.js';
import { eventually } from '../support/waiting.js';

const RACES = Number(process.env.PACEBUDDY_LOCK_RACES ?? 10);
const clock = systemClock();

let folder: string;
let writers: LogWriter[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pacebuddy-writers-'));
  writers = [];
});
afterEach(async () => {
  for (const writer of writers) await writer.kill();
  rmSync(folder, { recursive: true, force: true });
});

const started = (writer: LogWriter): LogWriter => {
  writers.push(writer);
  return writer;
};
const container = () => started(LogWriter.inContainer(folder));

test('a bridge in another container keeps us out while it lives, and is followed once it is killed', async () => {
  const first = container();
  expect(await first.ask('open')).toEqual({ opened: 0 });
  expect(await first.ask('append')).toEqual({ stored: 1 });
  for (const second of [container(), started(new LogWriter(folder))]) {
    expect(await second.ask('open')).toMatchObject({
      refused: 'JOURNAL_LOCKED',
      message: expect.stringContaining(' on '),
    });
  }
  await first.kill();
  const third = container();
  expect(await third.ask('open')).toEqual({ opened: 1 });
  expect(await third.ask('append')).toEqual({ stored: 2 });
}, 60_000);

test('a bridge that was killed and that nobody has reaped holds no lock', async () => {
  // The shell becomes a program that never asks for the exit code of its child.
  const shell = ['bash', '-c', '"$@" <&0 & exec sleep 600', 'parent'];
  const first = started(new LogWriter(folder, shell));
  expect(await first.ask('open')).toEqual({ opened: 0 });
  const [pid] = first.children as [number];
  process.kill(pid, 'SIGKILL');
  await eventually(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), 'it is a zombie');
  const second = started(new LogWriter(folder));
  const began = clock.mono();
  expect(await second.ask('open')).toEqual({ opened: 0 });
  expect(clock.mono() - began).toBeLessThan(3000);
});

test('a writer that stood still and lost its lock stores nothing when it wakes, and the log stays whole', async () => {
  const first = container();
  expect(await first.ask('open')).toEqual({ opened: 0 });
  for (const seq of [1, 2, 3]) expect(await first.ask('append')).toEqual({ stored: seq });
  const [pid] = first.children as [number];
  process.kill(pid, 'SIGSTOP');
  first.tell('append');
  const second = container();
  expect(await second.ask('open')).toEqual({ opened: 3 });
  expect(await second.ask('append')).toEqual({ stored: 4 });
  process.kill(pid, 'SIGCONT');
  expect(await first.answer()).toMatchObject({ refused: 'JOURNAL_UNAVAILABLE' });
  expect(await first.ask('append')).toMatchObject({
    refused: 'JOURNAL_UNAVAILABLE',
    message: expect.stringContaining('has taken this journal over'),
  });
  await first.ask('close');
  expect(await second.ask('append')).toEqual({ stored: 5 });
  expect(await verifyLog(join(folder, 'small'))).toMatchObject({ events: 5, problem: undefined });
}, 60_000);

test('of several that follow a dead bridge at the same moment, exactly one gets the log', async () => {
  const racers = Array.from({ length: 5 }, () => started(new LogWriter(folder)));
  const dead = { ...thisProcess(), start: '1' };
  mkdirSync(join(folder, 'small'));
  for (let race = 0; race < RACES; race += 1) {
    writeFileSync(join(folder, 'small/lock'), JSON.stringify({ id: randomUUID(), ...dead }));
    const answers = await Promise.all(racers.map((racer) => racer.ask('open')));
    const winner = answers.findIndex(({ opened }) => opened === race);
    expect(answers.map(({ opened, refused }) => refused ?? opened)).toEqual(
      answers.map((_, i) => (i === winner ? race : 'JOURNAL_LOCKED')),
    );
    expect(await (racers[winner] as LogWriter).ask('append')).toEqual({ stored: race + 1 });
    await (racers[winner] as LogWriter).ask('close');
    expect(readdirSync(join(folder, 'small')).filter((name) => name.startsWith('lock'))).toEqual([]);
  }
}, 120_000);
