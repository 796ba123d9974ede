import type { Call, CallRef, Fired, OutputRule } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { EventView, Run } from './event-view.js';
import { member, NO_VALUE, placeholdersIn, type Scope } from './placeholders.js';
import { compileTemplate } from './template.js';

/** A `send` less its device, its placeholders filled in. */
export type Command = Readonly<Record<string, unknown>>;

/** What an event sends to a device. */
export interface RuleCommand {
  ruleId: string;
  /** The rule's id, with #1, #2 … when it runs more than once for one event, and @NAME when it is for a backup. */
  outputId: string;
  device: string;
  command: Command;
  /** Too old to send after so many milliseconds. */
  maxLateMs: number;
  /** What the call is called at the device, by the name of its adapter among the call's `targets`. */
  cueNumber?: string;
  /** The call that it sends, for a GO or a rerun. */
  call?: CallRef;
}

/** What the adapters say of the devices of the bridge file. */
export interface DeviceKinds {
  /** The name of a device's adapter. */
  kindOf(device: string): string | undefined;
  /** As Adapter.firesCue. */
  firesCue?(device: string, command: Command): string | true | undefined;
}

type Targets = Readonly<Record<string, unknown>> | undefined;

/** What the device calls the call, by the name of its adapter among the call's targets. */
function targetOf({ kindOf }: DeviceKinds, device: string, targets: Targets): string | undefined {
  const called = targets?.[kindOf(device) ?? ''];
  return typeof called === 'string' ? called : undefined;
}

/** The number of the cue that a command fires at a device. @param fires  of it, as Adapter.firesCue; a bare GO fires what the device calls the call. */
export function cueOf(
  kinds: DeviceKinds,
  device: string,
  fires: string | true | undefined,
  targets: Targets,
): string | undefined {
  return fires === true ? targetOf(kinds, device, targets) : fires;
}

/** A device that gets what another one gets. */
export interface Backup {
  device: string;
  /** What an operator did at the main has reached it already. */
  mirrored: boolean;
}

/** The longest output id, in characters (schemas/show-event.schema.json, Id). */
const OUTPUT_ID_CHARS_MAX = 128;

export interface CompiledOutput {
  readonly rule: OutputRule;
  /** Which words after a dollar the rule's `send` reads. */
  readonly reads: ReadonlySet<string>;
  /** Whether the payload is as `where` says. */
  test(payload: object): boolean;
  /** The contexts that the rule runs in for this event: one a call, one a cue, or one; for `cue: next`, until one applies. */
  runs(view: EventView): Iterable<Run>;
  /** NO_VALUE when the rule does not apply. */
  fill(run: Run): unknown;
}

/** What is read from a cue and what stands around it. */
const OF_A_CUE: readonly Scope[] = ['cue', 'segment', 'act'];

export function compileOutput(rule: OutputRule): CompiledOutput {
  const { device: _, ...send } = rule.send;
  const { call, cue } = rule;
  const reads = new Set(placeholdersIn(send).map(({ scope }) => scope));
  const isPerCue = OF_A_CUE.some((scope) => reads.has(scope));
  return {
    rule,
    reads,
    test: compileWhere(rule.where ?? {}),
    fill: compileTemplate(send),
    runs: (view) => {
      if (cue === 'next') return view.ahead(call);
      return call !== undefined ? view.ofCalls(call) : isPerCue ? view.ofCues() : view.once();
    },
  };
}

/**
 * Adds the commands of one rule for an event, in the order of cues and calls; each for its device and then for that one's
 * backups. Who caused the event gets it back only by `echo`; its backups, and the main of a backup, get it all the same. So it is with a call that an operator was early with:
 * a GO sends everybody the rest.
 * @param by  what sends the calls of the event's cue; left out: nothing does.
 */
export function addCommands(
  output: CompiledOutput,
  event: ShowEvent,
  view: EventView,
  backups: readonly Backup[],
  commands: RuleCommand[],
  kinds: DeviceKinds,
  by?: 'go' | 'rerun',
): void {
  const { id: ruleId, send, maxLateMs, echo, cue } = output.rule;
  const devices = [send.device, ...backups.map(({ device }) => device)];
  const has = echo ? [] : whoHasIt(event.actor.deviceId, send.device, backups);
  const told = devices.filter((device) => !has.includes(device));
  if (told.length === 0 || !output.test(event.payload)) return;
  const filled: { command: Command; run: Run }[] = [];
  for (const run of output.runs(view)) {
    const command = output.fill(run);
    if (command === NO_VALUE) continue;
    filled.push({ command: command as Command, run });
    if (cue === 'next') break;
  }
  for (const [index, { command, run }] of filled.entries()) {
    const targets = run.call?.targets;
    const call = by === undefined || cue === 'next' ? undefined : calledBy(run, by);
    const starts = by === 'go' && call && !echo ? run.call?.fired?.devices : undefined;
    const count = filled.length > 1 ? `#${index + 1}` : '';
    for (const device of told) {
      const hasIt = (start: Start) =>
        whoHasIt(start.device, send.device, backups).includes(device) &&
        start.cueNumber === cueOf(kinds, device, kinds.firesCue?.(device, command), targets);
      if (starts?.some(hasIt)) continue;
      const tail = device === send.device ? count : `${count}@${device}`;
      const outputId = ruleId.slice(0, OUTPUT_ID_CHARS_MAX - tail.length) + tail;
      const cueNumber = targetOf(kinds, device, targets);
      const next: RuleCommand = { ruleId, outputId, device, command, maxLateMs };
      if (cueNumber !== undefined) next.cueNumber = cueNumber;
      if (call) next.call = call;
      commands.push(next);
    }
  }
}

/** Where an operator started a call, and as which cue there. */
type Start = NonNullable<Fired['devices']>[number];

function calledBy({ cue, call }: Run, by: 'go' | 'rerun'): CallRef | undefined {
  if (!cue || !call) return undefined;
  const ref = callRef(cue.id, call);
  ref.by = by;
  return ref;
}

/** A call, as events name it. */
export function callRef(cueId: string, { department, number }: Call): CallRef {
  const ref: CallRef = { cueId, department };
  if (number !== undefined) ref.number = number;
  return ref;
}

/** The devices that need not be told what one of them did: where one remote plays main and backups, all of these. */
function whoHasIt(deviceId: string, main: string, backups: readonly Backup[]): readonly string[] {
  const together = [main, ...backups.filter(({ mirrored }) => mirrored).map(({ device }) => device)];
  return together.includes(deviceId) ? together : [deviceId];
}

type Test = (payload: object) => boolean;

/** A payload member equals the value, or one of the list of values; of a member that is a list, one entry does. */
function compileWhere(where: Readonly<Record<string, unknown>>): Test {
  const tests = Object.entries(where).map(([name, wanted]): Test => {
    const path = name.split('.');
    const values = [wanted].flat();
    return (payload) => {
      const found = path.reduce<unknown>(member, payload);
      return Array.isArray(found) ? found.some((one) => values.includes(one)) : values.includes(found);
    };
  });
  return (payload) => tests.every((test) => test(payload));
}
