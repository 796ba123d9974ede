/** The built daemon with a pedal and an X-keys panel in drivers' processes: from the press to the lamp, and into the dark. */
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { PRODUCTS } from 'xkeys';
import { SimulatedHid } from '../../adapters/hid/simulator.js';
import { SimulatedPanel, simulatedDriver } from '../../adapters/xkeys/simulator.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { systemClock } from '../../src/kit/clock.js';
import { startDaemon } from '../support/daemon.js';
import { smallShow } from '../support/small-show.js';
import { VirtualHid } from '../support/virtual-hid.js';
import { eventually } from '../support/waiting.js';

const parts = `devices:
  pedal: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, profile: infinity-3 }
  desk: { adapter: xkeys }
inputs:
  - { id: go, when: { device: pedal, button: right }, propose: CueAdvanced }
  - { id: standby, when: { device: desk, button: 24 }, propose: CueStandbySet }
  - { id: hold, when: { device: pedal, chord: [left, middle], gesture: hold, holdMs: 200 }, propose: EmergencyTriggered, with: { level: hold, code: technical } }
outputs:
  - { id: gone, event: CueAdvanced, send: { device: desk, light: 24, colour: green } }
  - { id: ready, event: CueStandbySet, send: { device: desk, light: 24, colour: amber, flash: true }, echo: true }
  - { id: held, event: EmergencyTriggered, send: { device: desk, indicator: red, on: true, flash: true } }
`;

const clock = systemClock();

async function bench() {
  const product = PRODUCTS.XBK4X6;
  if (!product) throw new Error('the library has no XBK-4x6');
  const pedal = new SimulatedHid({ vendorId: 0x05f3, productId: 0x00ff, path: '/dev/hidraw0', interface: 0 });
  const panel = new SimulatedPanel({ product, path: '/dev/hidraw1' });
  const panels = simulatedDriver(panel);
  const virtual = await VirtualHid.make({
    devices: async () => [...(await pedal.devices(0, 0)), ...(await panels.devices())],
    open: (path) => (path === panel.info.path ? panels.open(path) : pedal.open(path)),
  });
  const { folder, file } = await smallShow({ cues: 5, parts });
  const daemon = await startDaemon(file, virtual.env, ['--log-level', 'debug']);
  onTestFinished(async () => {
    await daemon.kill();
    await virtual.close();
    await rm(folder, { recursive: true });
  });
  const isUp = (name: string) =>
    daemon.lines.findLast(({ msg, device }) => device === name && /^device\.(changed|lost)$/.test(String(msg)))
      ?.status === 'up';
  /** Both are open, and what was down before is known. */
  const settled = async () => {
    await eventually(() => isUp('pedal') && isUp('desk'), 'pedal and desk are up', 10_000);
    const at = clock.mono() + 2 * SETTLE_MS;
    await eventually(() => clock.mono() > at, 'they have settled');
  };
  await settled();
  const lamp = () => panel.lit.get('led 23 bank 0');
  const shows = (colour: string | undefined) =>
    eventually(
      () => lamp() === colour,
      () => `lamp 24 is ${colour} (is ${lamp()})`,
      8000,
    );
  const stamp = (mask: number) => {
    pedal.report(mask, 0);
    pedal.report(0, 0);
  };
  return { pedal, panel, daemon, settled, shows, stamp };
}

test('a press on the pedal lights the desk; two pedals together hold the show; a replugged desk is dark', async () => {
  const { pedal, panel, daemon, settled, shows, stamp } = await bench();
  panel.press(24);
  panel.press();
  await shows('255,64,0 flashing');
  stamp(4);
  await shows('0,255,0');

  panel.unplug();
  await daemon.line(({ msg, device }) => msg === 'device.lost' && device === 'desk');
  panel.lit.set('led 23 bank 0', 'as its memory has it');
  panel.replug();
  await settled();
  await shows(undefined);

  pedal.report(1, 0);
  pedal.report(3, 0);
  await eventually(() => panel.lit.get('indicator 7') === 'flashing', 'the red lamp flashes', 8000);
  pedal.report(0, 0);
  await daemon.stop();
  await eventually(() => panel.openings === 0 && pedal.openings === 0, 'both are given back');
  expect(Object.fromEntries(panel.lit)).toEqual({});
});

test('a bridge that is killed leaves no green lamp behind: its driver’s process puts it out before it ends', async () => {
  const { panel, daemon, shows, stamp } = await bench();
  stamp(4);
  await shows('0,255,0');
  await daemon.kill();
  await eventually(() => panel.lit.size === 0, 'the lamps are dark');
  await eventually(() => panel.openings === 0, 'the driver has ended');
});
