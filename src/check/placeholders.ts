import { type Finding, wrong } from '../config/problems.js';
import { type FoundPlaceholder, isScope, placeholdersIn, type Scope, VOCABULARY } from '../mapping/placeholders.js';
import { listed } from './listed.js';
import type { ShowNames } from './show-names.js';

/** What a rule may read, and for each word that it may not, why. */
export interface Readable {
  scopes: readonly Scope[];
  whyNot: Partial<Record<Scope, string>>;
  /** The members of the event's payload; left out: any. */
  payload?: readonly string[];
  /** The members of the input; left out: any. */
  input?: readonly string[];
}

/** Every placeholder of a value that nobody knows, or that has no value at this place. */
export function lintPlaceholders(value: unknown, at: string, readable: Readable, names: ShowNames): Finding[] {
  return placeholdersIn(value).flatMap((found) => {
    const told = lintOne(found, readable, names);
    return told ? [{ ...told, pointer: at + found.pointer }] : [];
  });
}

function lintOne(
  found: FoundPlaceholder,
  { scopes, whyNot, payload, input }: Readable,
  names: ShowNames,
): Finding | undefined {
  const { text, scope, path } = found;
  const say = (message: string, unknown?: Finding['unknown']) =>
    wrong('', 'CONFIG_PLACEHOLDER', message, unknown ? { unknown } : {});
  if (!isScope(scope)) {
    return say(`unknown placeholder ${text} (write $$ for a dollar)`, { name: scope, among: scopes });
  }
  if (!scopes.includes(scope))
    return say(`${text} has no value here: ${whyNot[scope] ?? `only ${words(scopes)} have`}`);
  if (!VOCABULARY[scope].some((form) => fits(form, path))) {
    return say(`unknown placeholder ${text}`, { name: text, among: allOf([scope], names) });
  }
  const [first, second = ''] = path;
  if (scope === 'event' && first === 'payload' && payload && !payload.includes(second)) {
    return say(`this event's payload has no '${second}'`, { name: second, among: payload });
  }
  if (scope === 'input' && first !== undefined && input && !input.includes(first)) {
    return say(`what this rule waits for has no '${first}'; it has ${listed(input)}`, { name: first, among: input });
  }
  return undefined;
}

const words = (scopes: readonly Scope[]): string => scopes.map((scope) => `$${scope}`).join(', ');

/** Whether the names after the dollar's word are as the vocabulary has them. */
function fits(form: string, path: readonly string[]): boolean {
  const names = form.replace('*', '').split('.');
  if (form.endsWith('*') ? path.length < names.length : path.length !== names.length) return false;
  return names.every((name, index) => name === path[index] || (name === 'NAME' && path[index] !== undefined));
}

/** Every placeholder that would be right, for suggestions. */
const allOf = (scopes: readonly Scope[], { target }: ShowNames): string[] =>
  scopes.flatMap((scope) =>
    VOCABULARY[scope].flatMap((form) =>
      form === 'targets.NAME'
        ? target.map((name) => `$call.targets.${name}`)
        : [`$${scope}.${form.replace('NAME*', 'NAME')}`],
    ),
  );
