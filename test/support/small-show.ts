import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Writes a show of `cues` cues (c0, c1, …, all in segment s, each with a lighting call of its number) and a bridge file
 * into a new folder. @param parts  more of the bridge file, as YAML
 */
export async function smallShow(options: {
  cues: number;
  goGuardMs?: number;
  parts?: string;
}): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-'));
  const cue = (i: number) =>
    `          - { id: c${i}, number: "${i}", label: "Cue ${i}", calls: [{ department: lighting, number: "${i}" }] }`;
  const cues = Array.from({ length: options.cues }, (_, i) => cue(i)).join('\n');
  await writeFile(
    join(folder, 'show.yaml'),
    `version: 1\ntitle: Small\ntimers: [{ id: t }]\nacts:\n  - id: a\n    segments:\n      - id: s\n        cues:\n${cues}\n`,
  );
  const file = join(folder, 'bridge.yaml');
  await writeFile(
    file,
    `version: 1\nshow: { id: small, file: show.yaml, goGuardMs: ${options.goGuardMs ?? 0} }\nserver: { listen: 127.0.0.1:0 }\n${options.parts ?? ''}\n`,
  );
  return { folder, file };
}
