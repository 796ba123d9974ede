import type { Mic, MicAssigned, MicSwapped } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import { hasSegment, unknownSegment } from './segments.js';
import type { ShowState } from './state.js';

const findMic = (state: ShowState, micId: string): Mic | undefined => state.mics.find(({ id }) => id === micId);

const nameOf = (state: ShowState, performerId: string): string =>
  state.performers.find(({ id }) => id === performerId)?.name ?? performerId;

const unknownMic = (micId: string, member: string): Refusal =>
  refused('NOT_FOUND', `the show has no mic ${micId}`, `/payload/${member}`);

function unknownPlace(
  state: ShowState,
  performerId: string | null,
  segmentId: string | undefined,
): Refusal | undefined {
  if (performerId !== null && !state.performers.some(({ id }) => id === performerId)) {
    return refused('NOT_FOUND', `the show has no performer ${performerId}`, '/payload/performerId');
  }
  return segmentId !== undefined && !hasSegment(state, segmentId) ? unknownSegment(segmentId) : undefined;
}

const worn = (state: ShowState, micId: string, performerId: string, member: string): Refusal =>
  refused('CONFLICT', `mic ${micId} is worn by ${nameOf(state, performerId)} (${performerId})`, `/payload/${member}`);

/** One pack has one wearer: it must be released, or swapped away, before another gets it. */
export function decideAssign(state: ShowState, { micId, performerId, segmentId }: MicAssigned): Decision {
  const mic = findMic(state, micId);
  if (!mic) return unknownMic(micId, 'micId');
  const unknown = unknownPlace(state, performerId, segmentId);
  if (unknown) return unknown;
  if (performerId !== null && mic.performerId !== null && mic.performerId !== performerId) {
    return worn(state, micId, mic.performerId, 'micId');
  }
  return accepted;
}

export function applyAssign(state: ShowState, { micId, performerId, channel }: MicAssigned): ShowState {
  const mics = state.mics.map((mic) => {
    if (mic.id !== micId) return mic;
    if (mic.performerId === performerId && (channel === undefined || channel === mic.channel)) return mic;
    return { ...mic, performerId, ...(channel === undefined ? {} : { channel }) };
  });
  return withMics(state, mics);
}

/** Who wears one pack only need not say which one comes off. */
export function completeSwap(
  state: ShowState,
  draft: Partial<MicSwapped>,
): { ok: true; payload: MicSwapped } | Refusal {
  const { toMicId } = draft;
  if (toMicId === undefined) return refused('VALIDATION_FAILED', 'toMicId is missing', '/payload/toMicId');
  const wearer = draft.fromMicId === undefined ? null : (findMic(state, draft.fromMicId)?.performerId ?? null);
  const performerId = draft.performerId ?? wearer;
  if (performerId === null) return refused('VALIDATION_FAILED', 'performerId is missing', '/payload/performerId');
  const packs = state.mics.filter((mic) => mic.performerId === performerId);
  const fromMicId = draft.fromMicId ?? (packs.length === 1 ? packs[0]?.id : undefined);
  if (fromMicId === undefined) {
    const wears = packs.length === 0 ? 'wears no mic' : `wears ${packs.map(({ id }) => id).join(' and ')}`;
    return refused(
      'VALIDATION_FAILED',
      `fromMicId is missing; ${nameOf(state, performerId)} ${wears}`,
      '/payload/fromMicId',
    );
  }
  return { ok: true, payload: { ...draft, performerId, fromMicId, toMicId } };
}

export function decideSwap(state: ShowState, payload: MicSwapped): Decision {
  const { performerId, fromMicId, toMicId, segmentId } = payload;
  const from = findMic(state, fromMicId);
  if (!from) return unknownMic(fromMicId, 'fromMicId');
  const to = findMic(state, toMicId);
  if (!to) return unknownMic(toMicId, 'toMicId');
  const unknown = unknownPlace(state, performerId, segmentId);
  if (unknown) return unknown;
  if (from.performerId === null) return refused('CONFLICT', `nobody wears mic ${fromMicId}`, '/payload/fromMicId');
  if (from.performerId !== performerId) return worn(state, fromMicId, from.performerId, 'fromMicId');
  if (to.performerId !== null) return worn(state, toMicId, to.performerId, 'toMicId');
  return accepted;
}

export function applySwap(state: ShowState, { performerId, fromMicId, toMicId }: MicSwapped): ShowState {
  if (!findMic(state, fromMicId) || !findMic(state, toMicId)) return state;
  const mics = state.mics.map((mic) => {
    if (mic.id === toMicId) return { ...mic, performerId };
    return mic.id === fromMicId ? { ...mic, performerId: null } : mic;
  });
  return withMics(state, mics);
}

const withMics = (state: ShowState, mics: Mic[]): ShowState =>
  mics.every((mic, index) => mic === state.mics[index]) ? state : { ...state, mics };
