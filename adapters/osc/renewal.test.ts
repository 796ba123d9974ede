/** What a profile sends by itself, on real UDP. */
import { afterEach, expect, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { oscAdapter } from './adapter.js';
import { oscProfiles } from './profile.js';
import { type OscSimulator, openOscSimulator } from './simulator.js';

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const MIXER = oscProfiles.parse(
  JSON.stringify({
    name: 'mixer',
    title: 'A mixer that forgets who asked',
    device: { transport: 'udp', answersSender: true },
    source: ['its manual'],
    verified: 'unverified',
    cannotConfirm: 'anything',
    events: {
      scene: { means: 'A scene was recalled', address: ['/-show/prepos/current'], args: ['$scene'], onChange: true },
    },
    ping: {
      send: { address: '/-show/prepos/current' },
      answeredBy: { address: '/-show/prepos/current' },
      everyMs: 250,
      withinMs: 50,
    },
    renew: [{ send: { address: '/xremote' }, everyMs: 8000 }, { send: { address: '/hello', args: [1] } }],
  }),
  'mixer',
);

async function mixer(onMessage: (address: string, device: OscSimulator) => void = () => undefined) {
  const device: OscSimulator = await openOscSimulator({
    transport: 'udp',
    onMessage: ({ address }) => onMessage(address, device),
  });
  endings.push(() => device.close());
  const got = (address: string) => device.received.filter((one) => one.address === address).length;
  return { device, got };
}

const place = (device: OscSimulator) => ({
  adapter: 'osc',
  transport: 'udp',
  framing: 'auto',
  host: '127.0.0.1',
  port: device.port,
  connectTimeoutMs: 3000,
  sendTimeoutMs: 1000,
  frameBytesMax: 65536,
  profile: 'mixer',
  profileData: MIXER,
});

test('what a device has to be asked for again is asked for after connecting, in time, and no more once it is closed', async () => {
  const { device, got } = await mixer();
  const clock = new TestClock();
  const connection = await oscAdapter.connect(place(device) as never, { ...testIo(), clock }, never());
  endings.push(() => connection.close());
  await eventually(() => got('/xremote') === 1 && got('/hello') === 1, 'the first');
  for (const times of [2, 3, 4]) {
    await clock.advance(8000);
    await eventually(() => got('/xremote') === times, `${times} of them`);
  }
  await clock.advance(7999);
  await connection.close();
  await clock.advance(80_000);
  const last = await openOscSimulator({ transport: 'udp', to: { host: '127.0.0.1', port: device.port } });
  endings.push(() => last.close());
  await last.send({ address: '/last', args: [] });
  await eventually(() => got('/last') === 1, 'what was sent after it');
  expect(got('/xremote')).toBe(4);
  expect(got('/hello')).toBe(1);
});

test('the answer to a ping is an event when it changes; the first one tells where the device stands, and is no press', async () => {
  let scene = 7;
  const { device } = await mixer((address, self) => {
    if (address === '/-show/prepos/current') void self.send({ address, args: [{ type: 'i', value: scene }] });
  });
  const connection = await oscAdapter.connect(place(device) as never, testIo(), never());
  endings.push(() => connection.close());
  const inputs: unknown[] = [];
  connection.onInput((input) => inputs.push(input));
  await eventually(() => (connection.counters?.()['received.answers'] ?? 0) > 2, 'answers that say the same');
  expect(connection.health().status).toBe('up');
  expect(inputs).toEqual([]);
  scene = 8;
  await eventually(() => inputs.length === 1, 'the change');
  expect(inputs).toMatchObject([{ event: 'scene', scene: 8, attribution: 'operator' }]);
});
