/** Whatever a device said, somebody is told what became of it. */
import { createSocket } from 'node:dgram';
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { pacebuddy } from '../support/program.js';
import { smallShow } from '../support/small-show.js';

interface Told {
  devices: { device: string; unused?: { count: number; last: { at: string; code: string; words: string } } }[];
}

const told = async (daemon: Daemon) => {
  const { devices } = (await (await fetch(`${daemon.url}/v1/devices`)).json()) as Told;
  return devices[0]?.unused;
};

test('an input without a rule, a rule without its cue and a refused press are counted, logged, and told by devices', async () => {
  const port = await freePort('udp');
  const { folder, file } = await smallShow({
    cues: 3,
    goGuardMs: 10_000,
    parts: `devices: { pad: { adapter: osc, transport: udp, listen: "127.0.0.1:${port}" } }
inputs:
  - { id: go, when: { device: pad, address: /go }, propose: CueAdvanced }
  - { id: to, when: { device: pad, address: /to }, propose: CueAdvanced, with: { toCue: { number: $input.args.0 } } }`,
  });
  const daemon = await startDaemon(file);
  await daemon.line(
    ({ msg, device, status }) => msg === 'device.changed' && device === 'pad' && status !== 'connecting',
  );
  const socket = createSocket('udp4');
  const say = (address: string, ...args: string[]) =>
    socket.send(encodePacket({ address, args: args.map((value) => ({ type: 's', value })) }), port, '127.0.0.1');

  expect(await told(daemon)).toBeUndefined();
  say('/nope');
  await daemon.line(({ msg, input }) => msg === 'input.unused' && String(input).includes('/nope'));
  expect(await told(daemon)).toMatchObject({ count: 1, last: { code: 'INPUT_UNUSED' } });
  say('/to', '99');
  const line = await daemon.line(({ msg, input }) => msg === 'input.unused' && String(input).includes('/to'));
  expect(line.detail).toBe('to: no cue has number 99');
  say('/go');
  await daemon.line(({ msg }) => msg === 'input.taken');
  say('/go');
  await daemon.line(({ msg, code }) => msg === 'input.refused' && code === 'GO_GUARD');
  expect(await told(daemon)).toMatchObject({ count: 3, last: { code: 'GO_GUARD' } });

  const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
  for (const why of ['no-rule', 'no-cue', 'refused']) {
    expect(metrics).toContain(`pacebuddy_inputs_unused_total{device="pad",why="${why}"} 1`);
  }
  const { out } = await pacebuddy(['devices', '--url', daemon.url]);
  expect(out).toMatch(/3 inputs without effect; the last at \d\d:\d\d:\d\d: address "\/go"/);
  socket.close();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});
