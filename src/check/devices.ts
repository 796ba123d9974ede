import { type Finding, wrong } from '../config/problems.js';
import type { BridgeConfig, DevicePlayhead, Timer } from '../generated/types.js';
import { pointerOf } from '../kit/pointer.js';
import { runsAhead } from '../mapping/event-view.js';
import { NO_VALUE, placeholdersIn, type Scope } from '../mapping/placeholders.js';
import { compileTemplate } from '../mapping/template.js';
import type { ShowState } from '../show/state.js';
import { lintPlaceholders } from './placeholders.js';
import type { ShowNames } from './show-names.js';

/** What the adapters say of the devices themselves. */
export interface DeviceChecks {
  /** What can never work, or does not fit the show with these timers; the pointer is seen from the device. */
  problemOfDevice?: (
    device: string,
    timers: readonly Pick<Timer, 'id' | 'mode'>[],
  ) => Pick<Finding, 'pointer' | 'message' | 'severity' | 'unknown'> | undefined;
  /** What says which device is meant; two with the same adapter and the same are one. Left out of one: nobody asks. */
  identityOf?: (device: string) => string | undefined;
  /** Whether a device can tell where its own playhead stands; left out: all can. */
  tellsPlayhead?: (device: string) => boolean;
  /** Whether a command, its placeholders not filled in, moves the device's own playhead; left out: every one does. */
  movesPlayhead?: (device: string, command: Readonly<Record<string, unknown>>) => boolean;
}

/** What the adapters find wrong with the devices. @param state  before the first cue. */
export function lintDevices(
  { devices }: BridgeConfig,
  { timers }: ShowState,
  { problemOfDevice = () => undefined, identityOf = () => undefined }: DeviceChecks,
): Finding[] {
  const known = new Map<string, string>();
  return Object.entries(devices).flatMap(([device, { adapter }]) => {
    const identity = identityOf(device);
    const key = JSON.stringify([adapter, identity]);
    const twin = identity === undefined ? undefined : known.get(key);
    if (twin !== undefined) {
      const message = `${device} is the very device that ${twin} is, so one press would be two: let one have the rules of both, or give each what tells them apart`;
      return [wrong(pointerOf('devices', device), 'CONFIG_DUPLICATE', message, { on: 'key' })];
    }
    known.set(key, device);
    const problem = problemOfDevice(device, timers);
    if (!problem) return [];
    const { pointer, message, ...more } = problem;
    const code = more.unknown ? 'CONFIG_UNKNOWN_NAME' : 'CONFIG_INVALID';
    return [wrong(pointerOf('devices', device) + pointer, code, message, more)];
  });
}

/** A backup whose operator is heard, and nobody said what the operator's own remote plays: nobody but them can know. */
export function lintBackups({ devices, inputs }: BridgeConfig): Finding[] {
  return Object.entries(devices).flatMap(([backup, { backupOf: main, mirrored }]) => {
    const isHeard = inputs.some(({ when: { device } }) => device === main || device === backup);
    if (main === undefined || mirrored !== undefined || !isHeard) return [];
    const message = `what is pressed at ${main} is sent on to ${backup}, and played there twice if one remote plays both: say mirrored: true where it does, mirrored: false where it does not`;
    return [
      wrong(pointerOf('devices', backup, 'backupOf'), 'CONFIG_INVALID', message, { severity: 'warn', on: 'key' }),
    ];
  });
}

/** What is wrong with what the bridge file says of a device's own playhead. @param state  before the first cue. */
export function lintPlayheads(
  config: BridgeConfig,
  state: ShowState,
  names: ShowNames,
  { tellsPlayhead = () => true, movesPlayhead = () => true }: DeviceChecks,
): Finding[] {
  return Object.entries(config.devices).flatMap(([device, { playhead, adapter, backupOf = device }]) => {
    const at = pointerOf('devices', device, 'playhead');
    if (playhead === undefined) return [];
    if (!tellsPlayhead(device)) {
      const message = `${device} would never be compared: a device of the adapter ${adapter} does not tell where its playhead stands`;
      return [wrong(at, 'CONFIG_INVALID', message, { on: 'key' })];
    }
    const found = lintWanted(device, playhead, at, config.show.id, state, names);
    const sends = config.outputs.filter(({ send }) => send.device === device || send.device === backupOf);
    const isMoved = sends.some(({ send: { device: _, ...command } }) => movesPlayhead(device, command));
    if (found.length > 0 || sends.length === 0 || isMoved) return found;
    const message = `no rule moves the playhead of ${device}, so it would soon be an alarm for good: add a rule with cue: next that moves it`;
    return [wrong(at, 'CONFIG_INVALID', message, { severity: 'warn', on: 'key' })];
  });
}

function lintWanted(
  device: string,
  { call, is }: DevicePlayhead,
  at: string,
  showId: string,
  state: ShowState,
  names: ShowNames,
): Finding[] {
  const scopes: Scope[] = ['cue', 'segment', 'act', 'show', ...(call === undefined ? [] : (['call'] as const))];
  const whyNot = {
    call: 'give playhead a call: with the department',
    event: 'it is about the cue ahead, not about an event',
  };
  const found = lintPlaceholders(is, `${at}/is`, { scopes, whyNot }, names);
  if (found.length > 0) return found;
  if (!placeholdersIn(is).some(({ scope }) => scope === 'call' || scope === 'cue')) {
    return [wrong(`${at}/is`, 'CONFIG_INVALID', 'this is the same for every cue: read it from $call or $cue')];
  }
  const fill = compileTemplate(is);
  for (const run of runsAhead(state, { show: { id: showId, title: state.title } }, call)) {
    if (fill(run) !== NO_VALUE) return [];
  }
  const message = `${device} would never be compared: no ${call === undefined ? 'cue' : `${call} call`} has what ${is} reads`;
  return [wrong(`${at}/is`, 'CONFIG_RULE_UNUSED', message, { severity: 'warn' })];
}
