import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileJournal } from '../../src/journal/file-journal.js';
import { verifyLog } from '../../src/journal/verify.js';
import { systemClock } from '../../src/kit/clock.js';
import { entries, entryOf, SHOW } from '../support/journal-rig.js';
import { keptLog } from '../support/log-lines.js';
import { pacebuddy } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();

const open = (path: string, log = keptLog()) =>
  openFileJournal({
    path,
    showId: SHOW,
    fingerprint: 'f',
    clock,
    log: log.log,
    onSaved: () => {},
    onEvent: () => {},
  });

test('a disk that is full is said aloud, and taken again by itself once there is room, though nobody presses', async () => {
  const path = mkdtempSync(join(tmpdir(), 'pacebuddy-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
  try {
    const log = keptLog();
    const journal = await open(path, log);
    await journal.append(entries(1, 3), 0);
    const filler = join(path, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(2_000_000))).toThrow('ENOSPC');
    const long = entryOf(4, 'x'.repeat(20_000));
    await expect(journal.append([long], 3)).rejects.toMatchObject({
      code: 'JOURNAL_UNAVAILABLE',
      message: expect.stringContaining('the disk is full (ENOSPC)'),
    });
    await eventually(() => log.named('journal.troubled').length === 1, 'it is told', 2000);
    // It is looked at each second, and is full each time.
    const began = clock.mono();
    await eventually(() => clock.mono() - began > 2500, 'some looks');
    expect(log.named('journal.untroubled')).toEqual([]);
    expect(journal.failure).toBeDefined();
    rmSync(filler);
    await eventually(() => log.named('journal.untroubled').length === 1, 'it is over', 3000);
    expect(journal.failure).toBeUndefined();
    expect(await journal.append([long], 3)).toEqual({ result: 'stored' });
    await journal.close();
    expect(readdirSync(join(path, SHOW))).toEqual(['000000000001.jsonl']);
    expect(await verifyLog(join(path, SHOW))).toMatchObject({ events: 4, problem: undefined });
  } finally {
    execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true });
  }
});

test('the log, its folder, its snapshot and its lock are for nobody else’s eyes; a folder that was there stays as it is', async () => {
  const path = mkdtempSync(join(tmpdir(), 'pacebuddy-mode-'));
  try {
    const log = keptLog();
    const journal = await open(join(path, 'data'), log);
    await journal.append(entries(1, 3), 0);
    await journal.save({ lastEventSeq: 3, fingerprint: 'f', state: {} });
    const folder = join(path, 'data', SHOW);
    const names = readdirSync(folder);
    expect(names.sort()).toEqual(['000000000001.jsonl', 'lock', 'snapshot']);
    for (const name of ['.', '..', ...names]) expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
    expect(log.named('journal.readable')).toEqual([]);
    await journal.close();
    chmodSync(folder, 0o755);
    await (await open(join(path, 'data'), log)).close();
    expect(statSync(folder).mode & 0o777).toBe(0o755);
    expect(log.named('journal.readable')).toMatchObject([{ folder, level: 'info' }]);
  } finally {
    rmSync(path, { recursive: true });
  }
});

test('log repair says what it would keep, writes it beside, and the bridge’s own command proves it', async () => {
  const path = mkdtempSync(join(tmpdir(), 'pacebuddy-repair-'));
  try {
    const journal = await open(path);
    await journal.append(entries(1, 9), 0);
    await journal.close();
    const folder = join(path, SHOW);
    expect(await pacebuddy(['log', 'repair', folder])).toMatchObject({
      code: 0,
      out: expect.stringContaining('whole: 9'),
    });
    const file = join(folder, '000000000001.jsonl');
    const text = execFileSync('sed', ['5s/note/nope/', file]);
    writeFileSync(file, text);
    const dry = await pacebuddy(['log', 'repair', folder, '--dry-run']);
    expect(dry.code).toBe(1);
    expect(dry.out).toContain('would keep 4 events');
    expect(dry.out).toContain('events 5 to 9');
    expect(readdirSync(path)).toEqual([SHOW]);
    const { code, out } = await pacebuddy(['log', 'repair', folder, '--json']);
    expect(code).toBe(0);
    const { to, keeps, lost } = JSON.parse(out) as { to: string; keeps: number; lost: object };
    expect([keeps, lost]).toEqual([4, expect.objectContaining({ readable: 4, lastSeq: 9 })]);
    expect(await pacebuddy(['log', 'verify', to])).toMatchObject({ code: 0, out: expect.stringContaining('whole: 4') });
    expect(execFileSync('cat', [file])).toEqual(text);
    const again = await pacebuddy(['log', 'repair', folder, '--to', to]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });
  } finally {
    rmSync(path, { recursive: true });
  }
}, 60_000);
