import { accepted, type Decision } from '../protocol/decision.js';
import type { Proposal } from '../protocol/envelope.js';
import { admit } from './admit.js';
import { decideAdvance, decideCallFired, decideRevert, type Now } from './cues.js';
import { decideDevice } from './devices.js';
import { decideResolve, decideTrigger } from './emergencies.js';
import { decideAssign, decideSwap } from './mics.js';
import { decideNoteAdded, decideNoteChanged } from './notes.js';
import { decideReorder } from './segments.js';
import { decideAcknowledgement, decideStandby } from './standby.js';
import type { ShowState } from './state.js';
import { decideTimerChanged, decideTimerStarted } from './timers.js';

export type { Now } from './cues.js';

/**
 * May this happen, as the show stands? No clock, no I/O, no throw. The role is looked at first.
 * @param proposal  as `complete` made it: complete, and checked against the schema.
 */
export function decide(state: ShowState, proposal: Proposal, now: Now): Decision {
  const admitted = admit(proposal);
  return admitted.ok ? decideByType(state, proposal, now) : admitted;
}

function decideByType(state: ShowState, proposal: Proposal, now: Now): Decision {
  switch (proposal.eventType) {
    case 'CueAdvanced':
      return decideAdvance(state, proposal.payload, now);
    case 'CueReverted':
      return decideRevert(state, proposal.payload);
    case 'CueStandbySet':
      return decideStandby(state, proposal.payload);
    case 'CueStandbyAcknowledged':
      return decideAcknowledgement(state, proposal.payload, proposal.actor);
    case 'SegmentReordered':
      return decideReorder(state, proposal.payload);
    case 'MicAssigned':
      return decideAssign(state, proposal.payload);
    case 'MicSwapped':
      return decideSwap(state, proposal.payload);
    case 'NoteAdded':
      return decideNoteAdded(state, proposal.payload, proposal.actor);
    case 'NoteUpdated':
    case 'NoteDeleted':
      return decideNoteChanged(state, proposal.payload, proposal.actor);
    case 'TimerStarted':
      return decideTimerStarted(state, proposal.payload);
    case 'TimerPaused':
    case 'TimerReset':
    case 'TimerSetOverride':
      return decideTimerChanged(state, proposal.eventType, proposal.payload);
    case 'EmergencyTriggered':
      return decideTrigger(state, proposal.payload);
    case 'EmergencyResolved':
      return decideResolve(state, proposal.payload);
    case 'CallFired':
      return decideCallFired(state, proposal.payload, now);
    case 'DeviceStatusChanged':
      return decideDevice(state, proposal.payload);
    case 'OutputSent':
    case 'OutputConfirmed':
    case 'OutputFailed':
    case 'ExternalCueFired':
    case 'SnapshotRequested':
    case 'ClientPresenceUpdated':
      return accepted;
    default:
      return assertNever(proposal);
  }
}

/** A new event type does not compile until it is decided. */
function assertNever(_proposal: never): Decision {
  return accepted;
}
