/**
 * Set up for each file of tests: a bridge that a test started ends with it, also when the test fails before it says so. Of
 * tests that run beside one another, the last one ends what is left.
 */
import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { endPrograms, programsRunning } from './program.js';

let tests = 0;
/** Those of a whole file, started before its first test. */
let ofTheFile: ChildProcess[] = [];

beforeEach(() => {
  if (tests === 0) ofTheFile = programsRunning();
  tests += 1;
});
afterEach(async () => {
  tests -= 1;
  if (tests === 0) await endPrograms(programsRunning().filter((program) => !ofTheFile.includes(program)));
});
afterAll(() => endPrograms(programsRunning()));
