import { basename } from 'node:path';
import { BridgeError, isBridgeError } from '../kit/errors.js';
import { readBlocks } from './blocks.js';
import { type Disk, diskWords, systemDisk } from './disk.js';
import type { Stretch } from './journal.js';
import { cutCrcs, skipLines } from './line.js';
import { type BadLine, scanSegment } from './scan.js';
import { type Block, Segment, segmentName, segmentsAmong } from './segment.js';
import { readSnapshot } from './snapshot-file.js';

const STRETCH_BYTES = 256 * 1024;

/** What is in a log folder, and the first thing that is wrong with it. */
export interface LogReport {
  /** The show of its events; undefined for an empty log. */
  showId: string | undefined;
  /** How many good events come before the first problem. */
  events: number;
  segments: number;
  /** How many bytes are good. */
  bytes: number;
  /** The last event that the snapshot beside it has seen, when that is more than the log holds. */
  snapshotSeq?: number;
  problem: LogProblem | undefined;
}

export interface LogProblem {
  /** The segment's name. */
  file: string;
  /** From 1. */
  line: number;
  why: string;
  /** Only the end is not whole: a write that is under way, or one that a crash cut off. The next start cuts it. */
  torn: boolean;
}

interface Walked {
  segment: Segment;
  problem: LogProblem | undefined;
}

/** Scans segment after segment up to the first problem, without a lock: a bridge may be running on the log. */
export async function* walkLog(
  folder: string,
  disk: Disk,
  fromSeq: number,
): AsyncGenerator<Walked & { showId?: string }> {
  const firsts = segmentsAmong(await disk.list(folder));
  const begin = Math.max(
    firsts.findLastIndex((firstSeq) => firstSeq <= fromSeq),
    0,
  );
  let expected = begin === 0 ? 1 : (firsts[begin] as number);
  let showId: string | undefined;
  for (const [index, firstSeq] of firsts.entries()) {
    if (index < begin) continue;
    const segment = new Segment(firstSeq);
    const file = segmentName(firstSeq);
    if (firstSeq !== expected) {
      const why = `event ${expected} should come here, but the segment begins with ${firstSeq}`;
      yield { segment, problem: { file, line: 1, why, torn: false } };
      return;
    }
    const handle = await disk.open(`${folder}/${file}`, 'read');
    let bad: BadLine | undefined;
    try {
      bad = await scanSegment(handle, segment, showId, (event) => {
        showId ??= event.showId;
      });
    } finally {
      await handle.close();
    }
    const torn = bad?.torn === true && index === firsts.length - 1;
    const problem = bad && { file, line: bad.line, why: bad.why, torn };
    yield { segment, problem, ...(showId === undefined ? {} : { showId }) };
    if (problem) return;
    expected = segment.lastSeq + 1;
  }
}

export const unreadable = (folder: string, error: unknown): BridgeError =>
  isBridgeError(error)
    ? error
    : new BridgeError('JOURNAL_UNAVAILABLE', `the log in ${folder} cannot be read: ${diskWords(error)}`, {
        cause: error,
      });

/**
 * Checks every line of a show's log: crc, number, show. Needs no lock; a bridge may be running on it.
 * @param folder  the show's own folder.
 * @throws JOURNAL_UNAVAILABLE when the folder cannot be read
 */
export async function verifyLog(folder: string, disk: Disk = systemDisk()): Promise<LogReport> {
  const report: LogReport = { showId: undefined, events: 0, segments: 0, bytes: 0, problem: undefined };
  try {
    for await (const { segment, problem, showId } of walkLog(folder, disk, 1)) {
      report.showId ??= showId;
      report.segments += 1;
      report.bytes += segment.bytes;
      report.events += segment.lastSeq - segment.firstSeq + 1;
      report.problem ??= problem;
    }
    const seen = await seenMore(folder, disk, report);
    if (seen) {
      report.snapshotSeq = seen.seq;
      if (!report.problem || report.problem.torn) report.problem = seen.problem;
    }
  } catch (error) {
    throw unreadable(folder, error);
  }
  return report;
}

/** A crash loses nothing that a snapshot has seen. Whoever reads while a bridge runs may find it newer than the log it read. */
async function seenMore(
  folder: string,
  disk: Disk,
  { showId, events }: LogReport,
): Promise<{ seq: number; problem: LogProblem } | undefined> {
  const snapshot = await readSnapshot(disk, folder, showId ?? basename(folder)).catch(() => undefined);
  if (typeof snapshot !== 'object' || snapshot.lastEventSeq <= events) return undefined;
  const last = segmentsAmong(await disk.list(folder)).at(-1) ?? 1;
  const why = `events ${events + 1} to ${snapshot.lastEventSeq} were stored once, and are gone`;
  return {
    seq: snapshot.lastEventSeq,
    problem: { file: segmentName(last), line: events - last + 2, why, torn: false },
  };
}

/**
 * Reads a log that a bridge may be running on, from event `fromSeq` to the end as it is when the reading gets to the
 * last segment. An end that is not whole is left out.
 * @param folder  the show's own folder.
 * @throws JOURNAL_CORRUPT with file and line, after everything before it was given; JOURNAL_UNAVAILABLE
 */
export async function* readLog(folder: string, fromSeq = 1, disk: Disk = systemDisk()): AsyncGenerator<Stretch> {
  try {
    for await (const { segment, problem } of walkLog(folder, disk, fromSeq)) {
      const handle = await disk.open(`${folder}/${segment.name}`, 'read');
      try {
        let seq = Math.max(fromSeq, segment.firstSeq);
        const blocks = seq > segment.lastSeq ? [] : segment.blocksFrom(seq);
        for await (const { blocks: group, bytes, bad } of readBlocks(handle, blocks, STRETCH_BYTES, false)) {
          if (bad) throw new BridgeError('JOURNAL_CORRUPT', `${segment.name} changed while it was read`);
          const lines = bytes.subarray(skipLines(bytes, seq - (group[0] as Block).firstSeq));
          const { lastSeq } = group[group.length - 1] as Block;
          yield { fromSeq: seq, lastSeq, lines: lines.subarray(0, cutCrcs(lines)) };
          seq = lastSeq + 1;
        }
      } finally {
        await handle.close();
      }
      if (problem && !problem.torn) {
        throw new BridgeError('JOURNAL_CORRUPT', `${problem.file}:${problem.line}: ${problem.why}`);
      }
    }
  } catch (error) {
    throw unreadable(folder, error);
  }
}
