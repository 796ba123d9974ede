/** Two devices that press one another, on real sockets: the show must not play by itself. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { startDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { pacebuddy } from '../support/program.js';
import { smallShow } from '../support/small-show.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();
const GO = encodePacket({ address: '/go', args: [] });

async function rig(rule = '') {
  const desk = createSocket('udp4').bind(0, '127.0.0.1');
  await once(desk, 'listening');
  const padPort = await freePort('udp');
  const { folder, file } = await smallShow({
    cues: 30,
    goGuardMs: 300,
    parts: `devices:
  desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${desk.address().port} }
  pad: { adapter: osc, transport: udp, listen: "127.0.0.1:${padPort}" }
inputs: [{ id: pad-go, when: { device: pad, address: /go }, propose: CueAdvanced${rule} }]
outputs: [{ id: fire, event: CueAdvanced, send: { device: desk, address: /fired/$cue.number } }]`,
  });
  const daemon = await startDaemon(file);
  const heard = (device: string) => daemon.line((line) => line.msg === 'device.changed' && line.device === device);
  await Promise.all([heard('desk'), heard('pad')]);
  const press = (socket: Socket) => socket.send(GO, padPort, '127.0.0.1');
  let fired = 0;
  desk.on('message', () => {
    fired += 1;
  });
  return {
    daemon,
    desk,
    press: () => press(desk),
    fired: () => fired,
    go: () => pacebuddy(['send', 'CueAdvanced', '--url', daemon.url]),
    refused: () => daemon.lines.filter(({ msg, code }) => msg === 'input.refused' && code === 'GO_CHAIN').length,
    close: async () => {
      expect(await daemon.stop()).toBe(0);
      desk.close();
      await rm(folder, { recursive: true });
    },
  };
}

test('a desk that answers each cue with a press 400 ms later is stopped at the third hop, aloud; a person goes on', async () => {
  const { desk, press, fired, go, refused, close } = await rig();
  desk.on('message', () => void clock.sleep(400).then(press));
  expect(await go()).toMatchObject({ code: 0 });
  await eventually(() => refused() === 1, 'the chain is stopped', 6000);
  await clock.sleep(1500);
  expect([fired(), refused()]).toEqual([3, 1]);
  expect(await go()).toMatchObject({ code: 0 });
  await eventually(() => refused() === 2, 'and again', 6000);
  expect(fired()).toBe(6);
  await close();
});

test.each([
  ['a person at a button page, at a brisk and human pace', '', [1000, 820, 1150, 900, 760]],
  ['who presses faster than that, where the rule says that it is a person', ', by: person', [400, 400, 400, 400, 400]],
])('%s is not stopped', async (_, rule, pauses) => {
  const { press, fired, refused, close } = await rig(rule);
  press();
  for (const pauseMs of pauses) {
    await clock.sleep(pauseMs);
    press();
  }
  await eventually(
    () => fired() === 6,
    () => `six cues (${fired()})`,
  );
  expect(refused()).toBe(0);
  await close();
});
