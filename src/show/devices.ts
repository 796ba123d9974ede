import type { Device, DeviceStatusChanged, Output } from '../generated/types.js';
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
  const { device, adapter, status, code, detail } = payload;
  const index = state.devices.findIndex((known) => known.device === device);
  const before = state.devices[index];
  const now: Device = {
    device,
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

/** What became of the outputs of the newest cause. A new cause clears the list; a late word about an old one is not shown. */
export function applyOutput(state: ShowState, event: OutputEvent): ShowState {
  const { outputs } = state;
  const next = outputOf(event);
  if (!next) return state;
  const first = outputs[0];
  if (!first || first.causationId !== next.causationId) {
    return isNewer(next, first) && next.stage !== 'confirmed' ? { ...state, outputs: [next] } : state;
  }
  const index = outputs.findIndex(({ outputId }) => outputId === next.outputId);
  const before = outputs[index];
  if (!before) return outputs.length < OUTPUTS_MAX ? { ...state, outputs: [...outputs, next] } : state;
  return RANK[next.stage] < RANK[before.stage] ? state : { ...state, outputs: outputs.with(index, next) };
}

/** Without a number on both, the one that is told later is taken for the newer cause. */
const isNewer = ({ causeSeq: next }: Output, first: Output | undefined): boolean =>
  next === undefined || first?.causeSeq === undefined || next > first.causeSeq;

function outputOf(event: OutputEvent): Output | undefined {
  const { causationId, payload } = event;
  if (causationId === undefined) return undefined;
  const { device, ruleId, outputId = ruleId, causeSeq, summary, latencyMs } = payload;
  const output = {
    causationId,
    ...(causeSeq === undefined ? {} : { causeSeq }),
    device,
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
      const { code, detail } = event.payload;
      return { ...output, stage: 'failed', code, ...(detail === undefined ? {} : { detail }) };
    }
  }
}
