import type { ValidationFault, Validator } from '../generated/messages.js';
import { member, pointerOf, stepsOf, valueAt } from '../kit/pointer.js';
import { faultWords, isAnsweredBy, isSecretName } from './fault-words.js';
import { foldFaults } from './fold-faults.js';
import { type Finding, wrong } from './problems.js';
import type { YamlFile } from './yaml-file.js';

export type { Validator } from '../generated/messages.js';

/** The validators of one adapter's parts of the bridge file. */
export interface AdapterParts {
  device: Validator;
  when: Validator;
  send: Validator;
}

/**
 * Checks one part of a file and fills its defaults in, in place.
 * @param at  where the part stands in the file, as a JSON pointer.
 * @param waived  whether the value at a pointer cannot be judged yet.
 */
export function validatePart(
  file: YamlFile,
  root: unknown,
  at: string,
  validator: Validator,
  waived: (pointer: string) => boolean = () => false,
): Finding[] {
  const part = valueAt(root, at);
  if (validator(part)) return [];
  const mended = (validator.errors ?? []).filter((fault) => coerced(file, root, at, fault));
  if (mended.length > 0 && validator(valueAt(root, at))) return [];
  // A value that could not be read has its own problem already.
  const unread = new Set(file.valueProblems.map(({ pointer }) => pointer));
  const faults = foldFaults(validator.errors ?? [], (pointer) => waived(at + pointer) || unread.has(at + pointer));
  const strange = faults.flatMap(({ instancePath, params }) =>
    typeof params.additionalProperty === 'string' ? [{ instancePath, name: params.additionalProperty }] : [],
  );
  return faults.flatMap((fault) => {
    const { missingProperty } = fault.params;
    const isSaid =
      typeof missingProperty === 'string' &&
      strange.some((other) => other.instancePath === fault.instancePath && isAnsweredBy(missingProperty, other.name));
    return isSaid ? [] : [toProblem(file, at, fault)];
  });
}

function toProblem(file: YamlFile, at: string, fault: ValidationFault): Finding {
  const pointer = at + fault.instancePath;
  const secret =
    isSecretName(memberName(pointer)) || fault.parentSchema?.writeOnly === true || file.fromEnvironment(pointer);
  const {
    code,
    message,
    member: name,
  } = faultWords(fault, pointer, {
    source: file.source(pointer),
    secret,
    has: (name) => file.has(pointer + pointerOf(name)),
  });
  if (name === undefined) return wrong(pointer, code, message, { file: file.kind });
  return wrong(pointer + pointerOf(name), code, message, { file: file.kind, on: 'key' });
}

/** The name that a value goes by; an entry of a list goes by the list's. */
const memberName = (pointer: string): string => stepsOf(pointer).findLast((step) => !/^[0-9]+$/.test(step)) ?? '';

/** The environment knows only text: what it gave becomes the number, or the true or false, that is asked for. */
function coerced(
  file: YamlFile,
  root: unknown,
  at: string,
  { keyword, instancePath, params }: ValidationFault,
): boolean {
  const pointer = at + instancePath;
  if (keyword !== 'type' || !file.fromEnvironment(pointer)) return false;
  const value = readAs(valueAt(root, pointer), [params.type].flat().map(String));
  const steps = stepsOf(pointer);
  const name = steps.pop();
  const holder = steps.reduce<unknown>(member, root);
  if (value === undefined || name === undefined || typeof holder !== 'object' || holder === null) return false;
  Object.assign(holder, { [name]: value });
  return true;
}

function readAs(text: unknown, types: readonly string[]): number | boolean | undefined {
  if (typeof text !== 'string') return undefined;
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('integer') && /^(-?[0-9]{1,15}|0x[0-9a-fA-F]{1,12})$/.test(text)) return Number(text);
  if (types.includes('number') && /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/.test(text)) return Number(text);
  return undefined;
}
