/** A package whose answers are each in time, and together take the bridge's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AdapterThread } from '../../src/devices/drivers/adapter-thread.js';
import { keptLog } from '../support/log-lines.js';

const SLOW = `export default { contract: 1, kind: 'slow', schema: {}, adapter: async () => ({
  kind: 'slow', connect() {}, summarise() { for (const end = performance.now() + 60; performance.now() < end; ); return 'slow'; } }) };`;

test('answers that together take more than 250 ms of a second end: the rest of it is the show’s', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slow-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const entry = join(folder, 'a.mjs');
  await writeFile(entry, SLOW);
  const thread = await AdapterThread.start(entry);
  const { log, named } = keptLog();
  thread.log = log as typeof thread.log;
  const { summarise } = thread.answers();
  const began = performance.now();
  const answers = Array.from({ length: 20 }, () => summarise({ light: 1 }));
  expect(answers.filter((answer) => answer === 'slow').length).toBeLessThanOrEqual(5);
  expect(answers.at(-1)).toBe('{"light":1}');
  expect(performance.now() - began).toBeLessThan(900);
  expect(named('adapter.failed')).toMatchObject([
    { code: 'ADAPTER_FAILED', detail: expect.stringContaining('more than 250 ms within a second') },
  ]);
});
