import { isMap, stepsOf } from '../kit/pointer.js';
import type { FoldedFault } from './fold-faults.js';
import { didYouMean, nearest } from './nearest.js';
import type { ConfigCode } from './problems.js';

/** What stands in the file at the fault. */
export interface Written {
  /** The scalar as it is written, with its quotes. */
  source: string | undefined;
  /** The value must not be told: it is a secret, or came from the environment. */
  secret: boolean;
  /** Whether the value has a member of this name in the file; one that was filled in as a default has none. */
  has: (name: string) => boolean;
}

export interface FaultWords {
  code: ConfigCode;
  message: string;
  /** The member of the value at fault on whose name the finger goes; left out: the value itself. */
  member?: string;
}

/** Members whose values are never told, besides those that a schema marks `writeOnly`. */
export const isSecretName = (name: string): boolean => /token|passcode|password|secret|pin$/i.test(name);

/** Says one fault in the technician's words: what is wrong, and what would be right. */
export function faultWords(fault: FoldedFault, pointer: string, written: Written): FaultWords {
  const { keyword, params, parentSchema, data } = fault;
  const name = nameAt(pointer);
  const found = foundWords(data, written);
  const invalid = (message: string): FaultWords => ({ code: 'CONFIG_INVALID', message: message + reason(fault) });
  const limit = String(params.limit);
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownProperty(String(params.additionalProperty ?? params.unevaluatedProperty), fault, written);
    case 'required':
      return invalid(`missing property '${String(params.missingProperty)}'`);
    case 'alien':
      return {
        ...invalid(`${String(params.name)} does not go with ${list(params.own, 'and')}`),
        member: String(params.name),
      };
    case 'oneOfRequired':
      return invalid(`missing one of ${list(params.names, 'or')}`);
    case 'propertyNames': {
      const wrong = String(params.propertyName);
      const shape = isMap(fault.schema) ? fault.schema.description : undefined;
      return { ...invalid(`the name '${wrong}' does not fit${shapeWords(shape)}`), member: wrong };
    }
    case 'type':
      return invalid(typeWords(name, [params.type].flat().map(String), data, written));
    case 'enum':
      return invalid(`${name} must be ${list(params.allowedValues, 'or')}, found ${found}${meant(fault, written)}`);
    case 'const':
      return invalid(`${name} must be ${String(params.allowedValue)}, found ${found}`);
    case 'pattern': {
      const shape = PATTERN_WORDS[String(params.pattern)] ?? shortOf(parentSchema?.description);
      const value = written.secret ? '' : ` '${String(data)}'`;
      return invalid(`${name}${value} does not fit${shapeWords(shape ?? `the pattern ${String(params.pattern)}`)}`);
    }
    case 'minLength':
      return invalid(data === '' ? `${name} must not be empty` : `${name} must have at least ${limit} characters`);
    case 'maxLength':
      return invalid(`${name} must have at most ${limit} characters`);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return invalid(`${name} must be ${LIMITS[keyword]} ${limit}, found ${found}`);
    case 'minItems':
      return invalid(`${name} must hold at least ${count(params.limit, 'entry', 'entries')}`);
    case 'maxItems':
      return invalid(`${name} must hold at most ${count(params.limit, 'entry', 'entries')}`);
    case 'minProperties':
    case 'maxProperties':
      return invalid(sizeWords(name, fault, written));
    case 'alternatives': {
      const types = Array.isArray(params.types) ? params.types.map((type) => TYPES[String(type)] ?? String(type)) : [];
      const values = Array.isArray(params.values) ? params.values.map(String) : [];
      return invalid(`${name} must be ${list([...values, ...types], 'or')}, found ${found}`);
    }
    case 'uniqueItems':
      return invalid(`${name} holds the same entry twice`);
    case 'multipleOf':
      return invalid(`${name} must be a multiple of ${String(params.multipleOf)}, found ${found}`);
    case 'false schema':
      return invalid(`${name} does not go with the rest`);
    case 'dependentRequired':
    case 'dependencies':
      return invalid(`${String(params.property)} needs ${String(params.deps)} as well`);
    case 'not':
      return invalid(notWords(name, fault));
    case 'oneOf':
      return invalid(`${name}: ${severalWords(fault)}`);
    default:
      return invalid(`${name} ${fault.message ?? 'is not as it should be'}`);
  }
}

const LIMITS = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'more than',
  exclusiveMaximum: 'less than',
} as const;

/** Patterns of the schemas whose description says what the value is for rather than what it looks like. */
const PATTERN_WORDS: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$': 'letters, digits, and _ . - inside, at most 128',
  '^[a-z][A-Za-z0-9-]{0,63}$': 'a small letter, then letters, digits and -',
  '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$': 'address:port, such as 127.0.0.1:8420 or [::1]:8420',
  '^https?://[^/]+$': 'such as https://pages.example, without a path',
  '^[A-Za-z0-9._~+/=-]+$': 'letters, digits and . _ ~ + / = -',
};

/** The number of members; where the schema says in words what they are, in those words. */
function sizeWords(name: string, { keyword, params, parentSchema, data }: FoldedFault, { has }: Written): string {
  const { description, minProperties, maxProperties } = parentSchema ?? {};
  const written = isMap(data) ? Object.keys(data).filter(has) : [];
  const holds = written.length > 0 ? `; it holds ${list(written, 'and')}` : '';
  if (typeof description === 'string' && minProperties === maxProperties) {
    return `${name} takes ${description.replace(/\.$/, '')}${holds}`;
  }
  const bound = keyword === 'minProperties' ? 'at least' : 'at most';
  return `${name} must hold ${bound} ${count(params.limit, 'member', 'members')}`;
}

/** A longer description tells more than what the value looks like, in characters. */
const SHAPE_CHARS_MAX = 80;
const shortOf = (description: unknown): unknown =>
  typeof description === 'string' && description.length <= SHAPE_CHARS_MAX ? description : undefined;

const shapeWords = (shape: unknown): string =>
  typeof shape === 'string'
    ? `: ${shape.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}`
    : '';

const count = (limit: unknown, one: string, many: string): string => `${String(limit)} ${limit === 1 ? one : many}`;

const reason = ({ because }: FoldedFault): string => (because === undefined ? '' : ` (with ${because})`);

function list(values: unknown, join: 'or' | 'and'): string {
  // 25 and "25" read alike.
  const words = Array.isArray(values) ? [...new Set(values.map(String))] : [];
  const last = words.pop();
  return words.length === 0 ? (last ?? '') : `${words.join(', ')} ${join} ${last}`;
}

/** How many known names are listed when none is near. */
const NAMES_LISTED_MAX = 16;

function unknownProperty(name: string, { parentSchema, because }: FoldedFault, { has }: Written): FaultWords {
  const known = namesIn(parentSchema);
  const free = known.filter((other) => !has(other));
  const suggestion = didYouMean(name, free);
  const names = free.length > 0 && free.length <= NAMES_LISTED_MAX ? `; possible here: ${free.join(', ')}` : '';
  const about =
    known.length <= 1 && typeof parentSchema?.description === 'string' ? parentSchema.description : undefined;
  const tail = suggestion !== '' ? suggestion : names !== '' ? names : shapeWords(about);
  const merge = name === '<<' ? ' (merging is not part of YAML 1.2; write the members out)' : '';
  const why = because === undefined ? '' : ` (with ${because})`;
  return { code: 'CONFIG_UNKNOWN_KEY', message: `unknown property '${name}'${merge || tail}${why}`, member: name };
}

/** The names that a schema knows, in its branches too. */
function namesIn(schema: unknown): string[] {
  if (!isMap(schema)) return [];
  const own = isMap(schema.properties) ? Object.keys(schema.properties) : [];
  const deeper = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => (Array.isArray(schema[word]) ? schema[word] : []));
  const conditional = [schema.then, schema.else].filter(isMap);
  return [...new Set([...own, ...[...deeper, ...conditional].flatMap(namesIn)])];
}

/** What a missing property was probably written as: then the unknown one says all there is to say. */
export const isAnsweredBy = (missing: string, unknown: string): boolean => nearest(unknown, [missing]) === missing;

function nameAt(pointer: string): string {
  const steps = stepsOf(pointer);
  const last = steps.at(-1);
  if (last === undefined) return 'the file';
  const before = steps.at(-2);
  return /^[0-9]+$/.test(last) && before !== undefined ? `entry ${Number(last) + 1} of ${before}` : last;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map (name: value)',
  array: 'a list',
  null: 'empty',
};

function typeWords(name: string, types: string[], data: unknown, written: Written): string {
  const expected = `${name} must be ${list(
    types.map((type) => TYPES[type] ?? type),
    'or',
  )}`;
  const { source, secret } = written;
  const telling = source !== undefined && !secret;
  if (
    types.length === 1 &&
    telling &&
    types[0] === 'string' &&
    (typeof data === 'number' || typeof data === 'boolean')
  ) {
    const reads = String(data) === source ? '' : ` (as it stands YAML reads ${String(data)})`;
    return `${expected}: write "${source}" in quotes${reads}`;
  }
  const isNumeric = types.includes('integer') || types.includes('number');
  if (telling && isNumeric && typeof data === 'string' && data !== source && fits(data, types)) {
    return `${expected}: write ${data} without quotes`;
  }
  if (telling && types[0] === 'boolean' && typeof data === 'string' && /^(yes|no|on|off)$/i.test(data)) {
    return `${expected}: write ${/^(yes|on)$/i.test(data) ? 'true' : 'false'} instead of ${source}`;
  }
  if (secret && types[0] === 'string' && typeof data !== 'object') return `${expected}: put it in quotes`;
  return `${expected}, found ${foundWords(data, written)}`;
}

const fits = (text: string, types: readonly string[]): boolean =>
  /^-?[0-9]+$/.test(text) || (types.includes('number') && /^-?[0-9]*\.[0-9]+$/.test(text));

/** Longer values are cut in a message. */
const FOUND_CHARS_MAX = 60;

function foundWords(data: unknown, { source, secret }: Written): string {
  if (data === null || data === undefined) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a map';
  if (secret) return typeof data === 'string' ? 'text' : `a ${typeof data}`;
  const text = source ?? String(data);
  return text.length > FOUND_CHARS_MAX ? `${text.slice(0, FOUND_CHARS_MAX)}…` : text;
}

const meant = ({ data, params }: FoldedFault, { secret }: Written): string =>
  typeof data === 'string' && !secret && Array.isArray(params.allowedValues)
    ? didYouMean(data, params.allowedValues.map(String))
    : '';

function notWords(name: string, { schema }: FoldedFault): string {
  const together = isMap(schema) ? schema.required : undefined;
  return Array.isArray(together) && together.length > 1
    ? `${list(together, 'and')} do not go together`
    : `${name} is not allowed so`;
}

function severalWords({ schema, params }: FoldedFault): string {
  const branches = Array.isArray(schema) ? schema : [];
  const passing = Array.isArray(params.passingSchemas) ? params.passingSchemas : [];
  const names = passing.flatMap((index: unknown) => {
    const branch: unknown = branches[Number(index)];
    return isMap(branch) && Array.isArray(branch.required) ? branch.required : [];
  });
  return names.length > 1 ? `write only one of ${list([...new Set(names)], 'and')}` : 'it can be read in two ways';
}
