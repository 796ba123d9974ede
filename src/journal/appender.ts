import { BridgeError, isBridgeError } from '../kit/errors.js';
import { type Disk, type DiskFile, diskWords } from './disk.js';
import type { AppendResult, Entry } from './journal.js';
import { LineBuffer } from './line.js';
import type { MessageIndex } from './message-index.js';
import { Segment } from './segment.js';

/** How much may wait for the disk, in bytes. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

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

  get failure(): BridgeError | undefined {
    return this.#failure;
  }

  /** @throws JOURNAL_UNAVAILABLE: then nothing of it is in the log. INTERNAL for entries that fit no line. */
  append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new BridgeError('JOURNAL_UNAVAILABLE', 'the log is closed'));
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
    await this.#running;
    // What a failed write left is not to be found by the next start.
    if (!this.#file) await this.#reopen().catch(() => undefined);
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
        await this.#cutBack();
        this.#fail(batch, error);
      }
      lines.clear();
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
    if (!this.#file) await this.#reopen();
    if (this.#segment.bytes >= this.#parts.segmentBytesMax) await this.#begin(new Segment(this.#segment.lastSeq + 1));
    // A file that somebody deleted still takes all that is written, and loses it. Looked at while the disk works.
    const written = this.#file?.append(lines);
    const isDeleted = this.#file?.isDeleted?.();
    await written;
    if (isDeleted) throw this.#unavailable('the file was deleted while the bridge ran');
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
  async #cutBack(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
    await this.#reopen().catch(() => undefined);
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

  /** Opens the segment's file afresh, and cuts it to what is durable. */
  async #reopen(): Promise<void> {
    const segment = this.#segment;
    const file = await this.#parts.disk.open(this.#path(segment), 'append');
    try {
      const size = await file.size();
      if (size < segment.bytes) {
        throw this.#unavailable(`the file has ${size} bytes, but ${segment.bytes} were stored in it`);
      }
      if (size > segment.bytes) {
        await file.truncate(segment.bytes);
        await file.sync();
      }
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    this.#file = file;
  }

  /** Makes the file of a new segment and goes on in it. */
  async #begin(segment: Segment): Promise<void> {
    const { disk, folder, segments } = this.#parts;
    const file = await disk.open(this.#path(segment), 'append');
    try {
      // An earlier try may have left something.
      if ((await file.size()) > 0) await file.truncate(0);
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    const old = this.#file;
    this.#file = file;
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
