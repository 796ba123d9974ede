import { BridgeError, isBridgeError } from '../kit/errors.js';
import { readBlocks } from './blocks.js';
import { type Disk, type DiskFile, diskWords, type FileFacts, isSameFile } from './disk.js';
import type { AppendResult, Entry } from './journal.js';
import { LineBuffer } from './line.js';
import type { FolderLock } from './lock.js';
import type { MessageIndex } from './message-index.js';
import { Segment } from './segment.js';

/** How much may wait for the disk, in bytes. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** How much is read at once where a file is proven. */
const PROVEN_BYTES = 1024 * 1024;
/** More than the event of any press. */
const PROBE_BYTES = 64 * 1024;

/** One call of `append` that waits for the disk. */
interface Waiting {
  entries: readonly Entry[];
  /** The length of each entry's line, in bytes. */
  lengths: readonly number[];
  /** Of all its lines together. */
  bytes: number;
  resolve: (result: AppendResult) => void;
  reject: (error: BridgeError) => void;
}

interface Parts {
  disk: Disk;
  folder: string;
  lock: FolderLock;
  /** What is durable; grows as events become it. */
  segments: Segment[];
  /** In bytes: after it a new segment begins. */
  segmentBytesMax: number;
  index: MessageIndex;
}

/**
 * Group commit: while the disk is busy with one write, what comes is collected, and written together next. So one press
 * pays for one write, and a crowd shares it.
 */
export class Appender {
  readonly #parts: Parts;
  #file: DiskFile | undefined;
  #segment: Segment;
  #filling = new LineBuffer();
  #writing = new LineBuffer();
  #waiting: Waiting[] = [];
  /** The number of the last event that was taken in, durable or not. */
  #claimedSeq: number;
  #failure: BridgeError | undefined;
  #running: Promise<void> | undefined;
  /** Which file the segment's is. */
  #which: FileFacts | undefined;
  /** How much a failed write may have left behind the segment, in bytes. */
  #leftBytes = 0;
  /** Somebody else had their hands on the file: before anything is written to it, it is proven to be what it was. */
  #isTouched = false;
  /** What others did to a segment that is not written to any more. */
  #damage: BridgeError | undefined;
  #steps = 0;
  #closed = false;

  private constructor(parts: Parts, segment: Segment) {
    this.#parts = parts;
    this.#segment = segment;
    this.#claimedSeq = parts.index.size;
  }

  /** Opens the last segment to write to it, or makes the first one. @throws the disk's own error */
  static async open(parts: Parts): Promise<Appender> {
    const { segments } = parts;
    const last = segments[segments.length - 1];
    const appender = new Appender(parts, last ?? new Segment(1));
    if (last) await appender.#reopen();
    else await appender.#begin(appender.#segment);
    return appender;
  }

  /** Why nothing can be written now, if so. */
  get failure(): BridgeError | undefined {
    return this.#failure;
  }

  /** Whether something waits for the disk. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** How often the disk has answered; who finds it unchanged, and something waiting, knows that the disk hangs. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Looks whether the log is still what it was, where nothing is being written; after a failure, whether its cause is
   * gone. Sets or clears `failure`. Never rejects.
   */
  async inspect(): Promise<void> {
    if (this.#running || this.#closed) return;
    this.#running = this.#inspect().then(() => {
      this.#steps += 1;
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#running = this.#run();
    });
    await this.#running;
  }

  /** @throws JOURNAL_UNAVAILABLE: then nothing of it is in the log. INTERNAL for entries that fit no line. */
  append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new BridgeError('JOURNAL_UNAVAILABLE', 'the log is closed'));
      const { lost } = this.#parts.lock;
      if (lost) return reject(lost);
      if (expectedSeq !== this.#claimedSeq) {
        return resolve({ result: 'behind', lastEventSeq: this.#parts.index.size });
      }
      if (this.#filling.length > WAITING_BYTES_MAX) {
        return reject(this.#unavailable(`more than ${WAITING_BYTES_MAX} bytes wait to be written`));
      }
      const before = this.#filling.length;
      let lengths: number[];
      try {
        lengths = entries.map(({ json }) => this.#filling.add(json));
      } catch (error) {
        this.#filling.clear(before);
        return reject(error as BridgeError);
      }
      this.#claimedSeq += entries.length;
      this.#waiting.push({ entries, lengths, bytes: this.#filling.length - before, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits for what was begun. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
    // What a failed write left is not to be found by the next start.
    if (!this.#file && !this.#parts.lock.lost) await this.#reopen().catch(() => undefined);
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #run(): Promise<void> {
    let bytes = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch(bytes);
      const lines = this.#writing;
      bytes = lines.length;
      try {
        await this.#store(lines.view());
        this.#settle(batch, lines.view());
      } catch (error) {
        await this.#cutBack(lines.length);
        this.#fail(batch, error);
      }
      lines.clear();
      this.#steps += 1;
    }
    this.#running = undefined;
  }

  /**
   * What is written next, its lines in `#writing`: about as much as makes two writes in a row alike. Whoever asks again
   * once answered would otherwise stay in step for ever, one press in one write and all others in the next, while the
   * disk and the processor wait for each other in turn.
   * @param bytesBefore  what the last write held; 0 for the first, which takes all there is.
   */
  #nextBatch(bytesBefore: number): Waiting[] {
    const all = this.#filling.length;
    const enough = bytesBefore === 0 ? all : (all + bytesBefore) / 2;
    let bytes = 0;
    let count = 0;
    while (bytes < enough && count < this.#waiting.length) bytes += (this.#waiting[count++] as Waiting).bytes;
    if (bytes === all) {
      const batch = this.#waiting;
      const lines = this.#filling;
      this.#waiting = [];
      this.#filling = this.#writing;
      this.#writing = lines;
      return batch;
    }
    this.#filling.moveTo(this.#writing, bytes);
    return this.#waiting.splice(0, count);
  }

  async #store(lines: Buffer): Promise<void> {
    const { disk, lock } = this.#parts;
    if (this.#damage) throw this.#damage;
    if (!lock.isFresh()) await lock.confirm();
    if (!this.#file) await this.#reopen();
    if (this.#segment.bytes >= this.#parts.segmentBytesMax) await this.#begin(new Segment(this.#segment.lastSeq + 1));
    const file = this.#file as DiskFile;
    const written = file.append(lines);
    // A file that was renamed or deleted still takes all that is written. Looked at while the disk works.
    const named = disk.facts(this.#path(this.#segment)).catch((error: Error) => error);
    await written;
    // From here on whatever was done to the file shows in its length, and a log that was taken over is deleted.
    const difference = this.#differenceOf(file.facts(), await named, this.#segment.bytes + lines.length);
    if (difference !== undefined) {
      await takeOut(file, lines).catch(() => undefined);
      throw this.#touched(difference);
    }
    // We may have stood still for long: nothing counts that was written under a lock that somebody else has by now.
    if (!lock.isFresh()) await lock.confirm();
  }

  /** What others did to the segment's file, in plain words. @param bytes  how long it must be. */
  #differenceOf(file: FileFacts, named: FileFacts | undefined | Error, bytes: number): string | undefined {
    if (named instanceof Error) return diskWords(named);
    if (named && !isSameFile(file, named)) return 'another file was put in its place while the bridge ran';
    if (!named || file.links === 0) return 'the file was deleted or renamed while the bridge ran';
    if (file.bytes === bytes) return undefined;
    return `others ${file.bytes > bytes ? 'wrote to it' : 'cut it'} while the bridge ran: it has ${file.bytes} bytes, not ${bytes}`;
  }

  async #damageTo(segments: readonly Segment[]): Promise<BridgeError | undefined> {
    for (const segment of segments) {
      const path = this.#path(segment);
      const bytes = (await this.#parts.disk.facts(path))?.bytes;
      if (bytes === segment.bytes) continue;
      const how = bytes === undefined ? 'is gone' : `has ${bytes} bytes, not ${segment.bytes}`;
      return new BridgeError('JOURNAL_UNAVAILABLE', `${path} was changed while the bridge ran: it ${how}`);
    }
    return undefined;
  }

  #touched(how: string): BridgeError {
    this.#isTouched = true;
    return this.#unavailable(how);
  }

  async #inspect(): Promise<void> {
    const { disk, folder, lock, segments } = this.#parts;
    const before = this.#failure;
    try {
      if (lock.lost) throw lock.lost;
      this.#damage = await this.#damageTo(segments.slice(0, -1));
      if (this.#damage) throw this.#damage;
      if (this.#file) {
        const named = await disk.facts(this.#path(this.#segment));
        const how = this.#differenceOf(this.#file.facts(), named, this.#segment.bytes);
        if (how !== undefined) throw this.#touched(how);
      }
      if (!before && !this.#isTouched) return;
      await this.#dropFile();
      await this.#reopen();
      await tryDisk(disk, folder);
      this.#failure = undefined;
    } catch (error) {
      if (this.#isTouched) await this.#dropFile();
      const failure = isBridgeError(error) ? error : this.#unavailable(diskWords(error), error);
      this.#failure = before?.message === failure.message ? before : failure;
    }
  }

  /** The batch is durable: from here on it counts. */
  #settle(batch: readonly Waiting[], lines: Buffer): void {
    const { index } = this.#parts;
    const segment = this.#segment;
    let from = 0;
    let to = 0;
    let count = 0;
    const keep = () => {
      if (count > 0) segment.add(lines.subarray(from, to), count);
      from = to;
      count = 0;
    };
    for (const { entries, lengths } of batch) {
      for (const [i, { event }] of entries.entries()) {
        index.add(event.messageId, event.eventSeq);
        to += lengths[i] as number;
        count += 1;
        if (to - from >= segment.room) keep();
      }
    }
    keep();
    this.#failure = undefined;
    for (const { resolve } of batch) resolve({ result: 'stored' });
  }

  /** Takes out again what got to the file. Where that fails as well, the next append does it before it writes. */
  async #cutBack(bytes: number): Promise<void> {
    await this.#dropFile();
    // What others had their hands on, and what is another's by now, is not ours to cut.
    if (this.#isTouched || this.#parts.lock.lost) return;
    this.#leftBytes = Math.max(this.#leftBytes, bytes);
    await this.#reopen().catch(() => undefined);
  }

  async #dropFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  /** Nothing of the batch, nor of what waits behind it, is in the log. */
  #fail(batch: readonly Waiting[], cause: unknown): void {
    const all = [...batch, ...this.#waiting];
    this.#waiting = [];
    this.#filling.clear();
    this.#claimedSeq = this.#parts.index.size;
    this.#failure = isBridgeError(cause) ? cause : this.#unavailable(diskWords(cause), cause);
    for (const { reject } of all) reject(this.#failure);
  }

  /** Opens the segment's file afresh, proves what others may have changed, and cuts off what a failed write left. */
  async #reopen(): Promise<void> {
    const segment = this.#segment;
    const file = await this.#parts.disk.open(this.#path(segment), 'append');
    try {
      const facts = file.facts();
      const isOther = this.#which !== undefined && !isSameFile(this.#which, facts);
      const tooMany = facts.bytes - segment.bytes;
      if (tooMany < 0) throw this.#touched(`the file has ${facts.bytes} bytes, but ${segment.bytes} were stored in it`);
      if (tooMany > (this.#isTouched || isOther ? 0 : this.#leftBytes)) {
        throw this.#touched(`others wrote ${tooMany} bytes behind the ${segment.bytes} that were stored in it`);
      }
      if (this.#isTouched || isOther) await this.#prove(file);
      if (tooMany > 0) {
        await file.truncate(segment.bytes);
        await file.sync();
      }
      this.#which = facts;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    this.#file = file;
    this.#leftBytes = 0;
    this.#isTouched = false;
  }

  /** A file that was put back must be, bit for bit, what was stored. @throws JOURNAL_UNAVAILABLE */
  async #prove(file: DiskFile): Promise<void> {
    for await (const { bad } of readBlocks(file, this.#segment.blocks, PROVEN_BYTES, true)) {
      if (bad) throw this.#touched(`the bytes from ${bad.offset} on are not those that were stored`);
    }
  }

  /** Makes the file of a new segment and goes on in it. */
  async #begin(segment: Segment): Promise<void> {
    const { disk, folder, segments } = this.#parts;
    const path = this.#path(segment);
    const file = await disk.open(path, 'create').catch(async (error) => {
      // An earlier try may have got so far. One that holds something is somebody else's.
      if ((await disk.facts(path))?.bytes !== 0) throw error;
      return disk.open(path, 'append');
    });
    try {
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    const old = this.#file;
    this.#file = file;
    this.#which = file.facts();
    this.#segment = segment;
    segments.push(segment);
    await old?.close().catch(() => undefined);
  }

  #path(segment: Segment): string {
    return `${this.#parts.folder}/${segment.name}`;
  }

  #unavailable(why: string, cause?: unknown): BridgeError {
    return new BridgeError('JOURNAL_UNAVAILABLE', `${this.#path(this.#segment)} cannot be written: ${why}`, { cause });
  }
}

/** Takes our lines out of a file again, if they are its end. */
async function takeOut(file: DiskFile, lines: Buffer): Promise<void> {
  const at = file.facts().bytes - lines.length;
  if (at < 0) return;
  const end = Buffer.alloc(lines.length);
  await file.read(end, at);
  if (!end.equals(lines)) return;
  await file.truncate(at);
  await file.sync();
}

/** Whether the disk takes bytes again. @throws the system's own error */
async function tryDisk(disk: Disk, folder: string): Promise<void> {
  const path = `${folder}/probe`;
  const file = await disk.open(path, 'replace');
  try {
    await file.append(Buffer.alloc(PROBE_BYTES));
  } finally {
    await file.close().catch(() => undefined);
    await disk.remove(path);
  }
}
