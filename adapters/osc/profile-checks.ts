/** What the schema of a profile cannot say: that its names are known where they are used. Pure. */

import { problemOfExpression } from '../../src/kit/expression.js';
import { type Fault, pointerOf } from '../../src/kit/pointer.js';
import type {
  OscProfile,
  OscProfileCommand,
  OscProfileEvent,
  OscProfileMessage,
  OscProfileParameter,
  OscProfileReport,
} from './generated/types.js';
import { namesIn, piecesOf, problemOfAddress } from './template.js';

/** Members that every input has; a field of an event cannot be called so. */
const TAKEN = new Set(['address', 'args', 'types', 'from', 'event', 'attribution']);

/** Every mistake of a profile that has its schema's shape. */
export function faultsOfProfile({ commands = {}, events = {}, ping, renew = [] }: OscProfile): Fault[] {
  const pings = ping ? [ping.send, ping.answeredBy] : [];
  return [
    ...Object.entries(events).flatMap(([name, event]) => inside(['events', name], faults(problemsOfEvent(event)))),
    ...Object.entries(commands).flatMap(([name, command]) =>
      inside(['commands', name], faultsOfCommand(command, events)),
    ),
    ...inside(['ping'], faults(pings.flatMap((message) => problemsOfMessage(message, [])))),
    ...renew.flatMap(({ send }, index) => inside(['renew', index], faults(problemsOfMessage(send, [])))),
  ];
}

/** The fields of an event: what its addresses and arguments name, and what is made of that. */
export const fieldsOf = ({ address, args = [], fields = {} }: OscProfileEvent): string[] => [
  ...new Set([...namesIn(address[0] ?? ''), ...argNames(args), ...Object.keys(fields)]),
];

const faults = (problems: readonly string[], pointer = ''): Fault[] =>
  problems.map((message) => ({ pointer, message }));

/** Faults of a part, seen from the whole and said with the part's name. */
const inside = (steps: readonly (string | number)[], found: readonly Fault[]): Fault[] =>
  found.map(({ pointer, message }) => ({
    pointer: pointerOf(...steps) + pointer,
    message: `${steps.join('/')}: ${message}`,
  }));

/** The names that arguments of an event stand for. */
const argNames = (args: readonly unknown[]): string[] =>
  args.flatMap((arg) => (typeof arg === 'string' ? namesIn(arg) : []));

function problemsOfEvent({ address, args = [], fields = {} }: OscProfileEvent): string[] {
  const problems = address.flatMap((one) => problemOfAddress(one) ?? []);
  const [first = '', ...others] = address;
  const read = namesIn(first);
  const key = (names: readonly string[]) => [...names].sort().join(' ');
  const odd = others.find((one) => key(namesIn(one)) !== key(read));
  if (odd !== undefined) problems.push(`"${odd}" has other names than "${first}"`);
  for (const arg of args) {
    if (typeof arg !== 'string') continue;
    const pieces = piecesOf(arg);
    if (!pieces.ok) problems.push(pieces.problem);
    else if (namesIn(arg).length > 1) {
      problems.push(`the argument "${arg}" is more than one $name`);
    }
  }
  const known = [...read, ...argNames(args)];
  const twice = known.find((name, index) => known.indexOf(name) !== index);
  if (twice !== undefined) problems.push(`$${twice} stands for two things`);
  for (const [name, text] of Object.entries(fields)) {
    if (known.includes(name)) problems.push(`the field ${name} is made twice`);
    problems.push(...problemsOfText(text, known));
  }
  const taken = [...known, ...Object.keys(fields)].find((name) => TAKEN.has(name));
  if (taken !== undefined) problems.push(`a field cannot be called ${taken}`);
  return problems;
}

function faultsOfCommand(command: OscProfileCommand, events: Readonly<Record<string, OscProfileEvent>>): Fault[] {
  const { send, parameters = {}, confirmedBy, echoedBy } = command;
  const known = Object.keys(parameters);
  const used = new Set(send.flatMap(({ address, args = [] }) => [...namesIn(address), ...namesInArgs(args)]));
  const idle = known.find((name) => !used.has(name));
  const reports = Object.entries({ confirmedBy, echoedBy });
  return [
    ...send.flatMap((message, index) => faults(problemsOfMessage(message, known), pointerOf('send', index))),
    ...(idle === undefined ? [] : faults([`the parameter ${idle} is used nowhere`], pointerOf('parameters', idle))),
    ...Object.entries(parameters).flatMap(([name, parameter]) => faultsOfParameter(name, parameter)),
    ...reports.flatMap(([name, report]) =>
      report ? faults(problemsOfReport(report, known, events), pointerOf(name)) : [],
    ),
  ];
}

function problemsOfReport(
  { event: name, where = {}, unlessLast }: OscProfileReport,
  known: readonly string[],
  events: Readonly<Record<string, OscProfileEvent>>,
): string[] {
  const event = events[name];
  if (!event) return [`there is no event ${name}`];
  const problems: string[] = [];
  if (unlessLast && !event.onChange) problems.push(`unlessLast needs onChange at the event ${name}`);
  for (const [field, value] of Object.entries(where)) {
    if (!fieldsOf(event).includes(field)) problems.push(`the event ${name} has no field ${field}`);
    if (typeof value === 'string') problems.push(...problemsOfText(value, known));
  }
  return problems;
}

function problemsOfMessage({ address, args = [] }: OscProfileMessage, known: readonly string[]): string[] {
  const wrong = problemOfAddress(address);
  const texts = args.flatMap((arg) => textIn(arg) ?? []);
  return [
    ...(wrong === undefined ? [] : [wrong]),
    ...[address, ...texts].flatMap((text) => problemsOfText(text, known)),
  ];
}

/** The text of an argument that may hold names. */
function textIn(arg: unknown): string | undefined {
  if (typeof arg === 'string') return arg;
  const { value } = typeof arg === 'object' && arg !== null ? (arg as { value?: unknown }) : {};
  return typeof value === 'string' ? value : undefined;
}

const namesInArgs = (args: readonly unknown[]): string[] => args.flatMap((arg) => namesIn(textIn(arg) ?? ''));

function problemsOfText(text: string, known: readonly string[]): string[] {
  const read = piecesOf(text);
  if (!read.ok) return [read.problem];
  return namesIn(text)
    .filter((name) => !known.includes(name))
    .map((name) => `nothing is called $${name}${known.length === 0 ? '' : ` (there is ${known.join(', ')})`}`);
}

function faultsOfParameter(
  name: string,
  { type, pattern, minimum, maximum, default: usual }: OscProfileParameter,
): Fault[] {
  const found: Fault[] = [];
  const say = (member: string, message: string) =>
    void found.push({ pointer: pointerOf('parameters', name, member), message: `${name}: ${message}` });
  const isNumber = type === 'integer' || type === 'number';
  if (!isNumber && (minimum !== undefined || maximum !== undefined)) {
    say(minimum === undefined ? 'maximum' : 'minimum', 'minimum and maximum are for numbers');
  }
  if (pattern !== undefined) {
    if (type !== 'text') say('pattern', 'a pattern is for texts');
    const why = problemOfExpression(pattern, { flags: 'u', isWhole: true });
    if (why !== undefined) say('pattern', `the pattern ${pattern}: ${why}`);
  }
  if (usual !== undefined && typeof usual !== (isNumber ? 'number' : type === 'text' ? 'string' : 'boolean')) {
    say('default', `the default is no ${type}`);
  }
  return found;
}
