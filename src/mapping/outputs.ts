import type { Act, Call, Cue, OutputRule, Segment } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { placeOf } from '../show/running-order.js';
import type { ShowState } from '../show/state.js';
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
  runs(event: ShowEvent, state: ShowState): Run[];
  /** NO_VALUE when the rule does not apply. */
  fill(run: Run): unknown;
}

export const CUE_EVENTS: ReadonlySet<string> = new Set<OutputRule['event']>([
  'CueAdvanced',
  'CueReverted',
  'CueStandbySet',
  'CueStandbyAcknowledged',
]);

/** What is read from a cue and what stands around it. */
const OF_A_CUE: readonly Scope[] = ['cue', 'segment', 'act'];

export function compileOutput(rule: OutputRule): CompiledOutput {
  const { device: _, ...send } = rule.send;
  const reads = new Set(placeholdersIn(send).map(({ scope }) => scope));
  const perCue = rule.call !== undefined || OF_A_CUE.some((scope) => reads.has(scope));
  return {
    rule,
    reads,
    test: compileWhere(rule.where ?? {}),
    fill: compileTemplate(send),
    runs(event, state) {
      const around = { show: { id: event.showId, title: state.title }, event, actor: event.actor };
      if (!perCue) return [around];
      if (!CUE_EVENTS.has(event.eventType))
        return rule.call === undefined ? [{ ...around, ...segmentOf(event, state) }] : [];
      const cues = cueIdsOf(event).flatMap((cueId) => cueWithin(state, cueId));
      if (rule.call === undefined) return cues.map((cue) => ({ ...around, ...cue }));
      // A standby for one department does not concern the others.
      const only = member(event.payload, 'department');
      if (only !== undefined && only !== rule.call) return [];
      return cues.flatMap((cue) =>
        (cue.cue.calls ?? [])
          .filter(({ department }) => department === rule.call)
          .map((call) => ({ ...around, ...cue, call })),
      );
    },
  };
}

/** The commands of one rule for an event, in the order of cues and calls. */
export function commandsOf(output: CompiledOutput, event: ShowEvent, state: ShowState): RuleCommand[] {
  const { id: ruleId, send, maxLateMs, echo } = output.rule;
  if (!echo && event.actor.deviceId === send.device) return [];
  if (!output.test(event.payload)) return [];
  const commands: Command[] = [];
  for (const run of output.runs(event, state)) {
    const command = output.fill(run);
    if (command !== NO_VALUE) commands.push(command as Command);
  }
  return commands.map((command, index) => ({
    ruleId,
    outputId: commands.length > 1 ? `${ruleId}#${index + 1}` : ruleId,
    device: send.device,
    command,
    maxLateMs,
  }));
}

function cueIdsOf({ payload }: ShowEvent): readonly string[] {
  if ('toCueId' in payload) return payload.toCueId === null ? [] : [payload.toCueId];
  return 'cueIds' in payload ? payload.cueIds : [];
}

function cueWithin({ acts }: ShowState, cueId: string): { cue: Cue; segment: Segment; act: Act }[] {
  const place = placeOf(acts, cueId);
  const act = place && acts[place.act];
  const segment = act?.segments[place?.segment ?? -1];
  const cue = segment?.cues[place?.cue ?? -1];
  return act && segment && cue ? [{ cue, segment, act }] : [];
}

/** For events that name a segment and no cue. */
function segmentOf({ payload }: ShowEvent, { acts }: ShowState): { segment: Segment; act: Act } | undefined {
  const segmentId = member(payload, 'segmentId');
  for (const act of acts) {
    const segment = act.segments.find(({ id }) => id === segmentId);
    if (segment) return { segment, act };
  }
  return undefined;
}

type Test = (payload: object) => boolean;

/** A payload member equals the value, or one of the list of values; of a member that is a list, one entry does. */
export function compileWhere(where: Readonly<Record<string, unknown>>): Test {
  const tests = Object.entries(where).map(([name, wanted]): Test => {
    const path = name.split('.');
    const values = [wanted].flat();
    return (payload) => {
      const found = path.reduce<unknown>(member, payload);
      return [found].flat().some((one) => values.includes(one));
    };
  });
  return (payload) => tests.every((test) => test(payload));
}
