/** A bridge that was killed between the log and the wire, and the wire that its cues would have left by. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { startDaemon } from './daemon.js';
import { pacebuddy } from './program.js';
import { smallShow } from './small-show.js';

export async function unsentRig() {
  const wire = createSocket('udp4').bind(0, '127.0.0.1');
  await once(wire, 'listening');
  const fired: string[] = [];
  wire.on('message', (packet) => fired.push(packet.toString('latin1').split('\0')[0] ?? ''));
  const device = `devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${wire.address().port} } }`;
  const { folder, file } = await smallShow({ cues: 5, parts: device });
  const silent = await readFile(file, 'utf8');
  const rules = `outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: desk, address: /go/$call.number } }]\n`;
  const close = async () => {
    wire.close();
    await rm(folder, { recursive: true });
  };
  /**
   * GOs that are stored, and of which nothing left: as a crash in that instant leaves the log.
   */
  const pressUnsent = async (how: 'stop' | 'kill', gos = 1) => {
    await writeFile(file, silent);
    const daemon = await startDaemon(file);
    for (let n = 0; n < gos; n++)
      expect(await pacebuddy(['send', 'CueAdvanced', '--url', daemon.url])).toMatchObject({ code: 0 });
    await daemon[how]();
    await writeFile(file, silent + rules);
  };
  /** Another bridge file, by words of the old one. */
  const change = async (from: string, to: string) => writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
  return { folder, file, fired, pressUnsent, change, close };
}
