/**
 * One press, and a QLab whose word of it comes late: a stalled network holds back everything but the answer to the command.
 * The show moves once, nothing fires at another desk, and the log says in the end what really happened.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type QlabSimulator, startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { SimulatedCue } from '../../adapters/qlab/simulator-workspace.js';
import { systemClock } from '../../src/kit/clock.js';
import { silentLog } from '../../src/kit/log.js';
import { loadChecked, type Published, startBridge } from '../../src/main.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();
/** So long after the last word nobody has anything left to say, in milliseconds. */
const QUIET_MS = 400;

interface Scene {
  /** What the input rules listen to. */
  when: string;
  /** What the output rule sends to QLab. */
  send: string;
  holdMs?: number;
  cue?: Partial<SimulatedCue>;
  withBackup?: boolean;
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

/** A bridge with a QLab, perhaps its backup, and another desk that gets a cue with each GO. */
async function house({ when, send, cue = {}, withBackup = false }: Scene) {
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
${names.map((name, at) => `  ${name}: { adapter: qlab, port: ${qlabs[at]?.port}${at > 0 ? ', backupOf: qlab-main' : ''} }`).join('\n')}
  desk: { adapter: qlab, port: ${desk.port} }
inputs:
${names.map((name) => `  - { id: from-${name}, when: { device: ${name}, event: ${when} }, propose: CueAdvanced }`).join('\n')}
outputs:
  - { id: sound, event: CueAdvanced, call: sound, send: { device: qlab-main, ${send} } }
  - { id: light, event: CueAdvanced, call: lighting, send: { device: desk, start: $call.number } }
`,
  );
  const loaded = await loadChecked(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const events: Published[number]['event'][] = [];
  const bridge = await startBridge({
    checked: loaded.bridge,
    log: silentLog,
    onPublished: (entries) => events.push(...entries.map(({ event }) => event)),
  });
  onTestFinished(async () => {
    await bridge.close();
    await Promise.all([...qlabs, desk].map((qlab) => qlab.close()));
    await rm(folder, { recursive: true });
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
  return { bridge, qlabs, desk, names, of, stages };
}

const scenes: [string, Scene][] = [];
for (const holdMs of [2600, 4500]) {
  for (const when of ['go', 'cueStarted']) {
    for (const send of ['go: true', 'go: $call.targets.qlab', 'start: $call.targets.qlab']) {
      scenes.push([`${send}, heard as ${when}, held for ${holdMs} ms`, { when, send, holdMs }]);
    }
  }
  scenes.push([
    `go: $call.targets.qlab at main and backup, held for ${holdMs} ms`,
    { when: 'go', send: 'go: $call.targets.qlab', holdMs, withBackup: true },
  ]);
}
for (const when of ['go', 'cueStarted']) {
  for (const send of ['go: $call.targets.qlab', 'start: $call.targets.qlab']) {
    scenes.push([`${send}, heard as ${when}, a pre-wait of 3 s`, { when, send, cue: { preWaitMs: 3000 } }]);
  }
}

describe('one press is one advance, however late QLab tells of it', () => {
  test.concurrent.each(scenes)('%s', { timeout: 20_000 }, async (_, scene) => {
    const { bridge, qlabs, desk, names, of, stages } = await house(scene);
    const { holdMs = 0 } = scene;
    for (const qlab of qlabs) await qlab.setFaults({ holdMs });
    await bridge.press('CueAdvanced', {}, 'desk-button');
    const isTold = () => names.every((name) => stages(name).at(-1) === 'Confirmed');
    await eventually(isTold, () => `it is seen to fire: ${names.map((name) => stages(name)).join(' ')}`, 12_000);
    await eventually(() => qlabs.every(({ fired }) => fired.length === 1), 'it has fired', 6000);
    // What was held comes in a burst; nothing may follow from it.
    await clock.sleep(QUIET_MS);
    expect(of('CueAdvanced')).toHaveLength(1);
    expect(of('ExternalCueFired')).toEqual([]);
    expect(desk.fired.map(({ number }) => number)).toEqual(['1']);
    for (const { fired } of qlabs) expect(fired.map(({ number }) => number)).toEqual(['1']);
    for (const name of names) {
      expect(stages(name)).toEqual(holdMs > 0 ? ['Sent', 'Failed', 'Confirmed'] : ['Sent', 'Confirmed']);
      if (holdMs === 0) continue;
      const [confirmed] = of('OutputConfirmed', name);
      expect(Object(confirmed?.payload).latencyMs).toBeGreaterThanOrEqual(holdMs);
      const [failed] = of('OutputFailed', name);
      expect(Object(confirmed?.payload).outputId).toBe(Object(failed?.payload).outputId);
    }
    // The operator's own press after all that is a press.
    for (const qlab of qlabs) await qlab.setFaults({});
    qlabs[0]?.operatorGo('2');
    await eventually(() => of('CueAdvanced').length === 2, "the operator's GO moves the show", 6000);
    await eventually(() => desk.fired.length === 2, 'and fires at the other desk');
  });
});
