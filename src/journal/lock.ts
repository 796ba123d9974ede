import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Clock, MonoMs } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import { judge, type Process, thisProcess } from './process-life.js';

/** How often the holder says that it lives. */
const BEAT_MS = 1000;
/** A holder on another machine, or in another container, that is silent for so long has lost the lock. */
const SILENCE_MS = 5000;
/** Within which nobody can have taken the lock since the last beat; with room for a slow disk. */
const LEASE_MS = SILENCE_MS / 2;
const LOOK_MS = 200;
/** How often others may be first before we give up. */
const ROUNDS_MAX = 100;

/** A folder that is held. */
export interface FolderLock {
  /** It was taken from a holder elsewhere that was silent, and may still have the log's file open. */
  readonly fromSilent: boolean;
  /** Who took it from us, once somebody has. */
  readonly lost: BridgeError | undefined;
  /** Whether the last beat is so young that nobody can have taken it. Costs nothing. */
  isFresh(): boolean;
  /** Makes sure that it is ours still. @throws JOURNAL_UNAVAILABLE naming who has it now; the system's own error */
  confirm(): Promise<void>;
  /** Gives the folder back. Idempotent, never throws. */
  release(): void;
}

interface Holder extends Process {
  id: string;
}

/** A lock file as it is read. */
interface Found {
  path: string;
  /** Tells it from every other lock there ever was. */
  id: string;
  holder: Holder | undefined;
  /** Changes with each beat. */
  beat: string;
}

const futimes = promisify(fs.futimes);

function read(path: string): Found | undefined {
  let fd: number;
  try {
    // Opened each time: a network disk then asks its server.
    fd = fs.openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { ino, mtimeMs } = fs.fstatSync(fd);
    const text = fs.readFileSync(fd, 'utf8');
    const holder = parseHolder(text);
    return { path, id: holder?.id ?? `${ino}-${mtimeMs}`, holder, beat: `${ino} ${mtimeMs} ${text}` };
  } finally {
    fs.closeSync(fd);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { id, pid, host, boot, namespace, start } = JSON.parse(text) as Record<keyof Holder, unknown>;
    if (typeof id !== 'string' || !/^[\w-]+$/.test(id) || !Number.isSafeInteger(pid)) return undefined;
    const words = [host, boot, namespace, start].map((word) => (typeof word === 'string' ? word : ''));
    const [hostName, bootId, space, began] = words as [string, string, string, string];
    return { id, pid: pid as number, host: hostName, boot: bootId, namespace: space, start: began };
  } catch {
    return undefined;
  }
}

/**
 * The lock, and who came after its holder: `lock.ID` is made by whoever takes over from the holder ID. An ID is never
 * used again, and a file is made once, so each holder has one successor at most. The last one holds the folder.
 */
function chainFrom(path: string): Found[] {
  const chain: Found[] = [];
  let next = read(path);
  while (next && chain.length < ROUNDS_MAX) {
    chain.push(next);
    next = read(`${path}.${next.id}`);
  }
  return chain;
}

const nameOf = (holder: Holder | undefined): string =>
  holder ? `process ${holder.pid} on ${holder.host || 'another machine'}` : 'another process';

const locked = ({ path, holder }: Found): BridgeError =>
  new BridgeError('JOURNAL_LOCKED', `${nameOf(holder)} holds this journal (${path})`);

/** Gives a whole file a second name, unless that is taken: a lock is there with all that it says, or not at all. */
function madeAs(own: string, path: string): boolean {
  try {
    fs.linkSync(own, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // FAT, exFAT and some network disks have one name a file.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
  }
  try {
    fs.copyFileSync(own, path, fs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @returns whether the holder said nothing for as long as it may; false when the lock became another. @throws JOURNAL_LOCKED */
async function isSilent(found: Found, clock: Clock): Promise<boolean> {
  const since = clock.mono();
  while (clock.mono() - since < SILENCE_MS) {
    await clock.sleep(LOOK_MS);
    const now = read(found.path);
    if (now?.id !== found.id) return false;
    if (now.beat !== found.beat) throw locked(found);
  }
  return true;
}

/** Called with why the lock is waited for, in plain words. */
export type OnWait = (why: string) => void;

/** Makes `path` ours. @returns whether its last holder may live elsewhere. @throws JOURNAL_LOCKED */
async function take(path: string, own: string, id: string, clock: Clock, onWait: OnWait): Promise<boolean> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const chain = chainFrom(path);
    const last = chain[chain.length - 1];
    if (!last) {
      if (madeAs(own, path)) return false;
      continue;
    }
    const life = last.holder ? judge(last.holder, path) : 'unknown';
    if (life === 'alive') throw locked(last);
    if (life === 'unknown') {
      onWait(`${nameOf(last.holder)} may hold this journal; it is followed after ${SILENCE_MS} ms of silence`);
      if (!(await isSilent(last, clock))) continue;
    }
    const next = `${path}.${last.id}`;
    if (!madeAs(own, next)) continue;
    // Between our look and our file another may have taken over and tidied up: then ours hangs on nothing.
    if (chainFrom(path).at(-1)?.id !== id) {
      fs.rmSync(next, { force: true });
      continue;
    }
    fs.renameSync(next, path);
    for (const before of chain.slice(1)) fs.rmSync(before.path, { force: true });
    return life === 'unknown';
  }
  throw new BridgeError('JOURNAL_LOCKED', `others take this journal again and again (${path})`);
}

function writeWhole(path: string, text: string): void {
  const fd = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Keeps every other process out of `folder`, also one in another container or on another machine, by a file `lock` that
 * names this one and is touched each second. A holder that is provably dead (its process is gone or nobody has reaped
 * it, its machine began anew) is followed at once; one elsewhere only after 5 s of silence.
 * @throws JOURNAL_LOCKED naming the process, or the system's own error
 */
export async function lockFolder(folder: string, clock: Clock, onWait: OnWait = () => {}): Promise<FolderLock> {
  const path = resolve(join(folder, 'lock'));
  const holder: Holder = { id: randomUUID(), ...thisProcess(), host: hostname() };
  const own = `${path}.${holder.id}.new`;
  writeWhole(own, JSON.stringify(holder));
  try {
    const fromSilent = await take(path, own, holder.id, clock, onWait);
    return new HeldFolder(path, fromSilent, clock);
  } finally {
    fs.rmSync(own, { force: true });
  }
}

class HeldFolder implements FolderLock {
  readonly fromSilent: boolean;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #fd: number;
  readonly #ending = new AbortController();
  #beatAt: MonoMs;
  #beating: Promise<void> | undefined;
  #lost: BridgeError | undefined;

  constructor(path: string, fromSilent: boolean, clock: Clock) {
    this.#path = path;
    this.fromSilent = fromSilent;
    this.#clock = clock;
    this.#fd = fs.openSync(path, 'r+');
    this.#beatAt = clock.mono();
    void this.#live();
  }

  get lost(): BridgeError | undefined {
    return this.#lost;
  }

  isFresh(): boolean {
    return !this.#lost && this.#clock.mono() - this.#beatAt < LEASE_MS;
  }

  async confirm(): Promise<void> {
    if (!this.#lost) await this.#beat();
    if (this.#lost) throw this.#lost;
  }

  release(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    try {
      // An old lease may be another's lock by now. One that stays behind names a dead process, and is taken over.
      if (this.isFresh() && fs.fstatSync(this.#fd).ino === fs.statSync(this.#path).ino) fs.rmSync(this.#path);
    } catch {
      // The folder is gone; so is the lock.
    }
    // A beat that is under way still needs it.
    void (this.#beating ?? Promise.resolve()).catch(() => undefined).then(() => fs.close(this.#fd, () => undefined));
  }

  async #live(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted && !this.#lost) {
      await this.#clock.sleep(BEAT_MS, signal);
      if (!signal.aborted) await this.#beat().catch(() => undefined);
    }
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#touch().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #touch(): Promise<void> {
    const began = this.#clock.mono();
    const seconds = this.#clock.wall() / 1000;
    let isGone = false;
    try {
      await futimes(this.#fd, seconds, seconds);
      isGone = fs.fstatSync(this.#fd).nlink === 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESTALE') throw error;
      isGone = true;
    }
    if (!isGone) {
      this.#beatAt = began;
      return;
    }
    const now = chainFrom(this.#path).at(-1);
    const who = now ? `${nameOf(now.holder)} has taken this journal over` : 'somebody deleted the lock of this journal';
    this.#lost = new BridgeError(
      'JOURNAL_UNAVAILABLE',
      `${who} (${this.#path}); stop one of the two, and start this one anew`,
    );
  }
}
