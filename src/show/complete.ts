import { type ValidationFault, validateShowEvent } from '../generated/messages.js';
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
 * as it is; what only the server writes (patch, eventSeq, recordedAt, withheld) is dropped; members of a newer minor
 * are kept. The proposal fits the schema, whoever made the draft.
 * @param nowMs  the server's time, in milliseconds since 1970.
 * @param isWhole  the draft is known to fit the schema and to say nothing of what only the server writes.
 * @returns a proposal that shares no more than its actor and payload with the draft.
 */
export function complete(
  state: ShowState,
  draft: Draft,
  nowMs: number,
  isWhole = false,
): { ok: true; proposal: Proposal } | Refusal {
  const admitted = admit(draft);
  if (!admitted.ok) return admitted;
  const wish = isWhole ? draft : withoutServersWords(draft);
  const fits = isWhole || validateShowEvent(wish);
  const wrong = fits ? undefined : firstFault(validateShowEvent, isNotLack);
  if (wrong) return refused('VALIDATION_FAILED', wrong.message, wrong.pointer);
  const completed = completePayload(state, draft, nowMs);
  if (!completed.ok) return completed;
  const proposal = { ...wish, payload: completed.payload } as Proposal;
  if (fits || validateShowEvent(proposal)) return { ok: true, proposal };
  const fault = firstFault(validateShowEvent);
  return refused('VALIDATION_FAILED', fault?.message ?? 'the message does not fit the schema', fault?.pointer ?? '');
}

function withoutServersWords(draft: Draft): object {
  const { patch, eventSeq, recordedAt, withheld, ...wish } = draft as Draft & Record<string, unknown>;
  return wish;
}

/** What a draft says must fit; what it leaves out is still to be filled in. */
const isNotLack = ({ keyword, instancePath }: ValidationFault): boolean =>
  instancePath !== '/payload' || (keyword !== 'required' && keyword !== 'minProperties');

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
