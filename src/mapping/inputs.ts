import type { InputRule } from '../generated/types.js';
import type { ShowState } from '../show/state.js';
import { findWanted, type Wanted } from './cue-selector.js';
import { type Context, NO_VALUE } from './placeholders.js';
import { compileTemplate } from './template.js';

/** A flat record, as an adapter gives it. */
export type Input = Readonly<Record<string, unknown>>;
/** A `when` less its device. */
export type Pattern = Readonly<Record<string, unknown>>;

/** What an input asks for; the sequencer completes it. */
export interface RuleDraft {
  ruleId: string;
  eventType: InputRule['propose'];
  payload: Readonly<Record<string, unknown>>;
  /** The userId that it counts for; left out: the bridge itself. */
  as?: string;
  /** The rule says that a person pressed. */
  by?: 'person';
}

export interface CompiledInput {
  device: string;
  pattern: Pattern;
  /** What it proposes is a timer's: an input that is only told again (`again: true`) is for such rules alone. */
  isOfTimer: boolean;
  /** @returns the draft; or, when the rule does not apply, why: something it reads has no value, or no cue is called so. */
  draft(input: Input, show: Context['show'], state: ShowState): RuleDraft | NoDraft;
}

/** Why a rule that an input fits asks for nothing, in the words of whoever pressed. */
export interface NoDraft {
  ruleId: string;
  whyNot: string;
}

export function compileInput({
  id: ruleId,
  when,
  propose: eventType,
  with: members = {},
  as,
  by,
}: InputRule): CompiledInput {
  const { device, ...pattern } = when;
  const { toCue, ...rest } = members;
  const payloadOf = compileTemplate(rest);
  const selectorOf = toCue === undefined ? undefined : compileTemplate(toCue);
  const way = eventType === 'CueReverted' ? -1 : 1;
  const who = { ...(as === undefined ? {} : { as }), ...(by === undefined ? {} : { by }) };
  return {
    device,
    pattern: Object.freeze(pattern),
    isOfTimer: eventType.startsWith('Timer'),
    draft(input, show, state) {
      const context = { input, show };
      const payload = payloadOf(context);
      if (payload === NO_VALUE) return { ruleId, whyNot: 'the input lacks what the rule reads' };
      if (!selectorOf) return { ruleId, eventType, payload: payload as Input, ...who };
      const wanted = asTexts(selectorOf(context));
      if (!wanted) return { ruleId, whyNot: 'the input names no cue' };
      const toCueId = findWanted(state, wanted, way);
      if (toCueId === undefined) return { ruleId, whyNot: `no cue has ${wordsOf(wanted)}` };
      return { ruleId, eventType, payload: { ...(payload as Input), toCueId }, ...who };
    },
  };
}

const wordsOf = (wanted: Wanted): string =>
  Object.entries(wanted)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** What a cue is called is text; a device may say it as a number. */
function asTexts(selector: unknown): Wanted | undefined {
  if (typeof selector !== 'object' || selector === null) return undefined;
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(selector)) {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    out[name] = String(value);
  }
  return out;
}
