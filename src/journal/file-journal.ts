import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '../kit/clock.js';
import { BridgeError, isBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import { Appender } from './appender.js';
import { type BlockGroup, readBlocks } from './blocks.js';
import { type Disk, diskWords, systemDisk } from './disk.js';
import { fenceLast } from './fence.js';
import {
  type AppendResult,
  type Entry,
  type Followed,
  type Journal,
  NO_LIMITS,
  type Recovery,
  type SavedState,
  type Stretch,
} from './journal.js';
import { cutCrcs, skipLines } from './line.js';
import type { FolderLock } from './lock.js';
import { MessageIndex } from './message-index.js';
import { corrupt, type FoundLog, openLog } from './open-log.js';
import type { Block, Segment } from './segment.js';
import { type CoveredSegment, SNAPSHOT_FILE, writeSnapshot } from './snapshot-file.js';
import { LogWatch } from './watch.js';

/** How long a segment's file gets before the next one begins, in bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** About how long a stretch is that `read` gives, in bytes. */
const STRETCH_BYTES = 256 * 1024;

export interface FileJournalOptions extends Recovery {
  /** The folder of all logs; the show's is the one below it of the show's name. Made if it is missing. */
  path: string;
  showId: string;
  clock: Clock;
  log: Log;
  /** In bytes. */
  segmentBytesMax?: number;
  disk?: Disk;
}

/**
 * Opens a show's log in a folder of its own, reads what is in it, and keeps every other process out.
 * @throws JOURNAL_CORRUPT with file and line; JOURNAL_LOCKED naming the process; JOURNAL_UNAVAILABLE
 */
export async function openFileJournal(options: FileJournalOptions): Promise<Journal> {
  const { path, showId, fingerprint, clock, log, disk = systemDisk() } = options;
  const folder = join(path, showId);
  const startedAt = clock.mono();
  let lock: FolderLock | undefined;
  try {
    await disk.makeFolder(folder);
    if ((await disk.facts(folder))?.isOpenToOthers) log.info({ folder }, 'journal.readable');
    lock = await disk.lock(folder, (why) => log.info({ folder, why }, 'journal.waiting'));
    if (lock.fromSilent) await fenceLast(disk, folder);
    const index = new MessageIndex();
    const found = await openLog(
      { disk, folder, log, wall: () => clock.wall() },
      {
        showId,
        fingerprint,
        onSnapshot: ({ keys, lastEventSeq, state }) => {
          index.load(keys);
          options.onSaved({ lastEventSeq, fingerprint, state });
        },
        onOther: () => options.onOther?.(),
        onEvent: (event) => {
          index.add(event.messageId, event.eventSeq);
          options.onEvent(event);
        },
      },
    );
    const appender = await Appender.open({
      disk,
      folder,
      lock,
      segments: found.segments,
      segmentBytesMax: options.segmentBytesMax ?? SEGMENT_BYTES,
      index,
    });
    const { lastEventSeq, snapshot, segments } = found;
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const facts = { folder, seq: lastEventSeq, segments: segments.length, bytes, snapshotSeq: snapshot?.lastEventSeq };
    log.info({ ...facts, tookMs: Math.round(clock.mono() - startedAt) }, 'journal.opened');
    const watch = new LogWatch(appender, clock, () => {
      const { failure } = watch;
      if (failure) log.error({ code: failure.code, detail: failure.message }, 'journal.troubled');
      else log.info({ folder }, 'journal.untroubled');
      options.onFailure?.(failure);
    });
    return new FileJournal({ disk, folder, showId, log, index, segments, appender, watch, lock });
  } catch (error) {
    lock?.release();
    if (isBridgeError(error)) throw error;
    throw new BridgeError('JOURNAL_UNAVAILABLE', `the log in ${folder} cannot be opened: ${diskWords(error)}`, {
      cause: error,
    });
  }
}

interface Parts {
  disk: Disk;
  folder: string;
  showId: string;
  log: Log;
  index: MessageIndex;
  segments: FoundLog['segments'];
  appender: Appender;
  watch: LogWatch;
  lock: FolderLock;
}

class FileJournal implements Journal {
  readonly limits = NO_LIMITS;
  readonly #parts: Parts;
  #saving: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get lastEventSeq(): number {
    return this.#parts.index.size;
  }

  get failure(): Error | undefined {
    return this.#parts.watch.failure;
  }

  append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult> {
    return this.#parts.appender.append(entries, expectedSeq);
  }

  seqOf(messageId: string): number | undefined {
    return this.#parts.index.get(messageId);
  }

  async *read(fromSeq: number, signal?: AbortSignal): AsyncGenerator<Stretch> {
    let seq = Math.max(fromSeq, 1);
    while (seq <= this.lastEventSeq && !signal?.aborted) {
      const segment = this.#segmentOf(seq);
      const { lastSeq } = segment;
      for await (const { blocks, bytes, bad } of this.#blocks(segment, segment.blocksFrom(seq), false)) {
        if (bad) throw badBlock(segment, bad);
        const first = blocks[0] as Block;
        const last = blocks[blocks.length - 1] as Block;
        const lines = bytes.subarray(skipLines(bytes, seq - first.firstSeq));
        yield { fromSeq: seq, lastSeq: last.lastSeq, lines: lines.subarray(0, cutCrcs(lines)) };
        seq = last.lastSeq + 1;
        if (signal?.aborted) return;
      }
      // A block that is still being filled has more in the next round; a segment that gave nothing has no more.
      if (seq <= lastSeq) throw corrupt(segment.name, segment.lineOf(seq), 'the line is gone');
    }
  }

  /** The lock keeps every other writer out: there is nobody to follow. */
  async *follow(): AsyncGenerator<Followed> {}

  save(saved: SavedState): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save(saved));
    return this.#saving;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { appender, watch, lock } = this.#parts;
    watch.close();
    await this.#saving;
    await appender.close();
    lock.release();
  }

  async #save(saved: SavedState): Promise<void> {
    const { disk, folder, showId, log, index, lock } = this.#parts;
    if (saved.lastEventSeq === 0 || lock.lost) return;
    try {
      const segments = await this.#covered(saved.lastEventSeq);
      await writeSnapshot(disk, folder, { ...saved, showId, segments }, index.keys(saved.lastEventSeq));
      log.debug({ seq: saved.lastEventSeq }, 'snapshot.saved');
    } catch (error) {
      const detail = isBridgeError(error) ? error.message : diskWords(error);
      log.warn({ code: 'JOURNAL_UNAVAILABLE', file: `${folder}/${SNAPSHOT_FILE}`, detail }, 'snapshot.failed');
    }
  }

  /** The segments up to event `lastSeq`. Of the block that holds it, which may have grown since, only that part. */
  async #covered(lastSeq: number): Promise<CoveredSegment[]> {
    const covered: CoveredSegment[] = [];
    for (const segment of this.#parts.segments) {
      if (segment.firstSeq > lastSeq) break;
      const blocks: Block[] = [];
      for (const block of segment.blocksFrom(segment.firstSeq)) {
        if (block.firstSeq > lastSeq) break;
        blocks.push(block);
      }
      const last = blocks[blocks.length - 1] as Block;
      if (last.lastSeq > lastSeq) blocks[blocks.length - 1] = await this.#partOf(segment, last, lastSeq);
      covered.push({ firstSeq: segment.firstSeq, blocks });
    }
    return covered;
  }

  async #partOf(segment: Segment, block: Block, lastSeq: number): Promise<Block> {
    for await (const { bytes, bad } of this.#blocks(segment, [block], true)) {
      if (bad) break;
      const part = bytes.subarray(0, skipLines(bytes, lastSeq - block.firstSeq + 1));
      return { ...block, lastSeq, bytes: part.length, crc: crc32(part) };
    }
    throw badBlock(segment, block);
  }

  async *#blocks(segment: Segment, blocks: Iterable<Block>, reuse: boolean): AsyncGenerator<BlockGroup> {
    const { disk, folder } = this.#parts;
    const path = `${folder}/${segment.name}`;
    try {
      const file = await disk.open(path, 'read');
      try {
        yield* readBlocks(file, blocks, STRETCH_BYTES, reuse);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw new BridgeError('JOURNAL_UNAVAILABLE', `${path} cannot be read: ${diskWords(error)}`, { cause: error });
    }
  }

  #segmentOf(seq: number): Segment {
    const { segments } = this.#parts;
    let index = segments.length - 1;
    while (index > 0 && (segments[index] as Segment).firstSeq > seq) index -= 1;
    return segments[index] as Segment;
  }
}

const badBlock = (segment: Segment, { firstSeq, lastSeq }: Block): BridgeError =>
  corrupt(
    segment.name,
    segment.lineOf(firstSeq),
    `one of the lines to ${segment.lineOf(lastSeq)} was changed since it was stored`,
  );
