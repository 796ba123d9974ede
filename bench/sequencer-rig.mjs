/** What the sequencer is measured with: a show of 2000 cues, wishes, and a log that forgets at once. */
import { v7 } from 'uuid';
import { openFileJournal } from '../dist/src/journal/file-journal.js';
import { NO_LIMITS } from '../dist/src/journal/journal.js';
import { MessageIndex } from '../dist/src/journal/message-index.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { silentLog } from '../dist/src/kit/log.js';
import { openSequencer } from '../dist/src/sequencer/sequencer.js';
import { Sequencer } from '../dist/src/sequencer/writer.js';
import { initialState } from '../dist/src/show/state.js';

const SEGMENTS = 40;
const CUES_EACH = 50;
export const CUES = SEGMENTS * CUES_EACH;
export const SHOW = 'bench';
const NO_EFFECTS = { perform: () => {}, publish: () => {} };

export const show = () =>
  initialState({
    version: 1,
    title: 'Bench',
    acts: [
      {
        id: 'a',
        segments: Array.from({ length: SEGMENTS }, (_, s) => ({
          id: `s${s}`,
          cues: Array.from({ length: CUES_EACH }, (_, c) => {
            const n = s * CUES_EACH + c;
            return { id: `c${n}`, number: `${n}`, calls: [] };
          }),
        })),
      },
    ],
    performers: [],
    mics: [],
    timers: [],
  });

/** The segment of cue `n`. */
export const segmentOf = (n) => `s${Math.floor(n / CUES_EACH)}`;

/** A bare GO. */
export const draft = () => ({
  kind: 'event',
  version: '1.1.0',
  messageId: v7(),
  showId: SHOW,
  eventType: 'CueAdvanced',
  createdAt: '2026-03-01T19:30:00.000Z',
  actor: { userId: 'u-sm-01', role: 'stageManager', deviceId: 'booth-button' },
  payload: {},
});

export const parts = (folder, { disk, ...more } = {}) => ({
  showId: SHOW,
  initial: show(),
  fingerprint: 'bench',
  openJournal: (recovery) =>
    openFileJournal({ ...recovery, path: folder, showId: SHOW, clock: systemClock(), log: silentLog, disk }),
  goGuardMs: 0,
  patches: false,
  clock: systemClock(),
  log: silentLog,
  effects: NO_EFFECTS,
  ...more,
});

/** A journal that forgets at once: what the rest costs. */
const nullJournal = () => {
  const index = new MessageIndex();
  return {
    failure: undefined,
    limits: NO_LIMITS,
    get lastEventSeq() {
      return index.size;
    },
    append: (entries) => {
      for (const { event } of entries) index.add(event.messageId, event.eventSeq);
      return Promise.resolve({ result: 'stored' });
    },
    seqOf: (messageId) => index.get(messageId),
    async *read() {},
    async *follow() {},
    save: async () => {},
    close: async () => {},
  };
};

export const withLog = (folder, more) => openSequencer(parts(folder, more));

export function withoutLog(more) {
  const recovered = { state: show(), seq: 0, recordedMs: 0 };
  return new Sequencer({ ...parts('', more), journal: nullJournal(), recovered, savedSeq: 0, showSinceSeq: -1 });
}
