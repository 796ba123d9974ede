import type { Disk } from '../../src/journal/disk.js';
import { openFileJournal } from '../../src/journal/file-journal.js';
import type { Entry, Journal, OpenJournal, SavedState } from '../../src/journal/journal.js';
import type { Clock } from '../../src/kit/clock.js';
import type { Log } from '../../src/kit/log.js';
import type { ShowEvent } from '../../src/protocol/envelope.js';
import { keptLog } from './log-lines.js';
import { TestClock } from './test-clock.js';

export const SHOW = 'small';
export const PATH = '/data';
export const FOLDER = `${PATH}/${SHOW}`;
export const FIRST_SEGMENT = `${FOLDER}/000000000001.jsonl`;

export const idOf = (n: number): string => `0198a1b2-c3d4-7e5f-8a9b-${n.toString(16).padStart(12, '0')}`;

/** Event `seq` of the show, with a text that tells it from the others. */
export function entryOf(seq: number, text = `note ${seq}`, messageId = idOf(seq)): Entry {
  const event = {
    kind: 'event',
    version: '1.1.0',
    messageId,
    showId: SHOW,
    eventType: 'NoteAdded',
    createdAt: '2026-03-01T19:30:00.000Z',
    actor: { userId: 'u-sm', role: 'stageManager', deviceId: 'desk' },
    payload: { noteId: `n${seq}`, scope: { type: 'show' }, text },
    eventSeq: seq,
    recordedAt: '2026-03-01T19:30:00.000Z',
  } as ShowEvent;
  return { event, json: Buffer.from(JSON.stringify(event)) };
}

export const entries = (from: number, to: number, text?: string): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entryOf(from + i, text));

export interface OpenedJournal {
  journal: Journal;
  /** What recovery was given. */
  saved: SavedState | undefined;
  replayed: ShowEvent[];
  log: ReturnType<typeof keptLog>;
}

export async function openJournal(
  disk: Disk,
  options: { path?: string; segmentBytesMax?: number; fingerprint?: string } = {},
): Promise<OpenedJournal> {
  const log = keptLog();
  const replayed: ShowEvent[] = [];
  let saved: SavedState | undefined;
  const journal = await openFileJournal({
    path: PATH,
    showId: SHOW,
    fingerprint: 'f1',
    clock: new TestClock(),
    log: log.log,
    onSaved: (state) => {
      saved = state;
    },
    onEvent: (event) => replayed.push(event),
    disk,
    ...options,
  });
  return { journal, saved, replayed, log };
}

/** What a sequencer opens its log with: the embedded one, in `path`. */
export const fileJournal =
  (disk: Disk, clock: Clock, log: Log, path = PATH): OpenJournal =>
  (recovery) =>
    openFileJournal({ ...recovery, path, showId: SHOW, clock, log, disk });

/** Everything that is in the log of a journal or a sequencer from `fromSeq` on, as events. */
export async function readEvents(journal: Pick<Journal, 'read'>, fromSeq = 1): Promise<ShowEvent[]> {
  const events: ShowEvent[] = [];
  for await (const { lines } of journal.read(fromSeq)) {
    for (const line of lines.toString().split('\n')) if (line !== '') events.push(JSON.parse(line) as ShowEvent);
  }
  return events;
}
