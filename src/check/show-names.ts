import { type Finding, wrong } from '../config/problems.js';
import type { BridgeConfig, ShowFile } from '../generated/types.js';
import { pointerOf } from '../kit/pointer.js';

/** What the names in a payload can stand for. */
export interface ShowNames {
  cue: readonly string[];
  segment: readonly string[];
  act: readonly string[];
  performer: readonly string[];
  mic: readonly string[];
  timer: readonly string[];
  device: readonly string[];
  /** Not in a payload: the names under `targets` of any call. */
  target: readonly string[];
  cueNumber: readonly string[];
}

export function namesOf(config: BridgeConfig, { acts, performers, mics, timers }: ShowFile): ShowNames {
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  const segments = acts.flatMap((act) => act.segments);
  const cues = segments.flatMap((segment) => segment.cues);
  const targets = cues.flatMap(({ calls }) => calls.flatMap((call) => Object.keys(call.targets ?? {})));
  return {
    cue: ids(cues),
    segment: ids(segments),
    act: ids(acts),
    performer: ids(performers),
    mic: ids(mics),
    timer: ids(timers),
    device: Object.keys(config.devices),
    target: [...new Set(targets)],
    cueNumber: cues.map(({ number }) => number),
  };
}

const KINDS: Readonly<Record<string, keyof ShowNames>> = {
  toCueId: 'cue',
  fromCueId: 'cue',
  cueIds: 'cue',
  segmentId: 'segment',
  actId: 'act',
  performerId: 'performer',
  micId: 'mic',
  fromMicId: 'mic',
  toMicId: 'mic',
  timerId: 'timer',
  device: 'device',
};

/** Names in a payload that neither the show file nor the bridge file has. Timers may also be made on the night. */
export function lintNames(names: ShowNames, member: string, value: unknown, pointer: string): Finding[] {
  const kind = Object.hasOwn(KINDS, member) ? KINDS[member] : undefined;
  if (kind === undefined) return [];
  const severity = kind === 'timer' ? 'warn' : 'error';
  const among = names[kind];
  return [value].flat().flatMap((name, index) => {
    if (typeof name !== 'string' || name.includes('$') || among.includes(name)) return [];
    const at = Array.isArray(value) ? pointer + pointerOf(index) : pointer;
    return [wrong(at, 'CONFIG_UNKNOWN_NAME', `unknown ${kind} '${name}'`, { severity, unknown: { name, among } })];
  });
}
