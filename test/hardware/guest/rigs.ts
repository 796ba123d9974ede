/** Devices for the adapter contract, each a USB gadget behind the kernel's usual drivers. */

import type { Adapter } from '../../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../../src/adapter-sdk/gestures.js';
import type { Rig } from '../../../src/adapter-sdk/testing/rig.js';
import { systemClock } from '../../../src/kit/clock.js';
import { checkedDevice, resolvedDevice } from '../../support/checked-device.js';
import { portSettles } from '../../support/socat-box.js';
import { eventually } from '../../support/waiting.js';
import { type DeviceEnd, Gadget, type Identity } from './gadget.js';
import { holdersOf, programClients, slowness } from './machine.js';

/** From pid.codes, for tests. */
const TEST_VENDOR = 0x1209;

export const PEDAL: Identity = { vendorId: 0x05f3, productId: 0x00ff, product: 'Pedal', serialNumber: 'PEDAL1' };
export const BOX: Identity = { vendorId: TEST_VENDOR, productId: 0x0002, product: 'Button Box', serialNumber: 'BOX1' };
export const DESK: Identity = {
  vendorId: TEST_VENDOR,
  productId: 0x0003,
  product: 'Light Desk',
  serialNumber: 'DESK1',
};

const clock = systemClock();

const DOWN = Buffer.from([0x04, 0x00]);
const UP = Buffer.from([0x00, 0x00]);

/** How long a foot stays down, and up: many times the debounce time (35), in a guest that may deliver late. */
const FOOT_MS = 150 * slowness;

/** The right pedal goes down, and up. */
export async function step(end: DeviceEnd): Promise<void> {
  await end.say(DOWN);
  await clock.sleep(FOOT_MS);
  await end.say(UP);
  await clock.sleep(FOOT_MS);
}

/** A foot that trembles: faster than any switch is looked at. */
export async function tremble(end: DeviceEnd): Promise<void> {
  for (const report of [DOWN, UP, DOWN, UP, DOWN, UP]) await end.say(report);
}

/** MIDI Show Control: GO of a cue for lighting, from or to device 1. */
export const goBytes = (cue: string): Buffer =>
  Buffer.concat([Buffer.from([0xf0, 0x7f, 0x01, 0x02, 0x01, 0x01]), Buffer.from(cue), Buffer.from([0xf7])]);

/** The cues of all such messages in what a port was sent; throws on any byte besides. */
export function cuesIn(bytes: Buffer): string[] {
  const cues: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(0xf7, from) + 1;
    const message = bytes.subarray(from, to || undefined);
    const cue = message.subarray(6, -1).toString().split('\0')[0] ?? '';
    // What is still under way comes with the next look.
    if (to === 0) break;
    if (!message.subarray(0, 6).equals(goBytes('').subarray(0, 6)))
      throw new Error(`no GO: ${message.toString('hex')}`);
    cues.push(cue);
    from = to;
  }
  return cues;
}

let made = 0;

/** The part of a rig that is the same for all gadgets. */
async function plugged(kind: Gadget['kind'], identity: Identity) {
  made += 1;
  const gadget = new Gadget(kind, `rig${made}`, identity);
  let end = await gadget.plug();
  const before: Buffer[] = [];
  return {
    end: () => end,
    /** All that it ever got. */
    received: () => Buffer.concat([...before, end.received]),
    unplug: async () => {
      before.push(end.received);
      gadget.unplug();
    },
    replug: async () => {
      end = await gadget.plug();
    },
    close: async () => gadget.remove(),
  };
}

export async function midiRig(adapter: Adapter): Promise<Rig> {
  const product = `Light Desk ${made + 1}`;
  const { end, received, ...cable } = await plugged('midi', { ...DESK, product });
  return {
    adapter,
    config: checkedDevice('midi', { input: product, output: product }),
    patterns: [{ msc: { command: 'go' } }],
    press: () => end().say(goBytes('7')),
    pressedInput: { event: 'msc', command: 'go', cue: '7' },
    command: (n) => ({ msc: { command: 'go', deviceId: 1, format: 'lighting', cue: String(n) } }),
    got: () => cuesIn(received()).map(Number),
    links: () => programClients().length,
    ...cable,
  };
}

export async function hidRig(adapter: Adapter): Promise<Rig> {
  const serialNumber = `PEDAL${made + 1}`;
  const { end, received: _, ...cable } = await plugged('hid', { ...PEDAL, serialNumber });
  return {
    adapter,
    config: await resolvedDevice(adapter, {
      vendorId: 0x05f3,
      productId: 0x00ff,
      serialNumber,
      profile: 'infinity-3',
    }),
    patterns: [{ button: 'right' }],
    press: () => step(end()),
    pressedInput: { button: 'right', gesture: 'press' },
    command: () => ({}),
    got: () => [],
    links: () => holdersOf(/^\/dev\/hidraw/),
    // The foot comes after the device has settled.
    joined: async () => {
      const settledAt = clock.mono() + SETTLE_MS;
      await eventually(() => clock.mono() > settledAt, 'the pedal has settled');
    },
    ...cable,
  };
}

export async function serialRig(adapter: Adapter): Promise<Rig> {
  const serialNumber = `BOX${made + 1}`;
  const { end, received, ...cable } = await plugged('acm', { ...BOX, serialNumber });
  return {
    adapter,
    config: checkedDevice('serial', { vendorId: BOX.vendorId, productId: BOX.productId, serialNumber }),
    patterns: [{ line: 'GO' }],
    press: () => end().say('GO\n'),
    pressedInput: { line: 'GO' },
    joined: portSettles,
    command: (n) => ({ line: `LED ${n}` }),
    got: () =>
      [
        ...received()
          .toString()
          .matchAll(/^LED (\d+)$/gm),
      ].map(([, n]) => Number(n)),
    links: () => holdersOf(/^\/dev\/ttyACM/),
    ...cable,
  };
}
