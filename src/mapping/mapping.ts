import type { BridgeConfig, CallRef } from '../generated/types.js';
import type { EventOf, ShowEvent } from '../protocol/envelope.js';
import { placeOf } from '../show/running-order.js';
import type { ShowState } from '../show/state.js';
import { CallIndex } from './call-index.js';
import { EventView } from './event-view.js';
import { type CompiledInput, compileInput, type Input, type NoDraft, type Pattern, type RuleDraft } from './inputs.js';
import {
  addCommands,
  type Backup,
  type CompiledOutput,
  compileOutput,
  type DeviceKinds,
  type RuleCommand,
} from './outputs.js';
import { compilePlayheads, type PlayheadWish } from './playheads.js';

/** The rules of a bridge file, prepared. Pure: the same in gives the same out, and nothing handed in is changed. */
export interface Mapping {
  /** The drafts of every input rule that the input fits, in the order of the file. */
  draftsFor(device: string, input: Input, state: ShowState): RuleDraft[];
  /** Of an input that has no draft: why not, for each rule that it fits; empty when it fits none. */
  whyNoDraft(device: string, input: Input, state: ShowState): NoDraft[];
  /** What an event sends, in the order of the file. @param state  with the event applied. */
  commandsFor(event: ShowEvent, state: ShowState): RuleCommand[];
  /**
   * The call that a device has fired by itself: for which a rule of the GO sends the device this cue. undefined when none does.
   * @param cueNumber  as the device calls it.
   */
  callFired(device: string, cueNumber: string, movedPlayhead: boolean, state: ShowState): CallRef | undefined;
  /** Makes ready what `callFired` looks up, so that no press has to wait for it. */
  prepareCalls(state: ShowState): void;
  /** The patterns of all input rules of a device, so that its adapter can watch for no more than is asked. */
  patternsFor(device: string): readonly Pattern[];
  /** The devices that rules name. */
  readonly devices: ReadonlySet<string>;
  /** The devices whose own playhead is compared, with the show or with their main's. */
  readonly playheads: readonly PlayheadWish[];
}

/** Whether an input fits a pattern, as the device's adapter sees it. */
export type Matches = (device: string, pattern: Pattern, input: Input) => boolean;

/**
 * @param firesCue  as the device's adapter says (Adapter.firesCue); left out: nothing is known to fire a cue.
 * @param config  checked: every rule is of the schema's shape. `show.id` is what `$show.id` gives in an input rule.
 */
export function compileMapping(
  config: Pick<BridgeConfig, 'inputs' | 'outputs'> & {
    show?: Pick<BridgeConfig['show'], 'id'>;
    devices?: BridgeConfig['devices'];
  },
  matches: Matches,
  firesCue?: DeviceKinds['firesCue'],
): Mapping {
  const inputs = grouped(config.inputs.map(compileInput), ({ device }) => device);
  const outputs = grouped(config.outputs.map(compileOutput), ({ rule }) => rule.event);
  const patterns = new Map([...inputs].map(([device, rules]) => [device, rules.map(({ pattern }) => pattern)]));
  const backups = backupsOf(config.devices ?? {});
  const backupsFor = (device: string) => backups.get(device) ?? NO_BACKUPS;
  const kinds: DeviceKinds = { kindOf: (device) => config.devices?.[device]?.adapter, ...(firesCue && { firesCue }) };
  const calls = new CallIndex(outputs.get('CueAdvanced') ?? NO_OUTPUTS, backupsFor, kinds);
  const showId = config.show === undefined ? {} : { id: config.show.id };

  /** Of every rule that the input fits, in the order of the file. */
  const answers = (device: string, input: Input, state: ShowState): (RuleDraft | NoDraft)[] => {
    const found: (RuleDraft | NoDraft)[] = [];
    for (const rule of inputs.get(device) ?? NO_INPUTS) {
      // Told again is not done again: a lock that a hold outlasted may set a timer, and never fires a cue.
      if (input.again === true && !rule.isOfTimer) continue;
      if (matches(device, rule.pattern, input)) {
        found.push(rule.draft(input, { ...showId, title: state.title }, state));
      }
    }
    return found;
  };

  return {
    devices: new Set([
      ...inputs.keys(),
      ...config.outputs.flatMap(({ send: { device } }) => [
        device,
        ...backupsFor(device).map((backup) => backup.device),
      ]),
    ]),
    playheads: compilePlayheads(config.devices ?? {}, showId),
    prepareCalls: (state) => void calls.prepare(state),
    callFired: (device, cueNumber, movedPlayhead, state) => calls.find(device, cueNumber, movedPlayhead, state),
    patternsFor: (device) => patterns.get(device) ?? [],
    draftsFor: (device, input, state) => answers(device, input, state).filter((answer) => 'eventType' in answer),
    whyNoDraft: (device, input, state) => answers(device, input, state).filter((answer) => 'whyNot' in answer),
    commandsFor(event, state) {
      const commands: RuleCommand[] = [];
      const again = event.eventType === 'CallFired' ? asAdvance(event, state) : undefined;
      const { department, outputId } = event.eventType === 'CallFired' ? event.payload : NO_PART;
      const shown = again ?? event;
      const by = again ? 'rerun' : event.eventType === 'CueAdvanced' ? 'go' : undefined;
      const view = new EventView(shown, state);
      for (const rule of outputs.get(shown.eventType) ?? NO_OUTPUTS) {
        // What is about the cue ahead belongs to the GO that moved the show.
        if (again && rule.rule.cue === 'next') continue;
        if (department !== undefined && rule.rule.call !== department) continue;
        addCommands(rule, shown, view, backupsFor(rule.rule.send.device), commands, kinds, by);
      }
      return outputId === undefined ? commands : commands.filter((command) => command.outputId === outputId);
    },
  };
}

/** All of an event. */
const NO_PART: { department?: string; outputId?: string } = {};

/** A cue that is sent once more, as its GO was: what the rules for GOs make of it. */
function asAdvance(event: EventOf<'CallFired'>, state: ShowState): EventOf<'CueAdvanced'> {
  const { cueId } = event.payload;
  const segmentId = placeOf(state.acts, cueId)?.segmentId ?? '';
  return { ...event, eventType: 'CueAdvanced', payload: { segmentId, fromCueId: null, toCueId: cueId } };
}

/** The backups of each device that has any, in the order of the file. */
const backupsOf = (devices: BridgeConfig['devices']): ReadonlyMap<string, Backup[]> =>
  new Map(
    [
      ...grouped(
        Object.entries(devices).filter(([, { backupOf }]) => backupOf !== undefined),
        ([, { backupOf }]) => String(backupOf),
      ),
    ].map(([main, entries]) => [main, entries.map(([device, { mirrored = false }]) => ({ device, mirrored }))]),
  );

const NO_BACKUPS: readonly Backup[] = [];
const NO_INPUTS: readonly CompiledInput[] = [];
const NO_OUTPUTS: readonly CompiledOutput[] = [];

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
