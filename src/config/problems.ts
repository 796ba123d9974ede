import { relative } from 'node:path';
import { DIM, painted, RED, YELLOW } from '../kit/colours.js';
import { ERRORS, type ErrorCode } from '../kit/errors.js';
import type { Fault } from '../kit/pointer.js';
import { didYouMean } from './nearest.js';

/** The codes that a problem may have. */
export type ConfigCode = Extract<ErrorCode, `CONFIG_${string}`>;

/** error: the file cannot be used. warn: it can, and something in it will not do what its writer thinks. */
export type ProblemSeverity = 'error' | 'warn';

/** One thing that is wrong in a file, and where. */
export interface Problem {
  /** The path as it is shown. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units, as editors count. */
  column: number;
  code: ConfigCode;
  severity: ProblemSeverity;
  /** What is wrong, in the technician's words; never the value of a secret. */
  message: string;
  /** What to do. */
  hint: string;
}

/** A problem that is not placed yet, for who knows the checked files but not their text. */
export interface Finding extends Fault {
  file: FileKind;
  /** Where to put the finger: on the member's name or on its value (the default). */
  on?: 'key' | 'value';
  code: ConfigCode;
  severity: ProblemSeverity;
  /** A name that nobody has, and the names there are: the nearest is suggested. */
  unknown?: { name: string; among: readonly string[] };
}

/** What is read as YAML. */
export type FileKind = 'bridge' | 'show' | 'profile';

/** @param more  what is not usual: of the bridge file, and an error, is what is left out. */
export const wrong = (pointer: string, code: ConfigCode, message: string, more: Partial<Finding> = {}): Finding => ({
  file: 'bridge',
  pointer,
  code,
  severity: 'error',
  message,
  ...more,
});

export const problem = (
  file: string,
  place: { line: number; column: number },
  code: ConfigCode,
  message: string,
  severity: ProblemSeverity = 'error',
): Problem => ({ file, line: place.line, column: place.column, code, severity, message, hint: ERRORS[code].hint });

/** A finding in its file, with the name that was most likely meant. */
export function placed(
  { path, place }: { path: string; place(pointer: string, on?: 'key' | 'value'): { line: number; column: number } },
  { pointer, on, code, severity, message, unknown }: Finding,
): Problem {
  const words = unknown ? message + didYouMean(unknown.name, unknown.among) : message;
  return problem(path, place(pointer, on), code, words, severity);
}

/** By file in the order given, then by place; one that is said twice is left once. */
export function inOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const seen = new Set<string>();
  return [...problems]
    .sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column)
    .filter(({ file, line, column, message }) => {
      const key = JSON.stringify([file, line, column, message]);
      return seen.has(key) ? false : seen.add(key);
    });
}

/** The path as people want to read it: from `cwd` when that is shorter. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near !== '' && near.length < path.length ? near : path;
}

/** One line: `bridge.yaml:9:35 error CONFIG_UNKNOWN_KEY unknown property 'adress', did you mean 'address'? (remove it …)`. */
export function formatProblem(
  { file, line, column, code, severity, message, hint }: Problem,
  options: { colour?: boolean } = {},
): string {
  const paint = (style: string, text: string) => (options.colour ? painted(style, text) : text);
  const how = paint(severity === 'error' ? RED : YELLOW, `${severity} ${code}`);
  return `${file}:${line}:${column} ${how} ${oneLine(message)} ${paint(DIM, `(${hint})`)}`;
}

/** Control characters, which a file may hold, would play tricks on a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const oneLine = (text: string): string => text.replace(CONTROLS, ' ');
