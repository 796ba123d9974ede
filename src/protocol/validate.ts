import type { ValidationFault, Validator } from '../generated/messages.js';
import { type Fault, pointerOf, stepsOf } from '../kit/pointer.js';

/** How the named texts of the schemas are said to people. */
const FORMS: Readonly<Record<string, string>> = {
  Semver: 'a version such as 1.1.0',
  Uuid: 'a UUID',
  Utc: 'a time in UTC such as 2025-08-11T14:00:00Z',
  Timecode: 'a time as HH:MM:SS.mmm',
  ShowId: 'a show id: letters, digits, and _ . - inside',
  Department: 'a department such as lighting: letters, digits and -, beginning with a small letter',
  Code: 'a code such as DEVICE_TIMEOUT',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join(', ') : String(values));

/** What must hold, after "X must …". */
function demand({ keyword, params, schemaPath, message }: ValidationFault): string {
  const limit = String(params.limit);
  switch (keyword) {
    case 'type':
      return `be ${TYPES[String(params.type)] ?? String(params.type)}`;
    case 'const':
      return `be ${JSON.stringify(params.allowedValue)}`;
    case 'enum':
      return `be one of ${list(params.allowedValues)}`;
    case 'pattern': {
      const form = FORMS[/\/([^/]+)\/pattern$/.exec(schemaPath)?.[1] ?? ''];
      return form ? `be ${form}` : `look like ${String(params.pattern)}`;
    }
    case 'minLength':
      return limit === '1' ? 'not be empty' : `have at least ${limit} characters`;
    case 'maxLength':
      return `have at most ${limit} characters`;
    case 'minimum':
      return `be at least ${limit}`;
    case 'maximum':
      return `be at most ${limit}`;
    case 'minItems':
      return limit === '1' ? 'not be empty' : `have at least ${limit} entries`;
    case 'maxItems':
      return `have at most ${limit} entries`;
    case 'minProperties':
      return `have at least ${limit} members`;
    case 'maxProperties':
      return `have at most ${limit} members`;
    case 'uniqueItems':
      return 'not name the same twice';
    default:
      return (message ?? 'fit the schema').replace(/^must /, '');
  }
}

function tell(fault: ValidationFault, all: readonly ValidationFault[]): Fault {
  const { instancePath, keyword, params } = fault;
  if (keyword === 'required') {
    const name = String(params.missingProperty);
    return { pointer: instancePath + pointerOf(name), message: `${name} is missing` };
  }
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    return { pointer: instancePath + pointerOf(name), message: `${name} is not known here` };
  }
  const subject = stepsOf(instancePath).at(-1) || 'the message';
  // Each branch of a oneOf tells its own fault at the same place; together they are one demand.
  const either = all.some((other) => other.keyword === 'oneOf' && other.instancePath === instancePath);
  const demands = either
    ? all.filter((other) => other.instancePath === instancePath && other.keyword !== 'oneOf').map(demand)
    : [demand(fault)];
  return { pointer: instancePath, message: `${subject} must ${[...new Set(demands)].join(', or ')}` };
}

/**
 * The first fault that a validator found when it last ran.
 * @param validator  one of src/generated, directly after it returned false: the next run overwrites its faults.
 * @param counts  which faults count; left out: all.
 * @returns undefined when the validator found none that counts.
 */
export function firstFault(
  validator: Validator,
  counts: (fault: ValidationFault) => boolean = () => true,
): Fault | undefined {
  // An `if` only repeats that its branch failed; the branch says why.
  const faults = (validator.errors ?? []).filter((fault) => fault.keyword !== 'if' && counts(fault));
  const first = faults[0];
  return first && tell(first, faults);
}
