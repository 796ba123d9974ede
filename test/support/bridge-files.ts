import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadOptions, type LoadResult, loadBridge } from '../../src/app/load-bridge.js';
import { fakeAdapters } from './fake-adapters.js';

/** A small bridge file without fault; its line numbers are what the tests of src/config count on. */
export const GOOD_BRIDGE = `version: 1
show: { id: pb_1, file: show.yaml, goGuardMs: 300 }
server: { listen: 127.0.0.1:8420 }
access:
  - { userId: u-sm, role: stageManager, displayName: Ana, token: "\${SM_TOKEN}" }
  - { userId: u-snd, role: soundOperator, token: token-of-sound }
devices:
  button: { adapter: box, path: /dev/ttyUSB0 }
  sound: { adapter: player, transport: tcp, host: 10.0.0.5 }
inputs:
  - { id: go, when: { device: button, line: GO }, propose: CueAdvanced, as: u-sm }
outputs:
  - { id: fire, event: CueAdvanced, call: sound, send: { device: sound, start: $call.targets.qlab } }
  - { id: stop, event: EmergencyTriggered, where: { level: [stop, evacuate] }, send: { device: sound, stop: true } }
`;

/** The show file beside it. */
export const GOOD_SHOW = `version: 1
title: Test
acts:
  - id: act-1
    segments:
      - id: seg-1
        cues:
          - { id: cue-1, number: "1", calls: [{ department: sound, targets: { qlab: "12.5" } }] }
          - { id: cue-2, number: "2", plannedAt: 00:01:30.000 }
performers:
  - { id: p-1, name: Mia }
mics:
  - { id: m-1, performerId: p-1 }
timers:
  - { id: t-1, mode: down, duration: 00:15:00.000 }
`;

/** Replaces one piece of a text, which must be there. */
export function change(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from} to change`);
  return text.replace(from, () => to);
}

const knownFakes = { kinds: Object.keys(fakeAdapters), parts: fakeAdapters, problems: [] };

/** Loads the texts as bridge.yaml and show.yaml of a folder of their own. @param show  null: there is no such file. */
export async function loadTexts(
  bridge: string | Uint8Array,
  show: string | null = GOOD_SHOW,
  options: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-config-'));
  try {
    await writeFile(join(folder, 'bridge.yaml'), bridge);
    if (show !== null) await writeFile(join(folder, 'show.yaml'), show);
    const given = { env: { SM_TOKEN: 'token-of-ana' }, adapters: async () => knownFakes, cwd: folder };
    return await loadBridge('bridge.yaml', { ...given, ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every problem or warning as `file:line:column severity CODE message`. */
export function told(result: LoadResult): string[] {
  return (result.ok ? result.warnings : result.problems).map(
    ({ file, line, column, severity, code, message }) => `${file}:${line}:${column} ${severity} ${code} ${message}`,
  );
}
