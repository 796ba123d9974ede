/** SIGHUP to a running bridge, whose file is read in a thread of its own. */
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.js';
import { Talking } from '../support/program.js';
import { smallShow } from '../support/small-show.js';
import { eventually } from '../support/waiting.js';

test('of two files in quick succession the newer one is taken over last', async () => {
  const { folder, file } = await smallShow({ cues: 200 });
  const text = await readFile(file, 'utf8');
  const device = (name: string) => `devices: { ${name}: { adapter: osc, transport: udp, listen: "127.0.0.1:0" } }\n`;
  const daemon = await startDaemon(file);
  await writeFile(file, text + device('first'));
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg, device }) => msg === 'device.changed' && device === 'first');
  daemon.process.kill('SIGHUP');
  await writeFile(file, text + device('second'));
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg, device }) => msg === 'device.changed' && device === 'second');
  const { devices } = (await (await fetch(`${daemon.url}/v1/devices`)).json()) as { devices: { device: string }[] };
  expect(devices.map((each) => each.device)).toEqual(['second']);
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('a stop during a reload is a stop', async () => {
  const { folder, file } = await smallShow({ cues: 500 });
  const daemon = await startDaemon(file);
  daemon.process.kill('SIGHUP');
  expect(await daemon.stop()).toBe(0);
  const names = daemon.lines.map(({ msg }) => msg);
  expect(names).toContain('bridge.stopped');
  expect(names).not.toContain('config.reloaded');
  await rm(folder, { recursive: true });
});

test('a reload that comes as soon as the process is there ends nothing, and a stop is a stop', async () => {
  const { folder, file } = await smallShow({ cues: 20 });
  const isListening = async ({ process: { pid } }: Talking) => {
    // The third word of SigCgt is for the signals 1 to 32: SIGHUP is the first of them.
    const caught = () =>
      Number.parseInt(/SigCgt:\s+\w{8}(\w{8})/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0', 16);
    await eventually(() => (caught() & 1) === 1, 'it listens');
  };
  const daemon = new Talking(['run', file]);
  await isListening(daemon);
  expect(daemon.lines).toEqual([]);
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg }) => msg === 'config.reloaded');
  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);
  const stopped = new Talking(['run', file]);
  await isListening(stopped);
  stopped.process.kill('SIGTERM');
  expect(await stopped.ended).toBe(0);
  await rm(folder, { recursive: true });
});

test('a reload and a stop that come in the middle of the start are a reload and a stop', async () => {
  const { folder, file } = await smallShow({ cues: 200 });
  const text = await readFile(file, 'utf8');
  const daemon = new Talking(['run', file]);
  await daemon.line(({ msg }) => msg === 'journal.opened');
  await writeFile(file, `${text}devices: { first: { adapter: osc, transport: udp, listen: "127.0.0.1:0" } }\n`);
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg, device }) => msg === 'device.changed' && device === 'first');
  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);

  const again = new Talking(['run', file]);
  await again.line(({ msg }) => msg === 'journal.opened');
  again.process.kill('SIGTERM');
  expect(await again.ended).toBe(0);
  expect(again.lines.map(({ msg }) => msg)).toContain('bridge.stopped');
  await rm(folder, { recursive: true });
});
