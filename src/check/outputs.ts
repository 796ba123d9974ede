import { type Finding, wrong } from '../config/problems.js';
import type { BridgeConfig, CueEntry, OutputRule, SegmentEntry, ShowFile } from '../generated/types.js';
import { pointerOf } from '../kit/pointer.js';
import { CUE_EVENTS, EventView, type Run } from '../mapping/event-view.js';
import { type Command, type CompiledOutput, compileOutput } from '../mapping/outputs.js';
import { compilePlaceholder, NO_VALUE, placeholdersIn, type Scope } from '../mapping/placeholders.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';
import { faultOf, lintMembers } from './inputs.js';
import { listed } from './listed.js';
import { lintPlaceholders, type Readable } from './placeholders.js';
import { SAMPLES, sampleEvent } from './samples.js';
import type { ShowNames } from './show-names.js';

/** Why a command could never be sent; undefined when it could. */
export type CommandProblem = (device: string, command: Command) => string | undefined;

interface Lint {
  config: BridgeConfig;
  state: ShowState;
  cuesFor: ReturnType<typeof cueSamples>;
  names: ShowNames;
  problemOfCommand: CommandProblem;
}

/** What is wrong with one output rule besides its shape, and with every command that it would ever send. */
export function lintOutput(rule: OutputRule, at: string, lint: Lint): Finding[] {
  const { names, config } = lint;
  const { device: _, ...send } = rule.send;
  const isAboutCue = CUE_EVENTS.has(rule.event) || rule.cue === 'next';
  const found = lintPlaceholders(send, `${at}/send`, readableBy(rule), names);
  const where = rule.where ?? {};
  found.push(
    ...lintMembers(rule.event, where, `${at}/where`, names),
    ...lintWhere(rule, `${at}/where`, config.show.id),
  );
  if (rule.call !== undefined && !isAboutCue) {
    found.push(
      wrong(`${at}/call`, 'CONFIG_INVALID', `${rule.event} is about no cue, so it has no calls`, { on: 'key' }),
    );
  }
  if (found.some(({ severity }) => severity === 'error')) return found;
  return [
    ...found,
    ...(isAboutCue
      ? lintCues(compileOutput(asOwnCue(rule)), at, lint, rule.cue === 'next')
      : lintFixed(compileOutput(rule), at, lint)),
  ];
}

/** Whatever cue is next on the night, it is one of the show's: tried as if the show went to it. */
function asOwnCue({ cue, ...rule }: OutputRule): OutputRule {
  return cue === 'next' ? { ...rule, event: 'CueAdvanced', where: {} } : rule;
}

/** Words that only a cue, or what names a segment, gives a value to. */
function readableBy({ event, call, cue }: OutputRule): Readable {
  const payload = Object.keys(SAMPLES[event]);
  const scopes: Scope[] = ['show', 'event', 'actor'];
  const isAboutCue = CUE_EVENTS.has(event) || cue === 'next';
  if (isAboutCue) scopes.push('cue');
  if (isAboutCue || payload.includes('segmentId')) scopes.push('segment', 'act');
  if (isAboutCue && call !== undefined) scopes.push('call');
  const noCue = `${event} is about no cue`;
  return {
    scopes,
    payload,
    whyNot: {
      call: isAboutCue ? 'give the rule a call: with the department' : noCue,
      cue: noCue,
      segment: noCue,
      act: noCue,
      input: 'an output rule runs for an event, not for an input',
    },
  };
}

/** Values that the payload can never have, and placeholders, which have no meaning there. */
function lintWhere({ event, where = {} }: OutputRule, at: string, showId: string): Finding[] {
  return Object.entries(where).flatMap(([name, wanted]) => {
    const isList = Array.isArray(wanted);
    return [wanted].flat().flatMap((value: unknown, index) => {
      const pointer = at + pointerOf(name) + (isList ? pointerOf(index) : '');
      if (placeholdersIn(value).length > 0) {
        return [
          wrong(pointer, 'CONFIG_PLACEHOLDER', 'where compares with fixed values; a placeholder has no meaning there'),
        ];
      }
      const sample: Record<string, unknown> = { ...SAMPLES[event] };
      // Of a list, and deeper inside, what fits is not looked at.
      if (!(name in sample) || Array.isArray(sample[name])) return [];
      const fault = faultOf(showId, event, { ...sample, [name]: value }, name);
      return fault ? [wrong(pointer, 'CONFIG_INVALID', fault.message, fault.more)] : [];
    });
  });
}

/** A rule that reads nothing that is known only on the night sends one command: tried once. */
function lintFixed(output: CompiledOutput, at: string, { config, state, problemOfCommand }: Lint): Finding[] {
  const { rule, reads } = output;
  if ([...reads].some((scope) => scope !== 'show')) return [];
  const event = sampleEvent(config.show.id, rule.event, SAMPLES[rule.event]) as ShowEvent;
  const [run] = [...output.runs(new EventView(event, state))];
  const command = run && output.fill(run);
  if (command === undefined || command === NO_VALUE) return [];
  const why = problemOfCommand(rule.send.device, command as Command);
  return why === undefined ? [] : [wrong(`${at}/send`, 'CONFIG_INVALID', `${rule.id} could never be sent: ${why}`)];
}

/** Once that a rule would run for a cue of the show file. */
interface Trial {
  cueNumber: string;
  /** The cue, or its call, in the show file. */
  pointer: string;
  run: Run;
}

/** Tries the rule on every cue of the show file. @param goesOn  a cue that it does not apply to is passed over. */
function lintCues(output: CompiledOutput, at: string, lint: Lint, goesOn: boolean): Finding[] {
  const { rule } = output;
  const trials = trialsOf(output, lint);
  if (trials.length === 0) return [];
  const placeholders = placeholdersIn(sendOf(rule))
    .filter(({ scope }) => scope !== 'event' && scope !== 'actor')
    .map(({ text, ...placeholder }) => ({ text, read: compilePlaceholder({ text, ...placeholder }) }));
  const lacking = new Map<string, Trial[]>();
  const bad: { trial: Trial; why: string }[] = [];
  let applied = 0;
  for (const trial of trials) {
    const missing = placeholders.find(({ read }) => read(trial.run) === NO_VALUE);
    if (missing) {
      const skipped = lacking.get(missing.text);
      if (skipped) skipped.push(trial);
      else lacking.set(missing.text, [trial]);
      continue;
    }
    applied += 1;
    const why = whyNever(output, trial.run, lint);
    if (why !== undefined) bad.push({ trial, why });
  }
  const found = [...lacking].flatMap(([text, skipped]) =>
    goesOn && applied > 0 ? [] : [tellSkipped(output, at, text, skipped, applied === 0, lint)],
  );
  const reasons = new Set(bad.map(({ why }) => why));
  // What is wrong in the same words for every cue is the rule's fault, not the cues'.
  if (bad.length > 1 && bad.length === applied && reasons.size === 1) {
    found.push(wrong(`${at}/send`, 'CONFIG_INVALID', `${rule.id} could never be sent: ${[...reasons].join()}`));
    return found;
  }
  for (const { trial, why } of bad) {
    const message = `cue ${trial.cueNumber} with rule ${rule.id} could never be sent: ${why}`;
    found.push(wrong(trial.pointer + detailOf(rule), 'CONFIG_INVALID', message, { file: 'show' }));
  }
  return found;
}

function sendOf({ send: { device: _, ...send } }: OutputRule): Command {
  return send;
}

/** What the rule reads of a call or a cue, when it reads just one thing: there the finger goes. */
function detailOf(rule: OutputRule): string {
  const own = rule.call === undefined ? 'cue' : 'call';
  const [only, ...more] = placeholdersIn(sendOf(rule)).filter(({ scope }) => scope === own);
  return only && more.every(({ text }) => text === only.text) ? pointerOf(...only.path) : '';
}

function whyNever(output: CompiledOutput, run: Run, { problemOfCommand }: Lint): string | undefined {
  // With values from the sample event the command is none that will ever be sent.
  if (output.reads.has('event') || output.reads.has('actor')) return undefined;
  const command = output.fill(run);
  if (command === NO_VALUE) return 'a text can only take texts and numbers in';
  return problemOfCommand(output.rule.send.device, command as Command);
}

function tellSkipped(
  { rule }: CompiledOutput,
  at: string,
  text: string,
  skipped: readonly Trial[],
  isAll: boolean,
  { names }: Lint,
): Finding {
  const first = placeholdersIn(sendOf(rule)).find((one) => one.text === text);
  const [, ...path] = text.split('.');
  const lack = path.join('.');
  const scope = text.slice(1, text.indexOf('.'));
  const whose = scope === 'call' ? `${rule.call} call` : scope;
  const target = path[0] === 'targets' ? path[1] : undefined;
  const more = {
    severity: 'warn',
    ...(target !== undefined && !names.target.includes(target)
      ? { unknown: { name: target, among: names.target } }
      : {}),
  } as const;
  const pointer = `${at}/send${first?.pointer ?? ''}`;
  if (isAll) return wrong(pointer, 'CONFIG_RULE_UNUSED', `${rule.id} applies to no cue: no ${whose} has ${lack}`, more);
  const numbers = [...new Set(skipped.map(({ cueNumber }) => cueNumber))];
  const [cues, its, have] = numbers.length === 1 ? ['cue', 'its', 'has'] : ['cues', 'their', 'have'];
  const why = scope === 'cue' ? `, which ${have} no ${lack}` : `: ${its} ${whose} has no ${lack}`;
  return wrong(
    pointer,
    'CONFIG_RULE_SKIPS_CUES',
    `${rule.id} does not apply to ${cues} ${listed(numbers)}${why}`,
    more,
  );
}

/** Runs the rule for each cue, each by itself. `where` counts as far as it names the cue or its segment. */
function trialsOf(output: CompiledOutput, { cuesFor }: Lint): Trial[] {
  const { toCueId, segmentId } = output.rule.where ?? {};
  const allows = (wanted: unknown, id: string) => wanted === undefined || [wanted].flat().includes(id);
  return cuesFor(output.rule.event).flatMap(({ cue, segment, pointer, view }) => {
    if (!allows(toCueId, cue.id) || !allows(segmentId, segment.id)) return [];
    return [...output.runs(view)].map((run) => {
      const call = run.call === undefined ? -1 : (cue.calls as unknown[]).indexOf(run.call);
      return { cueNumber: cue.number, pointer: call < 0 ? pointer : `${pointer}/calls/${call}`, run };
    });
  });
}

/** A cue of the show file and an event that is about it. */
interface CueSample {
  cue: CueEntry;
  segment: SegmentEntry;
  pointer: string;
  view: EventView;
}

/** Each cue of the show file as events of each type are about it; made once for all rules. */
export function cueSamples(
  showId: string,
  { acts }: ShowFile,
  state: ShowState,
): (event: OutputRule['event']) => CueSample[] {
  const known = new Map<string, CueSample[]>();
  const sample = (type: OutputRule['event'], cueId: string, segmentId: string): EventView => {
    const payload = { ...SAMPLES[type], segmentId, toCueId: cueId, cueIds: [cueId], department: undefined };
    return new EventView(sampleEvent(showId, type, payload) as unknown as ShowEvent, state);
  };
  return (type) => {
    const found = known.get(type);
    if (found) return found;
    const samples = acts.flatMap(({ segments }, a) =>
      segments.flatMap((segment, s) =>
        segment.cues.map((cue, c) => {
          const pointer = `/acts/${a}/segments/${s}/cues/${c}`;
          return { cue, segment, pointer, view: sample(type, cue.id, segment.id) };
        }),
      ),
    );
    known.set(type, samples);
    return samples;
  };
}
