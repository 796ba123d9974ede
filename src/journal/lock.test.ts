import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pacebuddy-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockFile = () => join(folder, 'lock');

test('a folder is held by one, and free again after it was given back', () => {
  const release = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`process ${process.pid} holds this journal`);
  release();
  release();
  expect(readdirSync(folder)).toEqual([]);
  lockFolder(folder)();
});

test('another process that lives keeps us out, and is named; once it was killed, its lock is taken over', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(other, 'spawn');
  writeFileSync(lockFile(), JSON.stringify({ pid: other.pid, life: '' }));
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({ code: 'JOURNAL_LOCKED', message: expect.stringContaining(`process ${other.pid} holds`) }),
  );
  const gone = once(other, 'exit');
  other.kill('SIGKILL');
  await gone;
  const release = lockFolder(folder);
  expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
  release();
});

test('our own process number from an earlier life, and a lock that a power cut left empty, are taken over', () => {
  for (const text of [JSON.stringify({ pid: process.pid, life: 'earlier' }), '', '\0\0\0\0', 'null', '{"pid":"x"}']) {
    writeFileSync(lockFile(), text);
    lockFolder(folder)();
  }
});

test('the number of a dead process that another program has now, after a restart of the machine, is no lock', () => {
  writeFileSync(lockFile(), JSON.stringify({ pid: process.ppid, life: 'another-boot/1' }));
  // Only Linux says when a process began; elsewhere a process of that number is taken for the holder.
  if (process.platform === 'linux') lockFolder(folder)();
  else expect(() => lockFolder(folder)).toThrow('holds this journal');
});

test('who finds somebody else’s lock in the place of its own leaves it there', () => {
  const release = lockFolder(folder);
  writeFileSync(lockFile(), JSON.stringify({ pid: 1, life: '' }));
  release();
  expect(readdirSync(folder)).toEqual(['lock']);
});
