import type { BridgeConfig, ShowFile, Timer } from '../generated/types.js';
import { initialState } from '../show/state.js';
import { type Finding, listed, wrong } from './findings.js';
import { lintPlayheads } from './lint-devices.js';
import { lintInput, lintOverlaps, type PatternProblem, type PatternsOverlap } from './lint-inputs.js';
import { type CommandProblem, cueSamples, lintOutput } from './lint-outputs.js';
import { step } from './placeholders.js';
import { namesOf } from './show-names.js';

export type { Finding } from './findings.js';

/** What the adapters say of a command with its placeholders filled in, and of a pattern; in the technician's words. */
export interface CommandChecks {
  /** Why it could never be sent. */
  problemOf: CommandProblem;
  /** Why it does not fit the adapter's schema. */
  commandSchema?: CommandProblem;
  /** Why no input could ever fit the `when` of an input rule. */
  problemOfPattern?: PatternProblem;
  /** Whether nobody can do what fits `pattern` without also doing what fits `other`, though it is most likely not meant. */
  includes?: PatternsOverlap;
  /** Whether a device can tell where its own playhead stands; left out: all can. */
  tellsPlayhead?: (device: string) => boolean;
  /** Whether a command, its placeholders not filled in, moves the device's own playhead; left out: every one does. */
  movesPlayhead?: (device: string, command: Parameters<CommandProblem>[1]) => boolean;
  /** What of a device's configuration does not fit the show with these timers; the pointer is seen from the device. */
  problemOfDevice?: (device: string, timers: readonly Pick<Timer, 'id' | 'mode'>[]) => DeviceFault | undefined;
}

interface DeviceFault {
  pointer: string;
  message: string;
  severity: 'error' | 'warn';
  unknown?: { name: string; among: readonly string[] };
}

/**
 * Reads the rules against the show, before anything runs: names, placeholders, and every command of every cue.
 * @param config  checked by its schema. @param showFile  checked by its schema.
 * @returns what is wrong or doubtful, in the order of the rules.
 */
export function lintMapping(config: BridgeConfig, showFile: ShowFile, checks: CommandChecks): Finding[] {
  const state = initialState(showFile);
  const names = namesOf(config, showFile);
  const cuesFor = cueSamples(config.show.id, showFile, state);
  const problemAt: CommandProblem = (device, command) =>
    checks.commandSchema?.(device, command) ?? checks.problemOf(device, command);
  const problemOf = remembered((device, command) => problemAt(device, command) ?? atBackups(device, command));
  return [
    ...Object.keys(config.devices).flatMap((device) => {
      const fault = checks.problemOfDevice?.(device, state.timers);
      if (!fault) return [];
      const { pointer, message, ...more } = fault;
      const code = more.unknown ? 'CONFIG_UNKNOWN_NAME' : 'CONFIG_INVALID';
      return [wrong(`/devices${step(device)}${pointer}`, code, message, more)];
    }),
    ...config.inputs.flatMap((rule, index) =>
      lintInput(rule, `/inputs/${index}`, config, state, names, checks.problemOfPattern),
    ),
    ...(checks.includes ? lintOverlaps(config.inputs, checks.includes) : []),
    ...config.outputs.flatMap((rule, index) =>
      lintOutput(rule, `/outputs/${index}`, { config, state, cuesFor, names, problemOf }),
    ),
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
function remembered(problemOf: CommandProblem): CommandProblem {
  const known = new Map<string, string | undefined>();
  return (device, command) => {
    const key = JSON.stringify([device, command]);
    if (!known.has(key)) known.set(key, problemOf(device, command));
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
