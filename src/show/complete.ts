import { validateShowEvent } from '../generated/messages.js';
import { type Refusal, refused } from '../protocol/decision.js';
import type { Draft, Proposal } from '../protocol/envelope.js';
import { firstFault } from '../protocol/validate.js';
import { admit } from './admit.js';
import { completeAdvance, completeRevert } from './cues.js';
import { completeResolve, completeTrigger } from './emergencies.js';
import { completeSwap } from './mics.js';
import { completeNote } from './notes.js';
import { completeReorder } from './segments.js';
import { completeAcknowledgement, completeStandby } from './standby.js';
import type { ShowState } from './state.js';

/**
 * Makes of a draft the proposal that its presser would have written, had they seen the show. What the draft says stays
 * as it is; what only the server writes (patch, eventSeq, recordedAt, withheld) is dropped; the rest of an unknown
 * newer minor is kept. The proposal has been checked against the schema.
 * @param nowMs  the server's time, in milliseconds since 1970.
 */
export function complete(state: ShowState, draft: Draft, nowMs: number): { ok: true; proposal: Proposal } | Refusal {
  const admitted = admit(draft);
  if (!admitted.ok) return admitted;
  const completed = completePayload(state, draft, nowMs);
  if (!completed.ok) return completed;
  const { patch, eventSeq, recordedAt, withheld, ...wish } = draft as Draft & Record<string, unknown>;
  const proposal: unknown = { ...wish, payload: completed.payload };
  if (!validateShowEvent(proposal)) {
    const fault = firstFault(validateShowEvent);
    return refused('VALIDATION_FAILED', fault?.message ?? 'the message does not fit the schema', fault?.pointer ?? '');
  }
  return { ok: true, proposal: proposal as Proposal };
}

function completePayload(state: ShowState, draft: Draft, nowMs: number): { ok: true; payload: object } | Refusal {
  switch (draft.eventType) {
    case 'CueAdvanced':
      return completeAdvance(state, draft.payload, nowMs);
    case 'CueReverted':
      return completeRevert(state, draft.payload, nowMs);
    case 'CueStandbySet':
      return completeStandby(state, draft.payload);
    case 'CueStandbyAcknowledged':
      return completeAcknowledgement(state, draft.payload);
    case 'SegmentReordered':
      return completeReorder(state, draft.payload);
    case 'MicSwapped':
      return completeSwap(state, draft.payload);
    case 'NoteAdded':
      return completeNote(state, draft.payload, draft.messageId);
    case 'EmergencyTriggered':
      return { ok: true, payload: completeTrigger(draft.payload, draft.messageId) };
    case 'EmergencyResolved':
      return completeResolve(state, draft.payload);
    default:
      return { ok: true, payload: draft.payload };
  }
}
