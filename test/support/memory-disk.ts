/**
 * A disk in memory that can fail and forget: what was not synced is lost in a crash, wholly or in part, as on a machine
 * that loses its power.
 */
import { dirname } from 'node:path';
import type { Disk, DiskFile, FileFacts, OpenMode } from '../../src/journal/disk.js';
import type { FolderLock } from '../../src/journal/lock.js';
import { BridgeError } from '../../src/kit/errors.js';

export type Operation = 'open' | 'append' | 'write' | 'sync' | 'truncate' | 'read' | 'list' | 'rename' | 'makeFolder';

/** Something that goes wrong; a failing append puts its first `wrote` bytes into the file before it says so. */
export interface Fault {
  code: string;
  wrote?: number;
}

interface Node {
  inode: number;
  bytes: Buffer;
  /** As it is on the platter. */
  synced: Buffer;
}

export class MemoryDisk implements Disk {
  /** What the running machine sees. */
  readonly #files = new Map<string, Node>();
  /** Which names are on the platter. */
  #names = new Map<string, Node>();
  #locked = new Set<string>();
  #inodes = 0;
  /** Asked before each operation; what it gives goes wrong. */
  fault: ((operation: Operation, path: string) => Fault | undefined) | undefined;
  /** Awaited in each append before the bytes are in the file and again before they are durable. */
  pace: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve));
  /** How many appends became durable. */
  appends = 0;

  async makeFolder(path: string): Promise<void> {
    this.#check('makeFolder', path);
  }

  async list(folder: string): Promise<string[]> {
    this.#check('list', folder);
    return [...this.#files.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    this.#check('open', path);
    let node = this.#files.get(path);
    if (!node && (mode === 'read' || mode === 'append')) throw systemError('ENOENT', path);
    if (node && mode === 'create') throw systemError('EEXIST', path);
    if (!node || mode === 'replace') {
      node = { inode: ++this.#inodes, bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#files.set(path, node);
    }
    return this.#handle(path, node);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename', from);
    const node = this.#files.get(from);
    if (!node) throw systemError('ENOENT', from);
    this.#files.delete(from);
    this.#files.set(to, node);
  }

  async syncFolder(): Promise<void> {
    this.#names = new Map(this.#files);
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    const node = this.#files.get(path);
    return node && this.#factsOf(path, node);
  }

  async lock(folder: string): Promise<FolderLock> {
    if (this.#locked.has(folder)) throw new BridgeError('JOURNAL_LOCKED', `this process holds ${folder}`);
    this.#locked.add(folder);
    return {
      fromSilent: false,
      lost: undefined,
      isFresh: () => true,
      confirm: async () => {},
      release: () => void this.#locked.delete(folder),
    };
  }

  #factsOf(path: string, node: Node): FileFacts {
    const links = this.#files.get(path) === node ? 1 : 0;
    return { bytes: node.bytes.length, links, isOpenToOthers: false, device: 1, inode: node.inode };
  }

  /** @returns a file's bytes, to be looked at or changed in place. */
  bytesOf(path: string): Buffer {
    const node = this.#files.get(path);
    if (!node) throw systemError('ENOENT', path);
    return node.bytes;
  }

  put(path: string, bytes: Buffer): void {
    this.#files.set(path, { inode: ++this.#inodes, bytes, synced: bytes });
    this.#names = new Map(this.#files);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
    this.#names.delete(path);
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /**
   * The machine loses its power now. @returns the disk as it is found afterwards: everything synced, and of the rest as
   * much as chance has it. @param random  from 0 up to 1. This one is dead from here on.
   */
  crash(random: () => number): MemoryDisk {
    const below = (limit: number) => Math.floor(random() * limit);
    const after = new MemoryDisk();
    for (const [path, node] of random() < 0.5 ? this.#files : this.#names) {
      const { bytes, synced } = node;
      const tail = bytes.length > synced.length ? below(bytes.length - synced.length + 1) : 0;
      const kept = Buffer.concat([synced, bytes.subarray(synced.length, synced.length + tail)]);
      // Some file systems grow the file before its bytes are there.
      const zeros = tail > 0 && random() < 0.2 ? Buffer.alloc(below(64)) : Buffer.alloc(0);
      after.put(path, Buffer.concat([kept, zeros]));
    }
    this.fault = () => ({ code: 'EIO' });
    return after;
  }

  #handle(path: string, node: Node): DiskFile {
    let open = true;
    const check = (operation: Operation) => {
      if (!open) throw systemError('EBADF', path);
      this.#check(operation, path);
    };
    const add = (bytes: Uint8Array) => {
      node.bytes = Buffer.concat([node.bytes, bytes]);
    };
    return {
      size: async () => node.bytes.length,
      facts: () => this.#factsOf(path, node),
      read: async (into, position) => {
        check('read');
        return node.bytes.copy(into, 0, position, position + into.length);
      },
      append: async (bytes) => {
        // The caller may use its memory again as soon as the disk has failed.
        const copy = Buffer.from(bytes);
        await this.pace();
        const fault = open ? this.fault?.('append', path) : { code: 'EBADF' };
        if (fault) {
          add(copy.subarray(0, fault.wrote ?? 0));
          throw systemError(fault.code, path);
        }
        add(copy);
        await this.pace();
        check('sync');
        node.synced = node.bytes;
        this.appends += 1;
      },
      write: async (bytes) => {
        check('write');
        add(bytes);
      },
      sync: async () => {
        check('sync');
        node.synced = node.bytes;
      },
      truncate: async (length) => {
        check('truncate');
        node.bytes = node.bytes.subarray(0, length);
      },
      close: async () => {
        open = false;
      },
    };
  }

  #check(operation: Operation, path: string): void {
    const fault = this.fault?.(operation, path);
    if (fault) throw systemError(fault.code, path);
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: made by the test, '${path}'`), { code });
}
