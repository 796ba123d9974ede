import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '../kit/clock.js';
import { type FolderLock, lockFolder, type OnWait } from './lock.js';

/** What a file is at one moment. */
export interface FileFacts {
  bytes: number;
  /** In how many folders it is; 0 once it was deleted: what is written to it then is lost. */
  links: number;
  /** Whether other users of the machine may read it; false where the system knows no such thing. */
  isOpenToOthers: boolean;
  /** Together they tell one file from another, whatever its name. */
  device: number;
  inode: number;
}

export const isSameFile = (a: FileFacts, b: FileFacts): boolean => a.device === b.device && a.inode === b.inode;

/** One open file. Every call runs off the event loop and rejects with the system's own error (`code`: ENOSPC, EIO …). */
export interface DiskFile {
  /** In bytes. */
  size(): Promise<number>;
  /** The file as it is now, whatever its name has become. Answers at once. @throws the system's own error */
  facts(): FileFacts;
  /** Fills `into` from `position` on. @returns how many bytes there were; less than asked only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Puts all of `bytes` at the end of the file and makes them durable: one call, for systems that can do both in one. */
  append(bytes: Uint8Array): Promise<void>;
  /** Puts all of `bytes` at the end of the file; durable after `sync`. */
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * read, append: an existing file. create: one that was not there. replace: emptied, or made. The `append` of all but
 * `read` is durable.
 */
export type OpenMode = 'read' | 'append' | 'create' | 'replace';

/** What the journal needs of a disk: small enough for a test to put a slow, a full or a forgetful one in its place. */
export interface Disk {
  /** Makes a folder with its parents. One that is there already is fine. */
  makeFolder(path: string): Promise<void>;
  /** The names of the files in a folder. */
  list(folder: string): Promise<string[]>;
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** The file that has this name now; undefined when there is none. */
  facts(path: string): Promise<FileFacts | undefined>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes new and renamed files of a folder durable, where the system can. */
  syncFolder(path: string): Promise<void>;
  /** Keeps other processes out of a folder. @throws JOURNAL_LOCKED, or the system's own error */
  lock(folder: string, onWait: OnWait): Promise<FolderLock>;
}

const calls = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  fstat: promisify(fs.fstat),
  stat: promisify(fs.stat),
  fdatasync: promisify(fs.fdatasync),
  fsync: promisify(fs.fsync),
  truncate: promisify(fs.ftruncate),
};

/**
 * With O_DSYNC a write is durable when it returns, which saves one trip through the thread pool. Only Linux means it:
 * macOS takes the flag but flushes the drive's own cache on F_FULLFSYNC alone, which Node's fdatasync does.
 */
const DURABLE_WRITES = process.platform === 'linux' ? fs.constants.O_DSYNC : 0;

/** The log names people, and notes for few eyes: it is for this user alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

const FLAGS: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  append: fs.constants.O_RDWR | fs.constants.O_APPEND | DURABLE_WRITES,
  create: fs.constants.O_RDWR | fs.constants.O_APPEND | DURABLE_WRITES | fs.constants.O_CREAT | fs.constants.O_EXCL,
  replace: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_APPEND,
};

function readSome(fd: number, into: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, at, into.length - at, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeAll(fd: number, bytes: Uint8Array, at = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, at, bytes.length - at, null, (error, count) => {
      if (error) return reject(error);
      // A short write comes before the error that says why; the rest meets it.
      if (at + count < bytes.length) return resolve(writeAll(fd, bytes, at + count));
      resolve();
    });
  });
}

const factsOf = ({ size, nlink, mode, dev, ino }: fs.Stats): FileFacts => ({
  bytes: size,
  links: nlink,
  isOpenToOthers: process.platform !== 'win32' && (mode & 0o007) !== 0,
  device: dev,
  inode: ino,
});

class SystemFile implements DiskFile {
  readonly #fd: number;
  readonly #appendIsDurable: boolean;

  constructor(fd: number, appendIsDurable: boolean) {
    this.#fd = fd;
    this.#appendIsDurable = appendIsDurable;
  }

  size = async (): Promise<number> => (await calls.fstat(this.#fd)).size;
  facts = (): FileFacts => factsOf(fs.fstatSync(this.#fd));

  async read(into: Uint8Array, position: number): Promise<number> {
    let at = 0;
    while (at < into.length) {
      const count = await readSome(this.#fd, into, at, position + at);
      if (count === 0) break;
      at += count;
    }
    return at;
  }

  append(bytes: Uint8Array): Promise<void> {
    const written = writeAll(this.#fd, bytes);
    return this.#appendIsDurable ? written : written.then(() => calls.fdatasync(this.#fd));
  }

  write = (bytes: Uint8Array): Promise<void> => writeAll(this.#fd, bytes);
  sync = (): Promise<void> => calls.fsync(this.#fd);
  truncate = (length: number): Promise<void> => calls.truncate(this.#fd, length);
  close = (): Promise<void> => calls.close(this.#fd);
}

type MakeFolder = (path: string, options?: { recursive?: true; mode: number }) => Promise<unknown>;

/**
 * Makes a folder with its parents. Node's way to make all at once says ENOENT for a read-only or full disk: whoever is to
 * mend it needs the system's own word, which one folder alone brings out.
 * @param mkdir  the system's, or a test's.
 */
export async function makeFolder(path: string, mkdir: MakeFolder = fs.promises.mkdir): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw (await refusalOf(resolve(path), mkdir)) ?? error;
  }
}

/** Why the uppermost folder that is missing cannot be made; undefined when it can. */
async function refusalOf(path: string, mkdir: MakeFolder): Promise<Error | undefined> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    return code === 'ENOENT' && parent !== path ? refusalOf(parent, mkdir) : (error as Error);
  }
}

/** The machine's own disk. */
export function systemDisk(clock: Clock = systemClock()): Disk {
  return {
    makeFolder: (path) => makeFolder(path),
    list: (folder) => fs.promises.readdir(folder),
    open: async (path, mode) =>
      new SystemFile(await calls.open(path, FLAGS[mode], FILE_MODE), (FLAGS[mode] & DURABLE_WRITES) !== 0),
    facts: async (path) => {
      try {
        return factsOf(await calls.stat(path));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw error;
      }
    },
    rename: (from, to) => fs.promises.rename(from, to),
    remove: (path) => fs.promises.rm(path, { force: true }),
    syncFolder: async (path) => {
      // Windows opens no folders, and needs no such flush.
      if (process.platform === 'win32') return;
      const fd = await calls.open(path, fs.constants.O_RDONLY);
      try {
        await calls.fsync(fd);
      } finally {
        await calls.close(fd);
      }
    },
    lock: (folder, onWait) => lockFolder(folder, clock, onWait),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EIO: 'the disk reports an input/output error',
  ENXIO: 'the disk is gone',
  ENODEV: 'the disk is gone',
  EBADF: 'the file is no longer open',
  ENOENT: 'the folder or file is gone',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'there is a folder of that name',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EEXIST: 'somebody else made a file of that name',
  ESTALE: 'the network disk is gone',
};

/** A disk's error in plain words, with the system's code behind: `the disk is full (ENOSPC)`. */
export function diskWords(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message ?? String(error);
  return WORDS[code] === undefined ? `${message}` : `${WORDS[code]} (${code})`;
}
