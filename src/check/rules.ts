import { type Finding, wrong } from '../config/problems.js';
import type { BridgeConfig, ShowFile } from '../generated/types.js';
import { initialState } from '../show/state.js';
import { type DeviceChecks, lintBackups, lintDevices, lintPlayheads } from './devices.js';
import { type InputNames, lintInput, lintOverlaps, type PatternProblem, type PatternsOverlap } from './inputs.js';
import { listed } from './listed.js';
import { type LoopChecks, lintLoops } from './loops.js';
import { type CommandProblem, cueSamples, lintOutput } from './outputs.js';
import { namesOf } from './show-names.js';

/** What the adapters say of the devices, in the technician's words; each is asked by the device's name. */
export interface AdapterChecks extends DeviceChecks, LoopChecks {
  /** Why a command, its placeholders filled in, could never be sent. */
  problemOfCommand: CommandProblem;
  /** Why it does not fit the adapter's schema. */
  commandSchema?: CommandProblem;
  /** Why no input could ever fit the `when` of an input rule. */
  problemOfPattern?: PatternProblem;
  /** What the inputs that fit a `when` hold. */
  inputNames?: InputNames;
  /** Whether nobody can do what fits `pattern` without also doing what fits `other`, though it is most likely not meant. */
  includes?: PatternsOverlap;
}

/**
 * Reads the rules against the show, before anything runs: names, placeholders, and every command of every cue.
 * @param config  checked by its schema. @param showFile  checked by its schema.
 * @returns what is wrong or doubtful, in the order of the rules.
 */
export function lintMapping(config: BridgeConfig, showFile: ShowFile, checks: AdapterChecks): Finding[] {
  const state = initialState(showFile);
  const names = namesOf(config, showFile);
  const cuesFor = cueSamples(config.show.id, showFile, state);
  const problemAt: CommandProblem = (device, command) =>
    checks.commandSchema?.(device, command) ?? checks.problemOfCommand(device, command);
  const problemOfCommand = remembered((device, command) => problemAt(device, command) ?? atBackups(device, command));
  return [
    ...lintDevices(config, state, checks),
    ...lintBackups(config),
    ...config.inputs.flatMap((rule, index) => lintInput(rule, `/inputs/${index}`, config, state, names, checks)),
    ...lintOverlaps(config.inputs, checks.includes ?? (() => false)),
    ...config.outputs.flatMap((rule, index) =>
      lintOutput(rule, `/outputs/${index}`, { config, state, cuesFor, names, problemOfCommand }),
    ),
    ...lintLoops(config, checks),
    ...lintPlayheads(config, state, names, checks),
    ...lintStop(config),
  ];

  /** Each backup gets the same, and may be wired otherwise. */
  function atBackups(device: string, command: Parameters<CommandProblem>[1]): string | undefined {
    for (const [backup, { backupOf }] of Object.entries(config.devices)) {
      const why = backupOf === device ? problemAt(backup, command) : undefined;
      if (why !== undefined) return `its backup ${backup}: ${why}`;
    }
    return undefined;
  }
}

/** Many cues send the same: each command is looked at once. */
function remembered(problemOfCommand: CommandProblem): CommandProblem {
  const known = new Map<string, string | undefined>();
  return (device, command) => {
    const key = JSON.stringify([device, command]);
    if (!known.has(key)) known.set(key, problemOfCommand(device, command));
    return known.get(key);
  };
}

/** A show that fires devices and has no rule at all for an emergency has most likely forgotten it. */
function lintStop({ outputs }: BridgeConfig): Finding[] {
  const fired = outputs.filter(({ event }) => event === 'CueAdvanced').map(({ send }) => send.device);
  if (fired.length === 0 || outputs.some(({ event }) => event === 'EmergencyTriggered')) return [];
  const message = `no rule is for EmergencyTriggered: an emergency stops nothing on ${listed([...new Set(fired)])}`;
  return [wrong('/outputs', 'CONFIG_NO_STOP', message, { severity: 'warn', on: 'key' })];
}
