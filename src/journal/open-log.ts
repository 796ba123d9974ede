import { toUtc, type WallMs } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { readBlocks } from './blocks.js';
import { type Disk, diskWords } from './disk.js';
import { type BadLine, scanSegment } from './scan.js';
import { Segment, segmentName, segmentsAmong } from './segment.js';
import { readSnapshot, SNAPSHOT_FILE, type Snapshot } from './snapshot-file.js';

const VERIFY_BYTES = 1024 * 1024;

/** A log as it was found: what is durable, and where. */
export interface FoundLog {
  segments: Segment[];
  lastEventSeq: number;
  /** The snapshot whose log is still, bit for bit, what lies there. */
  snapshot: Snapshot | undefined;
}

export interface LogReader {
  showId: string;
  fingerprint: string;
  /** Called at most once, before any event, with a snapshot that holds. */
  onSnapshot: (snapshot: Snapshot) => void;
  /** Called when there is a snapshot of another fingerprint: the show file, or the program, was another. */
  onOther: () => void;
  /** Called once for each event after the snapshot, in order. */
  onEvent: (event: ShowEvent) => void;
}

interface Place {
  disk: Disk;
  folder: string;
  log: Log;
  /** The wall clock, for the name of what is cut off. */
  wall: () => WallMs;
}

export const corrupt = (file: string, line: number, why: string): BridgeError =>
  new BridgeError('JOURNAL_CORRUPT', `${file}:${line}: ${why}`);

/**
 * Reads a show's log from its first event to its last, or from its snapshot on, and cuts a torn tail.
 * @throws JOURNAL_CORRUPT with file and line; the disk's own error
 */
export async function openLog(place: Place, reader: LogReader): Promise<FoundLog> {
  const { disk, folder } = place;
  const firsts = segmentsAmong(await disk.list(folder));
  const known = await wholeSnapshot(place, reader.showId);
  const snapshot = known && (await isUsable(place, known, reader, firsts)) ? known : undefined;
  const segments: Segment[] = [];
  if (snapshot) {
    reader.onSnapshot(snapshot);
    for (const { firstSeq, blocks } of snapshot.segments) {
      const segment = new Segment(firstSeq);
      for (const block of blocks) segment.restore(block);
      segments.push(segment);
    }
  }
  let lastEventSeq = snapshot?.lastEventSeq ?? 0;
  for (const [index, firstSeq] of firsts.entries()) {
    const isLast = index === firsts.length - 1;
    let segment = segments[index];
    if (segment && !isLast && firsts[index + 1] === segment.lastSeq + 1) continue;
    if (!segment) {
      if (firstSeq !== lastEventSeq + 1) {
        const why =
          firstSeq > lastEventSeq
            ? `events ${lastEventSeq + 1} to ${firstSeq - 1} are missing: the segment before it is gone`
            : `the segment before it goes on to event ${lastEventSeq}`;
        throw corrupt(segmentName(firstSeq), 1, why);
      }
      segment = new Segment(firstSeq);
      segments.push(segment);
    }
    const { name } = segment;
    const file = await disk.open(`${folder}/${name}`, 'read');
    let bad: BadLine | undefined;
    let size: number;
    try {
      bad = await scanSegment(file, segment, reader.showId, reader.onEvent);
      size = await file.size();
    } finally {
      await file.close();
    }
    lastEventSeq = segment.lastSeq;
    if (!bad) continue;
    const durable = known && lastEventSeq < known.lastEventSeq;
    if (!isLast || !bad.torn) throw corrupt(name, bad.line, bad.why);
    if (durable) throw corrupt(name, bad.line, `${bad.why}, and ${lostWords(lastEventSeq, known)}`);
    await cutTail(place, name, bad, size);
  }
  if (known && lastEventSeq < known.lastEventSeq) {
    const last = segments[segments.length - 1];
    throw corrupt(last?.name ?? segmentName(1), last?.lineOf(lastEventSeq + 1) ?? 1, lostWords(lastEventSeq, known));
  }
  return { segments, lastEventSeq, snapshot };
}

/** A crash loses nothing that a snapshot has seen: then this is not a torn tail, and cutting it would lose events. */
const lostWords = (lastEventSeq: number, { lastEventSeq: covered }: Snapshot): string =>
  `events ${lastEventSeq + 1} to ${covered} were stored once; restore the file, or delete the ${SNAPSHOT_FILE} beside it to go on without them`;

const ignored = ({ folder, log }: Place, why: string): undefined =>
  void log.info({ file: `${folder}/${SNAPSHOT_FILE}`, why }, 'snapshot.ignored');

async function wholeSnapshot(place: Place, showId: string): Promise<Snapshot | undefined> {
  try {
    const snapshot = await readSnapshot(place.disk, place.folder, showId);
    return typeof snapshot === 'string' ? ignored(place, snapshot) : snapshot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return ignored(place, diskWords(error));
  }
}

async function isUsable(
  place: Place,
  snapshot: Snapshot,
  reader: LogReader,
  firsts: readonly number[],
): Promise<boolean> {
  const same = snapshot.fingerprint === reader.fingerprint;
  if (!same) reader.onOther();
  const why = same ? await differenceOf(place, snapshot, firsts) : 'the show file, or this program, is another';
  if (why !== undefined) ignored(place, why);
  return why === undefined;
}

/** Whether the log below the snapshot is, bit for bit, what it was: one pass of crcs over large blocks. */
async function differenceOf(
  { disk, folder }: Place,
  { segments }: Snapshot,
  firsts: readonly number[],
): Promise<string | undefined> {
  for (const [index, { firstSeq, blocks }] of segments.entries()) {
    const name = segmentName(firstSeq);
    if (firsts[index] !== firstSeq) return `${name} is gone`;
    const file = await disk.open(`${folder}/${name}`, 'read');
    try {
      const last = blocks[blocks.length - 1];
      const covered = last ? last.offset + last.bytes : 0;
      if (index < segments.length - 1 && (await file.size()) !== covered) return `${name} is of another length`;
      for await (const { bad } of readBlocks(file, blocks, VERIFY_BYTES, true)) {
        if (bad) return `${name}: the bytes from ${bad.offset} on are not those that were stored`;
      }
    } finally {
      await file.close();
    }
  }
  return undefined;
}

/** Cuts what a crash left of the last write, and keeps the bytes beside the log. None of it was ever acknowledged. */
async function cutTail({ disk, folder, log, wall }: Place, name: string, bad: BadLine, size: number): Promise<void> {
  const keptAs = `${name}.torn-${toUtc(wall()).replaceAll(/[-:]/g, '')}`;
  const file = await disk.open(`${folder}/${name}`, 'append');
  try {
    const kept = await disk.open(`${folder}/${keptAs}`, 'replace');
    try {
      const piece = Buffer.alloc(VERIFY_BYTES);
      for (let at = bad.offset; at < size; at += piece.length) {
        await kept.append(piece.subarray(0, await file.read(piece, at)));
      }
    } finally {
      await kept.close();
    }
    await disk.syncFolder(folder);
    await file.truncate(bad.offset);
    await file.sync();
  } finally {
    await file.close();
  }
  const facts = { file: `${folder}/${name}`, line: bad.line, bytes: size - bad.offset, why: bad.why, keptAs };
  log.warn({ code: 'JOURNAL_TAIL_CUT', ...facts }, 'journal.tail-cut');
}
