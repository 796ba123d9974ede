import type { ReceivedEvent } from '../protocol/envelope.js';
import { applyCallFailed, applyCallSent, applyExternalCue } from './calls.js';
import { applyAdvance, applyRevert } from './cues.js';
import { applyCallFired, applyDevice, applyOutput } from './devices.js';
import { applyResolve, applyTrigger } from './emergencies.js';
import { applyAssign, applySwap } from './mics.js';
import { applyNoteAdded, applyNoteDeleted, applyNoteUpdated } from './notes.js';
import { applyReorder } from './segments.js';
import { applyAcknowledgement, applyStandby } from './standby.js';
import type { ShowState } from './state.js';
import { applyTimerOverride, applyTimerPaused, applyTimerReset, applyTimerStarted } from './timers.js';

/**
 * What is true afterwards. Total: every event applies, live or replayed, and none throws. What names something that the
 * show file no longer holds, an event type of a newer minor, and a payload that was withheld change nothing. Everything
 * that does not change is the same object as before; when nothing changes, the state itself is.
 */
export function apply(state: ShowState, event: ReceivedEvent): ShowState {
  // A withheld deletion still names its note, so that whoever holds it lets go of it.
  if (event.withheld === true && event.eventType !== 'NoteDeleted') return state;
  switch (event.eventType) {
    case 'CueAdvanced':
      return applyAdvance(state, event);
    case 'CueReverted':
      return applyRevert(state, event.payload);
    case 'CueStandbySet':
      return applyStandby(state, event.payload);
    case 'CueStandbyAcknowledged':
      return applyAcknowledgement(state, event.payload);
    case 'SegmentReordered':
      return applyReorder(state, event.payload);
    case 'MicAssigned':
      return applyAssign(state, event.payload);
    case 'MicSwapped':
      return applySwap(state, event.payload);
    case 'NoteAdded':
      return applyNoteAdded(state, event);
    case 'NoteUpdated':
      return applyNoteUpdated(state, event);
    case 'NoteDeleted':
      return applyNoteDeleted(state, event.payload);
    case 'TimerStarted':
      return applyTimerStarted(state, event);
    case 'TimerPaused':
      return applyTimerPaused(state, event);
    case 'TimerReset':
      return applyTimerReset(state, event);
    case 'TimerSetOverride':
      return applyTimerOverride(state, event);
    case 'EmergencyTriggered':
      return applyTrigger(state, event);
    case 'EmergencyResolved':
      return applyResolve(state, event.payload, event.recordedAt);
    case 'DeviceStatusChanged':
      return applyDevice(state, event);
    case 'OutputSent':
    case 'OutputConfirmed':
      return applyCallSent(applyOutput(state, event), event);
    case 'OutputFailed':
      return applyCallFailed(applyOutput(state, event), event);
    case 'CallFired':
      return applyCallFired(state, event.payload);
    case 'ExternalCueFired':
      return applyExternalCue(state, event);
    case 'SnapshotRequested':
    case 'ClientPresenceUpdated':
      return state;
    default:
      return unknownType(state, event);
  }
}

/** A new event type does not compile until it is applied; one of a newer minor only advances the sequence. */
function unknownType(state: ShowState, _event: never): ShowState {
  return state;
}
