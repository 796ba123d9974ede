import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BridgeError } from '../kit/errors.js';

/** Gives a folder back. Idempotent, never throws. */
export type Release = () => void;

/** Which process holds a folder. `life` differs when the machine or the process number began anew. */
interface Holder {
  pid: number;
  life: string;
}

const LOCK_FILE = 'lock';
const held = new Set<string>();

/** What tells this pid from the same number after a restart of the machine. Empty where the system does not say. */
function lifeOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // proc(5): the name, in brackets, may hold anything; the start time is the 20th field behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}

function isAlive({ pid, life }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = lifeOf(pid);
  return life === '' || now === '' || life === now;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    if (!Number.isSafeInteger(holder?.pid)) return undefined;
    return { pid: holder?.pid as number, life: String(holder?.life ?? '') };
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const locked = (path: string, pid: number): BridgeError =>
  new BridgeError('JOURNAL_LOCKED', `process ${pid} holds this journal (${path})`);

/**
 * Takes a dead process's lock out of the way. Of two that try at once, the second finds a fresh lock in its hand and
 * puts it back.
 */
function removeStale(path: string, seen: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = readText(aside);
  if (taken !== seen) {
    renameSync(aside, path);
    throw locked(path, parseHolder(taken ?? '')?.pid ?? 0);
  }
  rmSync(aside, { force: true });
}

/**
 * Keeps every other process out of `folder` by a file `lock` that names this one. The lock of a process that is dead, or
 * of an earlier life of this process number, is taken over, so that a restart after a kill or a power cut needs no hand.
 * @throws JOURNAL_LOCKED naming the process, or the system's own error
 */
export function lockFolder(folder: string): Release {
  const path = resolve(join(folder, LOCK_FILE));
  if (held.has(path)) throw locked(path, process.pid);
  const mine = JSON.stringify({ pid: process.pid, life: lifeOf(process.pid) } satisfies Holder);
  const seen = readText(path);
  if (seen !== undefined) {
    // One that cannot be read is what a power cut leaves of it.
    const holder = parseHolder(seen);
    if (holder && holder.pid !== process.pid && isAlive(holder)) throw locked(path, holder.pid);
    removeStale(path, seen);
  }
  try {
    writeFileSync(path, mine, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw locked(path, parseHolder(readText(path) ?? '')?.pid ?? 0);
    throw error;
  }
  held.add(path);
  return () => {
    if (!held.delete(path)) return;
    try {
      if (readText(path) === mine) rmSync(path, { force: true });
    } catch {
      // A lock that stays behind names a dead process, and is taken over.
    }
  };
}
