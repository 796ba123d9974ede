import type { CallFired, Device, DeviceStatusChanged, Output } from '../generated/types.js';
import { accepted, type Decision, refused } from '../protocol/decision.js';
import type { EventOf } from '../protocol/envelope.js';
import { DEVICES_MAX, OUTPUTS_MAX, type ShowState } from './state.js';

export function decideDevice({ devices }: ShowState, { device }: DeviceStatusChanged): Decision {
  if (devices.length >= DEVICES_MAX && !devices.some((known) => known.device === device)) {
    return refused('CONFLICT', `the show knows ${DEVICES_MAX} devices, which is the limit`, '/payload/device');
  }
  return accepted;
}

/** `since` is when the device came into this status, not when it was last told. */
export function applyDevice(state: ShowState, { payload, recordedAt }: EventOf<'DeviceStatusChanged'>): ShowState {
  const { device, node, adapter, status, code, detail } = payload;
  const index = state.devices.findIndex((known) => known.device === device);
  const before = state.devices[index];
  const now: Device = {
    device,
    ...(node === undefined ? {} : { node }),
    adapter,
    status,
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
    since: before?.status === status ? before.since : recordedAt,
  };
  return { ...state, devices: before ? state.devices.with(index, now) : [...state.devices, now] };
}

type OutputEvent = EventOf<'OutputSent'> | EventOf<'OutputConfirmed'> | EventOf<'OutputFailed'>;

/** A stage is never lowered. Seen to fire goes before a failure that was told: what fired has fired. */
const RANK: Readonly<Record<Output['stage'], number>> = { sent: 0, acknowledged: 1, failed: 2, confirmed: 3 };

/** Taken, and perhaps never sent: nobody can know, so it stays in sight until somebody sends it or the show goes on. */
const stands = ({ code }: Output): boolean => code === 'OUTPUT_UNSENT';

/** Whether one output of a cue was taken and not sent, and may be sent now. */
export const isUnsent = ({ outputs }: ShowState, cueId: string, outputId: string): boolean =>
  outputs.some((output) => stands(output) && output.cueId === cueId && output.outputId === outputId);

/**
 * What became of the outputs of the newest cause, behind those of any cause that were taken and not sent. A new cause
 * clears the list; a late word about an old one is not shown.
 */
export function applyOutput(state: ShowState, event: OutputEvent): ShowState {
  const { outputs } = state;
  const next = outputOf(event);
  if (!next) return state;
  const index = outputs.findIndex(
    ({ causationId, outputId }) => causationId === next.causationId && outputId === next.outputId,
  );
  const before = outputs[index];
  if (before) return RANK[next.stage] < RANK[before.stage] ? state : { ...state, outputs: outputs.with(index, next) };
  const newest = outputs.findLast((output) => !stands(output));
  if (newest?.causationId !== next.causationId) {
    if (next.stage === 'confirmed' || !isNewer(next, newest)) return state;
    const kept = newest ? outputs.filter(stands) : outputs;
    return kept.length < OUTPUTS_MAX ? { ...state, outputs: [...kept, next] } : state;
  }
  return outputs.length < OUTPUTS_MAX ? { ...state, outputs: [...outputs, next] } : state;
}

/** A cue is sent once more: what of it was taken and not sent no longer is. */
export const applyCallFired = (state: ShowState, { cueId, outputId }: CallFired): ShowState =>
  withoutUnsent(state, (output) => output.cueId === cueId && (outputId ?? output.outputId) === output.outputId);

/** The outputs without those of them that were taken and not sent; the state itself when there are none. */
export function withoutUnsent(state: ShowState, fits: (output: Output) => boolean = () => true): ShowState {
  const { outputs } = state;
  const isOver = (output: Output) => stands(output) && fits(output);
  return outputs.some(isOver) ? { ...state, outputs: outputs.filter((output) => !isOver(output)) } : state;
}

/** Without a number on both, the one that is told later is taken for the newer cause. */
const isNewer = ({ causeSeq: next }: Output, first: Output | undefined): boolean =>
  next === undefined || first?.causeSeq === undefined || next > first.causeSeq;

function outputOf(event: OutputEvent): Output | undefined {
  const { causationId, payload } = event;
  if (causationId === undefined) return undefined;
  const { device, node, ruleId, outputId = ruleId, causeSeq, summary, latencyMs } = payload;
  const output = {
    causationId,
    ...(causeSeq === undefined ? {} : { causeSeq }),
    device,
    ...(node === undefined ? {} : { node }),
    ruleId,
    outputId,
    summary,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  };
  switch (event.eventType) {
    case 'OutputSent':
      return { ...output, stage: event.payload.reached ?? 'sent' };
    case 'OutputConfirmed':
      return { ...output, stage: 'confirmed' };
    case 'OutputFailed': {
      const { code, detail, cueId } = event.payload;
      const told = { ...(detail === undefined ? {} : { detail }), ...(cueId === undefined ? {} : { cueId }) };
      return { ...output, stage: 'failed', code, ...told };
    }
  }
}
