/** An operator's own remote, liblo's oscsend, at the QLabs that the bridge plays: config/bridge.qlab-main-and-backup.yaml. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startQlabSimulator } from '../../adapters/qlab/simulator.js';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { silentLog } from '../../src/kit/log.js';
import { packageRoot } from '../../src/kit/package.js';
import { eventually } from '../support/waiting.js';

const run = promisify(execFile);

test.each([
  ['plays the main alone: the backup follows', false, ['main'], ['1', '3.5'], ['1', '2', '3.5']],
  ['plays both: neither is sent what it did', true, ['main', 'backup'], ['1', '3.5'], ['1', '3.5']],
])('a remote that %s', async (_, mirrored, played, sentToMain, sentToBackup) => {
  const cues = ['1', '2', '3.5'];
  const qlabs = {
    main: await startQlabSimulator({ port: 0, cues }),
    backup: await startQlabSimulator({ port: 0, cues }),
  };
  onTestFinished(async () => void (await Promise.all([qlabs.main.close(), qlabs.backup.close()])));
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-operator-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = await readFile(join(packageRoot, 'config/bridge.qlab-main-and-backup.yaml'), 'utf8');
  const file = join(folder, 'bridge.yaml');
  const show = await readFile(join(packageRoot, 'config/show.minimal.yaml'), 'utf8');
  await writeFile(join(folder, 'show.minimal.yaml'), show);
  await writeFile(
    file,
    text
      .replace('127.0.0.1:8420', '127.0.0.1:0')
      .replace('show.minimal.yaml }', 'show.minimal.yaml, goGuardMs: 0 }')
      .replace('host: 10.0.0.5', `host: 127.0.0.1, port: ${qlabs.main.port}`)
      .replace('host: 10.0.0.6', `host: 127.0.0.1, port: ${qlabs.backup.port}`)
      .replace('mirrored: false', `mirrored: ${mirrored}`),
  );
  const loaded = await loadChecked(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const bridge = await Bridge.start({ checked: loaded.bridge, log: silentLog });
  onTestFinished(async () => void (await bridge.close()));
  const isAt = (cueId: string) =>
    eventually(() => bridge.sequencer.state.currentCueId === cueId, `the show at ${cueId}`);
  await eventually(() => bridge.devices().every(({ playhead }) => playhead === '1'), 'both are up');

  await bridge.press('CueAdvanced', {}, 'desk');
  await isAt('house-open');
  await eventually(() => qlabs.backup.fired.length === 1 && qlabs.main.fired.length === 1, 'both have played it');
  for (const name of played) {
    const { port } = name === 'main' ? qlabs.main : qlabs.backup;
    await run('oscsend', ['127.0.0.1', String(port), '/go', 's', '2']);
  }
  await isAt('house-out');
  await eventually(() => qlabs.backup.fired.length === 2, 'the backup has played it');
  await bridge.press('CueAdvanced', {}, 'desk');
  await isAt('curtain');
  await bridge.press('CueAdvanced', {}, 'desk');
  await isAt('thunder');
  await eventually(() => qlabs.backup.fired.length === 3 && qlabs.main.fired.length === 3, 'both have played the last');

  for (const qlab of [qlabs.main, qlabs.backup]) expect(qlab.fired.map(({ number }) => number)).toEqual(cues);
  const started = (qlab: typeof qlabs.main) =>
    qlab.fired.filter(({ by }) => by === 'start').map(({ number }) => number);
  expect(started(qlabs.main)).toEqual(sentToMain);
  expect(started(qlabs.backup)).toEqual(sentToBackup);
});
