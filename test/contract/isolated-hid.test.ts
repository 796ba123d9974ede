/** The adapter contract for what goes through node-hid, each driver in a process of its own; devices in memory, here. */
import { PRODUCTS } from 'xkeys';
import { hidAdapter } from '../../adapters/hid/adapter.js';
import { SimulatedHid } from '../../adapters/hid/simulator.js';
import { xkeysAdapter } from '../../adapters/xkeys/adapter.js';
import { SimulatedPanel, simulatedDriver } from '../../adapters/xkeys/simulator.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { adapterContract, type Rig } from '../../src/adapter-sdk/testing/contract.js';
import { systemClock } from '../../src/kit/clock.js';
import { checkedDevice, resolvedDevice } from '../support/checked-device.js';
import { VirtualHid } from '../support/virtual-hid.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();

/** What comes within 100 ms of the opening is the device's state, and the hop takes a moment more. */
async function settled(): Promise<void> {
  const at = clock.mono() + 2 * SETTLE_MS;
  await eventually(() => clock.mono() > at, 'the device has settled');
}

async function pedalRig(): Promise<Rig> {
  const ids = { vendorId: 0x05f3, productId: 0x00ff };
  const pedal = new SimulatedHid({ ...ids, path: '/dev/hidraw0', interface: 0 });
  const machine = { devices: () => pedal.devices(0, 0), open: (path: string) => pedal.open(path) };
  const virtual = await VirtualHid.make(machine);
  return {
    adapter: virtual.isolate(hidAdapter),
    config: await resolvedDevice(hidAdapter, { ...ids, profile: 'infinity-3', debounceMs: 0 }),
    patterns: [{ button: 'right', gesture: 'press' }],
    press: async () => {
      pedal.report(4, 0);
      pedal.report(0, 0);
    },
    pressedInput: { button: 'right', gesture: 'press' },
    command: () => ({}),
    got: () => [],
    joined: settled,
    links: () => pedal.openings,
    unplug: async () => pedal.unplug(),
    replug: async () => pedal.replug(),
    close: () => virtual.close(),
  };
}

async function panelRig(): Promise<Rig> {
  const product = PRODUCTS.XBK4X6;
  if (!product) throw new Error('the library has no XBK-4x6');
  const panel = new SimulatedPanel({ product });
  const virtual = await VirtualHid.make(simulatedDriver(panel));
  return {
    adapter: virtual.isolate(xkeysAdapter),
    config: checkedDevice('xkeys', { debounceMs: 0 }),
    patterns: [{ button: 3, gesture: 'press' }],
    press: async () => {
      panel.press(3);
      panel.press();
    },
    pressedInput: { button: 3, gesture: 'press' },
    command: (n) => ({ light: n + 1, colour: 'green' }),
    // Each lamp is two, above and below.
    got: () =>
      panel.written.flatMap(([command, led = 0, bank, , green]) =>
        command === 165 && bank === 0 && green ? [led] : [],
      ),
    joined: settled,
    links: () => panel.openings,
    unplug: async () => panel.unplug(),
    replug: async () => panel.replug(),
    close: () => virtual.close(),
  };
}

adapterContract('hid in a process of its own', pedalRig, { takesCommands: false });
adapterContract('xkeys in a process of its own', panelRig);
