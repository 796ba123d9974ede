/** A reload interrupts no device whose own entry is the same. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { startDaemon } from '../support/daemon.js';
import { smallShow } from '../support/small-show.js';
import { portSettles, SocatBox } from '../support/socat-box.js';
import { eventually } from '../support/waiting.js';

test('a box that sends a line every 20 ms loses none while the rules are loaded anew a dozen times', async () => {
  const box = await SocatBox.plugged();
  const rules = (line: string) => `devices: { box: { adapter: serial, path: ${box.path}, debounceMs: 0 } }
inputs:
  - { id: pass, when: { device: box, match: "^N([0-9]+)$" }, propose: NoteAdded, with: { scope: { type: show }, text: "$input.groups.0" } }
  - { id: more, when: { device: box, line: ${line} }, propose: CueAdvanced }
`;
  const { folder, file } = await smallShow({ cues: 20 });
  const text = await readFile(file, 'utf8');
  await writeFile(file, text + rules('GO'));
  const daemon = await startDaemon(file);
  await daemon.line(({ msg, device, status }) => msg === 'device.changed' && device === 'box' && status !== 'down');
  await portSettles();
  const said: string[] = [];
  const speaking = new AbortController();
  const speaks = (async () => {
    while (!speaking.signal.aborted) {
      said.push(String(said.length));
      await box.say(`N${said.length - 1}\n`);
      await systemClock().sleep(20);
    }
  })();
  for (let round = 1; round <= 12; round++) {
    await writeFile(file, text + rules(`GO${round}`));
    const before = daemon.lines.length;
    daemon.process.kill('SIGHUP');
    await eventually(
      () => daemon.lines.slice(before).some(({ msg }) => msg === 'config.reloaded'),
      `reload ${round}`,
      10_000,
    );
  }
  speaking.abort();
  await speaks;
  const noted = () => daemon.lines.filter(({ msg, ruleId }) => msg === 'input.taken' && ruleId === 'pass').length;
  await eventually(
    () => noted() === said.length,
    () => `${said.length} notes (have ${noted()})`,
  );
  await box.say('GO12\n');
  await daemon.line(({ msg, ruleId }) => msg === 'input.taken' && ruleId === 'more');
  const { devices } = (await (await fetch(`${daemon.url}/v1/devices`)).json()) as { devices: { connects: number }[] };
  expect(devices.map(({ connects }) => connects)).toEqual([1]);
  expect(await daemon.stop()).toBe(0);
  await box.close();
  await rm(folder, { recursive: true });
});
