import type { SegmentReordered } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import { withoutEarly } from './calls.js';
import type { ShowState } from './state.js';

/** Fills in the act and the place that the segment has now. */
export function completeReorder(
  state: ShowState,
  draft: Partial<SegmentReordered>,
): { ok: true; payload: SegmentReordered } | Refusal {
  const { segmentId, toIndex } = draft;
  if (segmentId === undefined) return refused('VALIDATION_FAILED', 'segmentId is missing', '/payload/segmentId');
  if (toIndex === undefined) return refused('VALIDATION_FAILED', 'toIndex is missing', '/payload/toIndex');
  const act = state.acts.find((it) => indexOf(it.segments, segmentId) >= 0);
  const actId = draft.actId ?? act?.id;
  const fromIndex = draft.fromIndex ?? (act ? indexOf(act.segments, segmentId) : undefined);
  if (actId === undefined || fromIndex === undefined) return unknownSegment(segmentId);
  return { ok: true, payload: { ...draft, actId, segmentId, fromIndex, toIndex } };
}

export const unknownSegment = (segmentId: string): Refusal =>
  refused('NOT_FOUND', `the show has no segment ${segmentId}`, '/payload/segmentId');

export const hasSegment = (state: ShowState, segmentId: string): boolean =>
  state.acts.some(({ segments }) => indexOf(segments, segmentId) >= 0);

const indexOf = (segments: readonly { id: string }[], segmentId: string): number =>
  segments.findIndex(({ id }) => id === segmentId);

export function decideReorder(state: ShowState, payload: SegmentReordered): Decision {
  const { actId, segmentId, fromIndex, toIndex } = payload;
  const act = state.acts.find(({ id }) => id === actId);
  if (!act) return refused('NOT_FOUND', `the show has no act ${actId}`, '/payload/actId');
  const index = indexOf(act.segments, segmentId);
  if (index < 0) return refused('NOT_FOUND', `act ${actId} has no segment ${segmentId}`, '/payload/segmentId');
  if (index !== fromIndex) {
    return refused('CONFLICT', `segment ${segmentId} stands at ${index}, not at ${fromIndex}`, '/payload/fromIndex');
  }
  if (toIndex >= act.segments.length) {
    const last = act.segments.length - 1;
    return refused(
      'VALIDATION_FAILED',
      `toIndex must be at most ${last}, the last place in act ${actId}`,
      '/payload/toIndex',
    );
  }
  return accepted;
}

/** Moves a segment within its act. The current cue stays current, wherever it stands now. */
export function applyReorder(state: ShowState, { actId, segmentId, toIndex }: SegmentReordered): ShowState {
  const act = state.acts.find(({ id }) => id === actId);
  const index = act ? indexOf(act.segments, segmentId) : -1;
  const segment = act?.segments[index];
  if (!act || !segment || index === toIndex || toIndex >= act.segments.length) return state;
  const segments = act.segments.toSpliced(index, 1).toSpliced(toIndex, 0, segment);
  return { ...state, acts: withoutEarly(state.acts.map((it) => (it === act ? { ...act, segments } : it))) };
}
