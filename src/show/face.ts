import type { Cue, Timer } from '../generated/types.js';
import { findCue, nextCue, type ShowState } from './state.js';

/** How many devices a face names. */
export const FACE_DEVICES_MAX = 8;
/** A text of a face, in characters; a small display has no room for more. */
export const FACE_TEXT_CHARS_MAX = 64;

/**
 * What the show looks like now, in as few words as a small display has room for. The same show
 * has the same face at any time: what runs is told by where it started.
 */
export function faceOf(state: ShowState) {
  const { title, currentCueId, emergency } = state;
  const current = currentCueId === null ? undefined : findCue(state, currentCueId);
  const next = nextCue(state);
  return {
    title: short(title),
    state: emergency?.level ?? (next ? ('ready' as const) : ('ended' as const)),
    ...(emergency && {
      emergency: { code: emergency.code, ...(emergency.message && { message: short(emergency.message) }) },
    }),
    ...(current && { current: words(current) }),
    ...(next && { next: { ...words(next), ...standbyOf(state, next) } }),
    timers: state.timers.map(faceOfTimer),
    devices: devicesOf(state),
    ...outputsOf(state),
  };
}

const short = (text: string): string => text.slice(0, FACE_TEXT_CHARS_MAX);

const words = ({ number, label = '' }: Cue) => ({ number: short(number), label: short(label) });

const each = (names: readonly string[]): string[] => [...new Set(names)];

/** Who has answered counts for the cue only while it stands by. */
function standbyOf({ standby }: ShowState, { id, calls = [] }: Cue) {
  const standingBy = standby.cueIds.includes(id);
  const departments = each(calls.map(({ department }) => department));
  return { standingBy, departments, acknowledged: standingBy ? standby.acknowledged : [] };
}

/** A timer in a face: what it shows follows from this and the show's time. */
export const faceOfTimer = ({ id, label, mode, status, valueMs, anchorAt }: Timer) => ({
  id,
  ...(label !== undefined && { label: short(label) }),
  mode,
  status,
  valueMs,
  anchorAt,
});

/** The worst comes first. */
const BADNESS = ['down', 'degraded', 'connecting', 'unverified'];

function devicesOf({ devices }: ShowState) {
  const counts: Record<string, number> = {};
  for (const { status } of devices) if (status !== 'up') counts[status] = (counts[status] ?? 0) + 1;
  const troubled = devices
    .filter(({ status }) => status !== 'up')
    .sort((one, other) => BADNESS.indexOf(one.status) - BADNESS.indexOf(other.status))
    .slice(0, FACE_DEVICES_MAX)
    .map(({ device, status, code }) => ({ device, status, ...(code !== undefined && { code }) }));
  return { total: devices.length, troubled, counts };
}

function outputsOf({ outputs }: ShowState) {
  if (outputs.length === 0) return {};
  const count = (stage: string) => outputs.filter((output) => output.stage === stage).length;
  const failed = outputs.filter(({ stage }) => stage === 'failed');
  return {
    outputs: {
      sent: count('sent'),
      acknowledged: count('acknowledged'),
      confirmed: count('confirmed'),
      failed: failed.length,
      failedAt: each(failed.map(({ device }) => device)).slice(0, FACE_DEVICES_MAX),
    },
  };
}
