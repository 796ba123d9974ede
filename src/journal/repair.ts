import { BridgeError } from '../kit/errors.js';
import { type Disk, type DiskFile, diskWords, systemDisk } from './disk.js';
import { readLine } from './line.js';
import { segmentName, segmentsAmong } from './segment.js';
import { type LogProblem, unreadable, verifyLog, walkLog } from './verify.js';

const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** What of a broken log can go on, and what cannot. */
export interface RepairReport {
  /** What is wrong; undefined for a whole log, of which nothing is written. */
  problem: LogProblem | undefined;
  /** Events 1 to this one are whole and without a gap. */
  keeps: number;
  /** Behind them. */
  lost: {
    /** Of the files, in bytes. */
    bytes: number;
    /** How many events there can still be read, one by one. */
    readable: number;
    /** The highest number that was seen, in the log or by its snapshot. */
    lastSeq: number;
  };
  /** The folder that was written; undefined when nothing was. */
  to: string | undefined;
}

/**
 * Saves what can be saved of a log into a new folder: its events up to the first bad place as a log that a bridge takes,
 * and what is behind as it is, in files `*.lost`. Never writes to the log itself.
 * @param folder  the show's own folder.
 * @param to  must not be there yet; undefined writes nothing and only tells.
 * @throws JOURNAL_UNAVAILABLE when the folder cannot be read, or the new one not written
 */
export async function repairLog(folder: string, to?: string, disk: Disk = systemDisk()): Promise<RepairReport> {
  const { problem, events, snapshotSeq = 0 } = await verifyLog(folder, disk);
  const lost = { bytes: 0, readable: 0, lastSeq: Math.max(events, snapshotSeq) };
  if (!problem) return { problem, keeps: events, lost, to: undefined };
  try {
    if (to !== undefined) await makeNew(disk, to);
    const put = async (name: string, file: DiskFile, from: number, end: number) => {
      if (to !== undefined && end > from) await copyPart(disk, file, `${to}/${name}`, from, end);
    };
    const good = new Map<string, number>();
    for await (const { segment } of walkLog(folder, disk, 1)) good.set(segment.name, segment.bytes);
    for (const name of segmentsAmong(await disk.list(folder)).map(segmentName)) {
      const file = await disk.open(`${folder}/${name}`, 'read');
      try {
        const size = await file.size();
        const end = good.get(name) ?? 0;
        await put(name, file, 0, end);
        await put(`${name}.lost`, file, end, size);
        lost.bytes += size - end;
        const seqs = await readableIn(file, end, size);
        lost.readable += seqs.length;
        lost.lastSeq = seqs.reduce((most, seq) => Math.max(most, seq), lost.lastSeq);
      } finally {
        await file.close();
      }
    }
    if (to !== undefined) await disk.syncFolder(to);
  } catch (error) {
    throw unreadable(folder, error);
  }
  return { problem, keeps: events, lost, to };
}

async function makeNew(disk: Disk, to: string): Promise<void> {
  if (await disk.facts(to)) throw new BridgeError('JOURNAL_UNAVAILABLE', `${to} is there already; name a new folder`);
  try {
    await disk.makeFolder(to);
  } catch (error) {
    throw new BridgeError('JOURNAL_UNAVAILABLE', `${to} cannot be made: ${diskWords(error)}`, { cause: error });
  }
}

async function copyPart(disk: Disk, from: DiskFile, path: string, start: number, end: number): Promise<void> {
  const copy = await disk.open(path, 'create');
  try {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (let at = start; at < end; ) {
      const count = await from.read(piece.subarray(0, Math.min(piece.length, end - at)), at);
      if (count === 0) break;
      await copy.write(piece.subarray(0, count));
      at += count;
    }
    await copy.sync();
  } finally {
    await copy.close();
  }
}

/** The numbers of the events whose own line is whole. */
async function readableIn(file: DiskFile, from: number, end: number): Promise<number[]> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(end - from, 0));
  await file.read(bytes, from);
  const seqs: number[] = [];
  for (let at = 0, newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
    const seq = seqOf(readLine(bytes, at, newline));
    if (seq !== undefined) seqs.push(seq);
    at = newline + 1;
  }
  return seqs;
}

function seqOf(text: string | undefined): number | undefined {
  try {
    const { eventSeq } = JSON.parse(text ?? '{}') as { eventSeq?: unknown };
    return typeof eventSeq === 'number' && Number.isSafeInteger(eventSeq) ? eventSeq : undefined;
  } catch {
    return undefined;
  }
}
