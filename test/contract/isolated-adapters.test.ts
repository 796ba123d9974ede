/** The adapter contract for drivers in a process of their own: real adapters there, their devices' simulators here. */
import { expect, test } from 'vitest';
import { hidAdapter } from '../../adapters/hid/adapter.js';
import { oscAdapter } from '../../adapters/osc/adapter.js';
import { openOscSimulator } from '../../adapters/osc/simulator.js';
import { qlabAdapter } from '../../adapters/qlab/adapter.js';
import { serialAdapter } from '../../adapters/serial/adapter.js';
import { streamdeckAdapter } from '../../adapters/streamdeck/adapter.js';
import { xkeysAdapter } from '../../adapters/xkeys/adapter.js';
import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { resolvedDevice } from '../support/checked-device.js';
import { freePort } from '../support/free-port.js';
import { isolated } from '../support/isolated-rig.js';
import { qlabRig } from '../support/qlab-desk.js';
import { virtualStreamdeckRig } from '../support/virtual-streamdeck.js';
import { eventually, within } from '../support/waiting.js';

/** Answers each command, confirms it by evidence, and can be seen to hold a link. */
const qlabInItsProcess = () => qlabRig(isolated(qlabAdapter as Adapter));

/** Answers nothing: sent is all that is known. */
async function oscRig(): Promise<Rig> {
  const port = await freePort('tcp');
  const got: number[] = [];
  const open = () =>
    openOscSimulator({
      transport: 'tcp',
      listen: `127.0.0.1:${port}`,
      onMessage: ({ args: [number] }) => number?.type === 'i' && got.push(number.value),
    });
  let desk = await open();
  return {
    adapter: isolated(oscAdapter as Adapter),
    config: await resolvedDevice(oscAdapter, { transport: 'tcp', host: '127.0.0.1', port }),
    patterns: [{ address: '/go' }],
    press: () => desk.send({ address: '/go', args: [{ type: 'i', value: 1 }] }),
    pressedInput: { address: '/go', args: [1] },
    command: (n) => ({ address: '/cue', args: [n] }),
    got: () => got,
    joined: () => eventually(() => desk.links() === 1, 'the desk sees the bridge'),
    links: () => desk.links(),
    unplug: () => desk.cut(),
    replug: async () => {
      await desk.close();
      desk = await open();
    },
    close: () => desk.close(),
  };
}

adapterContract('qlab in a process of its own', qlabInItsProcess, { answers: true });
adapterContract('osc over tcp in a process of its own', oscRig);
adapterContract('stream deck in a process of its own', () => virtualStreamdeckRig('original-mk2'));

test('a cue is sent, acknowledged and confirmed, each at its time, though another process saw it', async () => {
  const rig = await qlabInItsProcess();
  const io = testIo('booth-qlab', rig.patterns);
  const connection = await rig.adapter.connect(rig.config, io, never());
  try {
    const called = io.clock.mono();
    const { reached, sentAt, confirmed } = await connection.send({ start: '12' }, never());
    expect(reached).toBe('acknowledged');
    expect(sentAt).toBeGreaterThanOrEqual(called);
    expect(sentAt).toBeLessThan(io.clock.mono());
    expect(confirmed).toBeDefined();
    await within(confirmed ?? Promise.resolve(), 'the confirmation');
    const next = await connection.send({ start: '13' }, never());
    await rig.unplug();
    await connection.closed;
    // It was seen to fire in time, or the end says that nobody knows; it never stays open.
    const known = Promise.allSettled([next.confirmed]);
    await within(known, 'what became of the second cue');
  } finally {
    await connection.close();
    await rig.close();
  }
});

const natives: Readonly<Record<string, Adapter>> = {
  serial: serialAdapter,
  hid: hidAdapter,
  streamdeck: streamdeckAdapter,
  xkeys: xkeysAdapter,
};

test.each([
  { adapter: 'serial', path: '/dev/tty-of-nobody' },
  { adapter: 'hid', vendorId: 0xffff, productId: 0xfffe, profile: 'infinity-3' },
  { adapter: 'xkeys', productId: 0xfffe },
  { adapter: 'streamdeck', serialNumber: 'nobody-has-this' },
])('the real driver of $adapter says in its own words what is missing', async (device) => {
  const adapter = natives[device.adapter];
  if (!adapter?.native) throw new Error(`${device.adapter} has no native driver`);
  const connecting = isolated(adapter).connect(await resolvedDevice(adapter, device), testIo(), never());
  const error = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  // On a machine without the driver's library that is what it says, and it names the library.
  expect(error).toMatchObject({ code: expect.stringMatching(/^DEVICE_(UNREACHABLE|DRIVER_MISSING)$/) });
  if (Object(error).code === 'DEVICE_UNREACHABLE')
    expect(Object(error).message).toMatch(/tty-of-nobody|(ffff|05f3):fffe|nobody-has-this/);
});
