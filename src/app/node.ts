import { OWNS_ALL, type Ownership } from '../devices/ownership.js';
import type { OpenJournal } from '../journal/journal.js';

/** This machine among several on one log. */
export interface NodeOptions {
  id: string;
  ownership: Ownership;
  openJournal: OpenJournal;
}

/** What this machine may do and say where others share its log; one that is alone may all, and says nothing of itself. */
export class Node {
  readonly #id: string | undefined;
  readonly ownership: Ownership;
  /** What is told of a device says whose it is. */
  readonly ours: { node?: string };

  constructor(options?: NodeOptions) {
    this.#id = options?.id;
    this.ownership = options?.ownership ?? OWNS_ALL;
    this.ours = options === undefined ? {} : { node: options.id };
  }

  owns(device: string): boolean {
    return this.ownership.owns(device);
  }

  /** Whether what the log tells of a device was told by this machine. */
  toldBy({ node }: { node?: string }): boolean {
    return this.#id === undefined || node === this.#id;
  }
}
