import type { Call, Cue, OutputRule } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { EventView } from './event-view.js';
import { type Context, member, NO_VALUE, placeholdersIn, type Scope } from './placeholders.js';
import { compileTemplate } from './template.js';

/** A `send` less its device, its placeholders filled in. */
export type Command = Readonly<Record<string, unknown>>;

/** What an event sends to a device. */
export interface RuleCommand {
  ruleId: string;
  /** The rule's id, with #1, #2 … when it runs more than once for one event. */
  outputId: string;
  device: string;
  command: Command;
  /** Too old to send after so many milliseconds. */
  maxLateMs: number;
}

/** Once that a rule runs for an event. */
export interface Run extends Context {
  cue?: Cue;
  call?: Call;
}

export interface CompiledOutput {
  readonly rule: OutputRule;
  /** Which words after a dollar the rule's `send` reads. */
  readonly reads: ReadonlySet<string>;
  /** Whether the payload is as `where` says. */
  test(payload: object): boolean;
  /** The contexts that the rule runs in for this event: one a call, one a cue, or one. */
  runs(view: EventView): readonly Run[];
  /** NO_VALUE when the rule does not apply. */
  fill(run: Run): unknown;
}

/** What is read from a cue and what stands around it. */
const OF_A_CUE: readonly Scope[] = ['cue', 'segment', 'act'];

export function compileOutput(rule: OutputRule): CompiledOutput {
  const { device: _, ...send } = rule.send;
  const { call } = rule;
  const reads = new Set(placeholdersIn(send).map(({ scope }) => scope));
  const isPerCue = OF_A_CUE.some((scope) => reads.has(scope));
  return {
    rule,
    reads,
    test: compileWhere(rule.where ?? {}),
    fill: compileTemplate(send),
    runs: (view) => (call !== undefined ? view.ofCalls(call) : isPerCue ? view.ofCues() : view.once()),
  };
}

/** Adds the commands of one rule for an event, in the order of cues and calls. */
export function addCommands(output: CompiledOutput, event: ShowEvent, view: EventView, commands: RuleCommand[]): void {
  const { id: ruleId, send, maxLateMs, echo } = output.rule;
  if (!echo && event.actor.deviceId === send.device) return;
  if (!output.test(event.payload)) return;
  const first = commands.length;
  for (const run of output.runs(view)) {
    const command = output.fill(run);
    if (command === NO_VALUE) continue;
    commands.push({ ruleId, outputId: ruleId, device: send.device, command: command as Command, maxLateMs });
  }
  if (commands.length - first < 2) return;
  for (const [index, command] of commands.slice(first).entries()) command.outputId = `${ruleId}#${index + 1}`;
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
