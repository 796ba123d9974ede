import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.js';
import { smallShow } from '../support/small-show.js';

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;
let show: Awaited<ReturnType<typeof smallShow>>;
let ofTheFile: ChildProcess;
let left: ChildProcess | undefined;

beforeAll(async () => {
  show = await smallShow({ cues: 2 });
  ofTheFile = (await startDaemon(show.file)).process;
});
afterAll(() => rm(show.folder, { recursive: true }));

test.fails('a test that fails stops nothing that it started', async () => {
  const own = await smallShow({ cues: 2 });
  left = (await startDaemon(own.file)).process;
  await rm(own.folder, { recursive: true });
  throw new Error('before it is stopped');
});

test('its bridge has ended with it; what the whole file uses goes on', () => {
  if (!left) throw new Error('none was started');
  expect(hasEnded(left)).toBe(true);
  expect(hasEnded(ofTheFile)).toBe(false);
});
