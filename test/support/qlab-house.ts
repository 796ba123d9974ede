/** A bridge in this process, before a QLab, perhaps its backup, and another desk: who fires at whom, and what the log says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { type QlabSimulator, startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { SimulatedCue } from '../../adapters/qlab/simulator-workspace.js';
import { Bridge, type Published } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { silentLog } from '../../src/kit/log.js';
import { apply } from '../../src/show/apply.js';
import { initialState } from '../../src/show/state.js';
import { eventually } from './waiting.js';

export interface Scene {
  /** What the input rules listen to. */
  when: string;
  /** What the output rule sends to QLab. */
  send: string;
  holdMs?: number;
  cue?: Partial<SimulatedCue>;
  withBackup?: boolean;
  /** With the pages, when they are to be looked at. */
  pagesDir?: string;
}

const show = `version: 1
title: Held
acts:
  - id: a
    segments:
      - id: s
        cues:
${[1, 2, 3]
  .map(
    (n) =>
      `          - { id: c${n}, number: "${n}", calls: [{ department: sound, number: "${n}", targets: { qlab: "${n}" } }, { department: lighting, number: "${n}" }] }`,
  )
  .join('\n')}
`;

/** The devices of such a house, and the bridge file for them. */
export async function qlabsAndFile({ when, send, cue = {}, withBackup = false }: Scene) {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-held-'));
  const cues = ['1', '2', '3'].map((number) => ({ number, ...cue }));
  const qlabs: QlabSimulator[] = [await startQlabSimulator({ port: 0, cues })];
  if (withBackup) qlabs.push(await startQlabSimulator({ port: 0, cues }));
  const desk = await startQlabSimulator({ port: 0, cues: ['1', '2', '3'] });
  const names = withBackup ? ['qlab-main', 'qlab-backup'] : ['qlab-main'];
  const file = join(folder, 'bridge.yaml');
  await writeFile(join(folder, 'show.yaml'), show);
  await writeFile(
    file,
    `version: 1
show: { id: held, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0 }
journal: { path: ./data }
devices:
${names.map((name, at) => `  ${name}: { adapter: qlab, port: ${qlabs[at]?.port}, replyTimeoutMs: 6000${at > 0 ? ', backupOf: qlab-main' : ''} }`).join('\n')}
  desk: { adapter: qlab, port: ${desk.port} }
inputs:
${names.map((name) => `  - { id: from-${name}, when: { device: ${name}, event: ${when} }, propose: CueAdvanced }`).join('\n')}
outputs:
  - { id: sound, event: CueAdvanced, call: sound, send: { device: qlab-main, ${send} } }
  - { id: light, event: CueAdvanced, call: lighting, send: { device: desk, start: $call.number } }
`,
  );
  const close = async () => {
    await Promise.all([...qlabs, desk].map((qlab) => qlab.close()));
    await rm(folder, { recursive: true });
  };
  return { file, qlabs, desk, names, close };
}

/**
 * A bridge with a QLab, perhaps its backup, and another desk that gets a cue with each GO; all of it ends with the test.
 * @param test  the test's own context: among tests that run at once only it knows which of them ends
 */
export async function qlabHouse(scene: Scene, test: Pick<TestContext, 'onTestFinished'>) {
  const { pagesDir } = scene;
  const { file, qlabs, desk, names, close } = await qlabsAndFile(scene);
  const loaded = await loadChecked(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const events: Published[number]['event'][] = [];
  const bridge = await Bridge.start({
    checked: loaded.bridge,
    log: silentLog,
    ...(pagesDir === undefined ? {} : { pagesDir }),
    onPublished: (entries) => events.push(...entries.map(({ event }) => event)),
  });
  test.onTestFinished(async () => {
    await bridge.close();
    await close();
  });
  await eventually(
    () => bridge.devices().every(({ status, playhead }) => status === 'up' && playhead === '1'),
    'every device is up',
  );
  const of = (type: string, device?: string) =>
    events.filter(
      ({ eventType, payload }) => eventType === type && (device === undefined || Object(payload).device === device),
    );
  /** Each output's stages at a device, in the order in which they were told. */
  const stages = (device: string) =>
    events.flatMap(({ eventType, payload }) =>
      eventType.startsWith('Output') && Object(payload).device === device ? [eventType.slice('Output'.length)] : [],
    );
  /** The show as the log alone tells it. */
  const replayed = async () => {
    let state = initialState(loaded.bridge.showFile);
    for await (const { lines } of bridge.sequencer.read(1)) {
      for (const line of lines.toString().split('\n')) if (line !== '') state = apply(state, JSON.parse(line));
    }
    return state;
  };
  return { bridge, qlabs, desk, names, of, stages, replayed };
}
