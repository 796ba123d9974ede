import type { Entry, Journal } from '../journal/journal.js';
import type { Clock } from '../kit/clock.js';
import type { BridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';
import type { StampSettings, Standing } from './stamp.js';

/**
 * What begins once an event is durable, and never before: for each event of a batch `perform`, then each proposer's
 * answer, then one `publish`. Of an event that another node wrote there is `publish` alone. What throws here is logged
 * and stops nothing.
 */
export interface Effects {
  /**
   * While the disk works on a press that nothing is before: may find out what `perform` will do, if it comes to that.
   * Nothing of it may be seen outside.
   */
  prepare?(event: ShowEvent, state: ShowState): void;
  /** The device outputs of an event that was taken here, once. `state` is the show after the event. */
  perform(event: ShowEvent, state: ShowState): void;
  /** The fan-out. `state` is the show after the last of `entries`. */
  publish(entries: readonly Entry[], state: ShowState): void;
  /** The log cannot be written from now on: nothing is taken until an event is stored again, which `publish` tells. */
  unavailable?(): void;
  /** Why the log cannot be written has become another reason, or none; within 1.5 s, whether or not somebody presses. */
  journal?(failure: BridgeError | undefined): void;
}

/** What is saved beside the log: the state, the time that no later event may go below, and `showSinceSeq`. */
export interface SavedStanding {
  show: ShowState;
  recordedMs: number;
  showSinceSeq: number;
  /** It was saved by a bridge that was stopped on purpose: all that it was to send was told. Left out by those that run on. */
  isEnd?: boolean;
}

/** What `openSequencer` has opened and recovered for the writer. */
export interface SequencerParts extends StampSettings {
  showId: string;
  fingerprint: string;
  journal: Journal;
  /** What the journal holds. */
  recovered: Standing;
  /** How far the saved state beside the log goes; below 0 when there is none that can be used. */
  savedSeq: number;
  /** Where the log stood when the show file, or this program, last became another; -1 when it never did. */
  showSinceSeq: number;
  /** The bridge before this one was stopped on purpose, and nothing was written since. */
  wasStopped: boolean;
  clock: Clock;
  log: Log;
  effects: Effects;
}
