import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { type FolderLock, lockFolder } from './lock.js';
import { type Process, thisProcess } from './process-life.js';

let folder: string;
let clock: TestClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pacebuddy-lock-'));
  clock = new TestClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockFile = () => join(folder, 'lock');
const leave = (more: Partial<Process>, name = 'lock', id: string = randomUUID()) => {
  writeFileSync(join(folder, name), JSON.stringify({ id, ...thisProcess(), ...more }));
  return id;
};
const elsewhere = { boot: thisProcess().boot && 'another-machine', host: 'booth-2', namespace: 'pid:[1]' };
/** In a container of this machine: no other evidence than its beat. */
const inContainer = { namespace: 'pid:[1]', host: 'booth-2', boot: thisProcess().boot };

/** Asks for the lock, and lets time go by until there is an answer. @returns it, and after how long it came. */
async function answerOf(eachMs?: () => void) {
  let answer: FolderLock | Error | undefined;
  const waits: string[] = [];
  lockFolder(folder, clock, (why) => waits.push(why)).then(
    (lock) => {
      answer = lock;
    },
    (error) => {
      answer = error;
    },
  );
  const began = clock.mono();
  while (!answer && clock.mono() - began < 20_000) {
    eachMs?.();
    await clock.advance(100);
  }
  return { answer, waits, tookMs: clock.mono() - began };
}

test('a folder is held by one, and free again after it was given back', async () => {
  const lock = await lockFolder(folder, clock);
  await expect(lockFolder(folder, clock)).rejects.toThrow(`process ${process.pid} on`);
  expect(statSync(lockFile()).mode & 0o077).toBe(0);
  lock.release();
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  (await lockFolder(folder, clock)).release();
});

test('another process that lives keeps us out, and is named; once it was killed, its lock is taken over', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(other, 'spawn');
  const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
  leave({ pid: other.pid as number, start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string });
  await expect(lockFolder(folder, clock)).rejects.toMatchObject({
    code: 'JOURNAL_LOCKED',
    message: expect.stringContaining(`process ${other.pid} on`),
  });
  const gone = once(other, 'exit');
  other.kill('SIGKILL');
  await gone;
  const lock = await lockFolder(folder, clock);
  expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
  expect(lock.fromSilent).toBe(false);
  lock.release();
});

test('our own process number from an earlier life is followed at once', async () => {
  leave({ start: '1' });
  (await lockFolder(folder, clock)).release();
});

test('a holder elsewhere that beats keeps us out; one that is silent for 5 s is followed', async () => {
  leave(inContainer);
  let beat = 1_000_000;
  const { answer: refused } = await answerOf(() => utimesSync(lockFile(), ++beat, beat));
  expect(refused).toMatchObject({ code: 'JOURNAL_LOCKED', message: expect.stringContaining('on booth-2 holds') });
  const { answer, tookMs, waits } = await answerOf();
  expect(waits).toEqual([expect.stringContaining('on booth-2 may hold this journal')]);
  expect(answer).toMatchObject({ fromSilent: true });
  expect(tookMs).toBeGreaterThanOrEqual(5000);
  expect(tookMs).toBeLessThan(5500);
});

test('a lock that nobody can read needs the silence', async () => {
  for (const text of ['', '\0\0\0\0', 'null', '{"pid":"x"}']) {
    writeFileSync(lockFile(), text);
    const { answer, tookMs } = await answerOf();
    expect(answer).toMatchObject({ fromSilent: true });
    expect(tookMs).toBeGreaterThanOrEqual(5000);
    (answer as FolderLock).release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a lock from before the last start of a machine whose disk is its own is followed at once', async () => {
  leave(elsewhere);
  const lock = await lockFolder(folder, clock);
  expect(lock.fromSilent).toBe(false);
  lock.release();
});

test('who died while taking over is followed in turn, and nothing of it stays', async () => {
  const first = leave({ start: '1' });
  leave({ start: '2' }, `lock.${first}`);
  const lock = await lockFolder(folder, clock);
  expect(readdirSync(folder)).toEqual(['lock']);
  expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject(thisProcess());
  lock.release();
});

test('a holder learns with its next beat that its lock is another’s, says whose, and leaves it there', async () => {
  const lock = await lockFolder(folder, clock);
  expect(lock.isFresh()).toBe(true);
  leave({ pid: 7, host: 'booth-2' }, 'other');
  rmSync(lockFile());
  writeFileSync(lockFile(), readFileSync(join(folder, 'other')));
  clock.standStill(2500);
  expect(lock.isFresh()).toBe(false);
  await expect(lock.confirm()).rejects.toThrow('process 7 on booth-2 has taken this journal over');
  expect(lock.lost).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  lock.release();
  expect(readdirSync(folder)).toContain('lock');
});

test('a holder whose last beat is old leaves the lock: it may be another’s by the time that it is deleted', async () => {
  const lock = await lockFolder(folder, clock);
  clock.standStill(2500);
  lock.release();
  expect(readdirSync(folder)).toEqual(['lock']);
});
