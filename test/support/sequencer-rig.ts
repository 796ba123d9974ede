import type { Role } from '../../src/generated/types.js';
import type { Disk } from '../../src/journal/disk.js';
import type { Entry } from '../../src/journal/journal.js';
import { newId } from '../../src/kit/ids.js';
import type { Outcome } from '../../src/protocol/decision.js';
import type { Draft, ShowEvent } from '../../src/protocol/envelope.js';
import { openSequencer, type Sequencer } from '../../src/sequencer/sequencer.js';
import { initialState, type ShowState } from '../../src/show/state.js';
import { fileJournal, SHOW } from './journal-rig.js';
import { showFile } from './live-show.js';
import { keptLog } from './log-lines.js';
import { TestClock } from './test-clock.js';

/** A show of `cues` cues: c0, c1, … */
export const showOf = (cues: number) =>
  showFile({
    version: 1,
    title: 'Rig',
    acts: [
      {
        id: 'a',
        segments: [{ id: 's', cues: Array.from({ length: cues }, (_, i) => ({ id: `c${i}`, number: `${i}` })) }],
      },
    ],
    timers: [{ id: 't' }],
  });

/** What a client or a device wishes; what is left out has a default. */
export interface Wished {
  eventType?: string;
  payload?: object;
  messageId?: string;
  role?: Role;
  deviceId?: string;
  showId?: string;
  [more: string]: unknown;
}

export const draftOf = ({ role = 'stageManager', deviceId = 'desk', ...wished }: Wished = {}): Draft =>
  ({
    kind: 'event',
    version: '1.1.0',
    messageId: newId(),
    showId: SHOW,
    eventType: 'CueAdvanced',
    createdAt: '2026-03-01T19:30:00.000Z',
    actor: { userId: `u-${role}`, role, deviceId },
    payload: {},
    ...wished,
  }) as unknown as Draft;

/** What happened outside, in the order in which it did. */
export type Happening =
  | { what: 'performed'; event: ShowEvent; state: ShowState }
  | { what: 'answered'; messageId: string; outcome: Outcome }
  | { what: 'published'; entries: readonly Entry[]; state: ShowState };

export interface OpenedShow {
  sequencer: Sequencer;
  clock: TestClock;
  log: ReturnType<typeof keptLog>;
  happened: Happening[];
  propose(wished?: Wished): Promise<Outcome>;
}

export async function openShow(
  disk: Disk,
  options: {
    cues?: number;
    goGuardMs?: number;
    patches?: boolean;
    clock?: TestClock;
    fingerprint?: string;
    /** Effects.unavailable */
    unavailable?: () => void;
  } = {},
): Promise<OpenedShow> {
  const { cues = 20, goGuardMs = 0, patches = false, clock = new TestClock(), fingerprint = 'f1' } = options;
  const log = keptLog();
  const happened: Happening[] = [];
  const sequencer = await openSequencer({
    showId: SHOW,
    initial: initialState(showOf(cues)),
    fingerprint,
    openJournal: fileJournal(disk, clock, log.log),
    goGuardMs,
    patches,
    clock,
    log: log.log,
    effects: {
      perform: (event, state) => void happened.push({ what: 'performed', event, state }),
      publish: (entries, state) => void happened.push({ what: 'published', entries, state }),
      unavailable: () => options.unavailable?.(),
    },
  });
  return {
    sequencer,
    clock,
    log,
    happened,
    propose: (wished) =>
      new Promise((resolve) => {
        const draft = draftOf(wished);
        sequencer.propose(draft, (outcome) => {
          happened.push({ what: 'answered', messageId: draft.messageId, outcome });
          resolve(outcome);
        });
      }),
  };
}
