import type { OpenJournal } from '../journal/journal.js';
import type { Clock } from '../kit/clock.js';
import type { Log } from '../kit/log.js';
import type { ShowState } from '../show/state.js';
import type { Effects, SavedStanding } from './contract.js';
import { follow, type StampSettings, type Standing } from './stamp.js';
import { Sequencer } from './writer.js';

export type { Sequencer } from './writer.js';

export interface SequencerOptions extends StampSettings {
  showId: string;
  /** The show before its first event. */
  initial: ShowState;
  /** What `initial` was made from: a saved state made from something else is not used. */
  fingerprint: string;
  /** The log: which one it is, and where, is the caller's business. */
  openJournal: OpenJournal;
  clock: Clock;
  log: Log;
  effects: Effects;
}

/**
 * Opens a show's log and takes up where it ends. Recovery applies events and nothing else: it fires no cue, answers
 * nobody and publishes nothing.
 * @throws what opening the log throws
 */
export async function openSequencer(options: SequencerOptions): Promise<Sequencer> {
  const { initial, log } = options;
  const fingerprint = `${options.fingerprint}/${initial.schemaVersion}`;
  let recovered: Standing = { state: initial, seq: 0, recordedMs: 0 };
  let savedSeq = -1;
  let wasStopped = false;
  let changed = false;
  let since = -1;
  /** The cue that the log ends at; undefined when the saved state knows. */
  let endsAt: string | null | undefined;
  const journal = await options.openJournal({
    fingerprint,
    onFailure: (failure) => options.effects.journal?.(failure),
    onSaved: ({ lastEventSeq: seq, state }) => {
      const { show, recordedMs, showSinceSeq, isEnd = false } = state as SavedStanding;
      wasStopped = isEnd;
      recovered = { state: show, seq, recordedMs };
      savedSeq = seq;
      since = showSinceSeq;
    },
    onOther: () => {
      changed = true;
    },
    onEvent: (event) => {
      wasStopped = false;
      recovered = follow(recovered, event);
      if (event.eventType === 'CueAdvanced' || event.eventType === 'CueReverted') endsAt = event.payload.toCueId;
    },
  });
  const { currentCueId } = recovered.state;
  if (endsAt !== undefined && endsAt !== currentCueId) {
    const detail = `the log ends at cue ${endsAt}, which the show file has no more; the show stands at ${currentCueId ?? 'its beginning'}`;
    log.warn({ code: 'SHOW_FILE_CHANGED', detail }, 'show.changed');
  }
  const showSinceSeq = changed ? recovered.seq : since;
  return new Sequencer({ ...options, fingerprint, journal, recovered, savedSeq, showSinceSeq, wasStopped });
}
