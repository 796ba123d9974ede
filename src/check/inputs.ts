import { isDeepStrictEqual } from 'node:util';
import { type Finding, wrong } from '../config/problems.js';
import { validateShowEvent } from '../generated/messages.js';
import type { BridgeConfig, InputRule } from '../generated/types.js';
import { pointerOf } from '../kit/pointer.js';
import { compileWanted, type Wanted } from '../mapping/cue-selector.js';
import type { Pattern } from '../mapping/inputs.js';
import { placeholdersIn } from '../mapping/placeholders.js';
import type { Draft } from '../protocol/envelope.js';
import { firstFault } from '../protocol/validate.js';
import { complete } from '../show/complete.js';
import { mayPropose } from '../show/roles.js';
import { cuesOf, type ShowState } from '../show/state.js';
import { listed } from './listed.js';
import { lintPlaceholders, type Readable } from './placeholders.js';
import { type RuleEvent, SAMPLES, sampleEvent } from './samples.js';
import { lintNames, type ShowNames } from './show-names.js';

const READABLE: Readable = {
  scopes: ['input', 'show'],
  whyNot: {
    call: 'an input rule can read $input and $show; to pick a cue by what it is called, use toCue',
    cue: 'an input rule can read $input and $show; to pick a cue by what it is called, use toCue',
  },
};

/** Why no input of this device could ever fit the pattern; undefined when one could. */
export type PatternProblem = (device: string, pattern: Pattern) => string | undefined;

/** What `$input.NAME` can read of the inputs that fit the pattern; undefined where that is not known beforehand. */
export type InputNames = (device: string, pattern: Pattern) => readonly string[] | undefined;

/** Whether nobody can do what fits `pattern` without also doing what fits `other`. */
export type PatternsOverlap = (device: string, pattern: Pattern, other: Pattern) => boolean;

/** What is wrong with one input rule besides its shape. */
export function lintInput(
  rule: InputRule,
  at: string,
  config: BridgeConfig,
  state: ShowState,
  names: ShowNames,
  checks: { problemOfPattern?: PatternProblem; inputNames?: InputNames } = {},
): Finding[] {
  const { toCue, ...members } = rule.with ?? {};
  const { device, ...pattern } = rule.when;
  const why = checks.problemOfPattern?.(device, pattern);
  const input = why === undefined ? checks.inputNames?.(device, pattern) : undefined;
  return [
    ...(why === undefined ? [] : [wrong(`${at}/when`, 'CONFIG_INVALID', `${rule.id} could never fire: ${why}`)]),
    ...lintPlaceholders(rule.with, `${at}/with`, input ? { ...READABLE, input } : READABLE, names),
    ...lintMembers(rule.propose, members, `${at}/with`, names),
    ...lintToCue(rule, toCue, `${at}/with`, state, names),
    ...lintUser(rule, at, config),
    ...lintPayload(rule, at, config.show.id, state),
  ];
}

/** Two rules that pick different cues are one that finds a cue and one that does not. */
const isSameWish = (rule: InputRule, other: InputRule): boolean =>
  rule.propose === other.propose && isDeepStrictEqual(rule.with, other.with);

/** Rules that fire with another one, on the way to it or back from it. */
export function lintOverlaps(rules: readonly InputRule[], includes: PatternsOverlap): Finding[] {
  return rules.flatMap((rule, index) => {
    const { device, ...pattern } = rule.when;
    const others = rules.filter((other) => {
      const { device: its, ...itsPattern } = other.when;
      if (other === rule || its !== device) return false;
      return (
        includes(device, pattern, itsPattern) || (isSameWish(rule, other) && isDeepStrictEqual(pattern, itsPattern))
      );
    });
    if (others.length === 0) return [];
    const names = listed(others.map(({ id }) => id));
    const message = `whoever does what ${rule.id} waits for also fires ${names}: a press is never held back to see what becomes of it`;
    return [wrong(`/inputs/${index}/when`, 'CONFIG_RULES_OVERLAP', message, { severity: 'warn' })];
  });
}

/** Members of `with` or `where` that the event's payload does not have, and names that nobody has. */
export function lintMembers(event: RuleEvent, members: object, at: string, names: ShowNames): Finding[] {
  const among = Object.keys(SAMPLES[event]);
  return Object.entries(members).flatMap(([path, value]) => {
    const [name = ''] = path.split('.');
    const pointer = at + pointerOf(path);
    if (among.includes(name)) return lintNames(names, name, value, pointer);
    const message = `${event} has no '${name}' in its payload`;
    return [wrong(pointer, 'CONFIG_UNKNOWN_KEY', message, { on: 'key', unknown: { name, among } })];
  });
}

function lintToCue(
  rule: InputRule,
  toCue: object | undefined,
  at: string,
  state: ShowState,
  names: ShowNames,
): Finding[] {
  if (toCue === undefined) return [];
  const pointer = `${at}/toCue`;
  if (rule.propose !== 'CueAdvanced' && rule.propose !== 'CueReverted') {
    const message = `toCue picks a cue for CueAdvanced and CueReverted; ${rule.propose} has none`;
    return [wrong(pointer, 'CONFIG_INVALID', message, { on: 'key' })];
  }
  const found: Finding[] = [];
  if (rule.with && 'toCueId' in rule.with) {
    found.push(
      wrong(`${at}/toCueId`, 'CONFIG_INVALID', 'toCue and toCueId both say where to go; write one', { on: 'key' }),
    );
  }
  for (const key of Object.keys(toCue)) {
    const name = key.startsWith('targets.') ? key.slice('targets.'.length) : undefined;
    if (name === undefined || names.target.includes(name)) continue;
    const more = { severity: 'warn', on: 'key', unknown: { name, among: names.target } } as const;
    found.push(wrong(pointer + pointerOf(key), 'CONFIG_RULE_UNUSED', `no call of the show has targets.${name}`, more));
  }
  const isFixed = placeholdersIn(toCue).length === 0;
  if (found.length === 0 && isFixed && !cuesOf(state).some(compileWanted(toCue as Wanted))) {
    const [[key, name] = ['', '']] = Object.entries(toCue as Wanted);
    const among = key === 'id' ? names.cue : key === 'number' ? names.cueNumber : [];
    found.push(wrong(pointer, 'CONFIG_UNKNOWN_NAME', 'the show has no such cue', { unknown: { name, among } }));
  }
  return found;
}

/** Who the press counts for, of an access list; without one the bridge itself, who may propose everything. */
const userOf = ({ access }: BridgeConfig, as: string | undefined) => access?.find(({ userId }) => userId === as);

function lintUser({ as, propose }: InputRule, at: string, config: BridgeConfig): Finding[] {
  const role = userOf(config, as)?.role;
  if (role === undefined || mayPropose(role, propose)) return [];
  return [wrong(`${at}/as`, 'CONFIG_INVALID', `'${as}' has the role ${role}, which may not propose ${propose}`)];
}

/** Completes what the rule would propose, as the sequencer will, and tells what could never be taken. */
function lintPayload(
  { propose, with: members = {} }: InputRule,
  at: string,
  showId: string,
  state: ShowState,
): Finding[] {
  const sample: Record<string, unknown> = { ...SAMPLES[propose] };
  const { toCue, ...written } = members as Record<string, unknown>;
  const fixed = Object.entries(written).filter(([name, value]) => name in sample && placeholdersIn(value).length === 0);
  const found = fixed.flatMap(([name, value]) => {
    const fault = faultOf(showId, propose, { ...sample, [name]: value }, name);
    return fault ? [wrong(`${at}/with${fault.pointer}`, 'CONFIG_INVALID', fault.message, fault.more)] : [];
  });
  if (found.length > 0) return found;
  const filled = Object.keys(written).filter((name) => name in sample);
  const payload = Object.fromEntries(filled.map((name) => [name, sample[name]]));
  const draft = sampleEvent(showId, propose, payload) as Draft;
  const completed = complete(state, draft, 0);
  if (completed.ok || completed.code !== 'VALIDATION_FAILED') return [];
  return [wrong(`${at}/with`, 'CONFIG_INVALID', `${propose} needs more in with: ${completed.message}`)];
}

/** Why a payload does not fit, if the fault is in this member. */
export function faultOf(showId: string, eventType: RuleEvent, payload: object, name: string) {
  if (validateShowEvent(sampleEvent(showId, eventType, payload))) return undefined;
  const at = `/payload${pointerOf(name)}`;
  const fault = firstFault(validateShowEvent);
  if (!fault || !(fault.pointer === at || fault.pointer.startsWith(`${at}/`))) return undefined;
  const listed = validateShowEvent.errors?.find(
    ({ instancePath, keyword }) => instancePath === fault.pointer && keyword === 'enum',
  );
  const among = listed?.params.allowedValues;
  const value = fault.pointer
    .split('/')
    .slice(2)
    .reduce<unknown>((inner, one) => (inner as Record<string, unknown> | undefined)?.[one], payload);
  const more =
    Array.isArray(among) && typeof value === 'string' ? { unknown: { name: value, among: among.map(String) } } : {};
  return { pointer: fault.pointer.slice('/payload'.length), message: fault.message, more };
}
