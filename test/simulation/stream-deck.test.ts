/** The built daemon with a Stream Deck in a driver's process: from the press to the picture, and into the dark. */
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { lookOf, type Picture } from '../../adapters/streamdeck/codec.js';
import type { Face } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { systemClock } from '../../src/kit/clock.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { aFace } from '../support/faces.js';
import { isAlive } from '../support/isolated-rig.js';
import { smallShow } from '../support/small-show.js';
import { distance, isDark } from '../support/streamdeck-pictures.js';
import { VirtualStreamdeck } from '../support/virtual-streamdeck.js';
import { eventually } from '../support/waiting.js';

const parts = `devices:
  deck:
    adapter: streamdeck
    buttons:
      0: { show: go }
      1: { show: standby }
      2: { show: current }
      3: { show: emergency }
inputs:
  - { id: go, when: { device: deck, button: 0 }, propose: CueAdvanced }
  - { id: standby, when: { device: deck, button: 1 }, propose: CueStandbySet }
  - { id: hold, when: { device: deck, button: 3 }, propose: EmergencyTriggered, with: { level: hold, code: technical } }
`;

const clock = systemClock();

const numbered = (n: number, standingBy = false): Partial<Face> => ({
  next: { number: String(n), label: `Cue ${n}`, standingBy, departments: ['lighting'], acknowledged: [] },
});

/** Waits until a button shows what it would show of such a show. */
async function shows(deck: VirtualStreamdeck, button: number, picture: Picture, face: Partial<Face>): Promise<void> {
  const look = lookOf(picture, aFace(face), 0);
  await eventually(
    () => {
      const shown = deck.button(button);
      return shown !== undefined && distance(shown, look) < 5;
    },
    () => `button ${button} shows ${JSON.stringify(look)}`,
    8000,
  );
}

async function bench(model: string) {
  const deck = await VirtualStreamdeck.make(model);
  const { folder, file } = await smallShow({ cues: 5, parts });
  const daemon = await startDaemon(file, deck.env, ['--log-level', 'debug']);
  onTestFinished(async () => {
    await daemon.kill();
    await deck.close();
    await rm(folder, { recursive: true });
  });
  return { deck, daemon };
}

type Bench = Awaited<ReturnType<typeof bench>>;

const driverOf = ({ lines }: Daemon): number => Number(lines.findLast(({ msg }) => msg === 'driver.started')?.pid);

/** What comes within 100 ms of the opening counts as a finger that was there before. */
async function settled({ deck, daemon }: Bench): Promise<void> {
  const isUp = ({ msg, device, status }: Record<string, unknown>) =>
    msg === 'device.changed' && device === 'deck' && status === 'up';
  await daemon.line(isUp);
  await eventually(() => deck.glass.brightness === 60, 'the light');
  const from = clock.mono();
  await eventually(() => clock.mono() > from + SETTLE_MS, 'it has settled');
}

test.each(['original-mk2', 'mini'])(
  '%s: each press is seen on the buttons; a replug paints them anew; the end is dark',
  async (model) => {
    const { deck, daemon } = await bench(model);
    await shows(deck, 0, { show: 'go' }, numbered(0));
    await settled({ deck, daemon });
    deck.press(1);
    await shows(deck, 0, { show: 'go' }, numbered(0, true));
    await shows(deck, 1, { show: 'standby' }, numbered(0, true));
    deck.press(0);
    await shows(deck, 2, { show: 'current' }, { current: { number: '0', label: 'Cue 0' } });
    await shows(deck, 0, { show: 'go' }, numbered(1));

    await deck.unplug();
    await daemon.line(({ msg, device }) => msg === 'device.lost' && device === 'deck');
    deck.glass.shown.clear();
    deck.glass.brightness = undefined;
    await deck.replug();
    await shows(deck, 0, { show: 'go' }, numbered(1));
    await shows(deck, 2, { show: 'current' }, { current: { number: '0', label: 'Cue 0' } });

    await settled({ deck, daemon });
    deck.press(3);
    await shows(deck, 0, { show: 'go' }, { state: 'hold', emergency: { code: 'technical' } });
    await daemon.stop();
    await eventually(() => deck.holders === 0, 'the driver has ended');
    expect(deck.glass.brightness).toBe(0);
    expect([...deck.glass.shown.values()].every(isDark)).toBe(true);
  },
);

test('a bridge that is killed leaves no green GO behind: its driver’s process darkens the deck before it ends', async () => {
  const { deck, daemon } = await bench('original-mk2');
  await shows(deck, 0, { show: 'go' }, numbered(0));
  await eventually(() => deck.glass.brightness === 60, 'the light');
  const driver = driverOf(daemon);
  await daemon.kill();
  await eventually(() => deck.glass.brightness === 0, 'the light is out');
  await eventually(() => deck.holders === 0 && !isAlive(driver), 'the driver has ended');
  expect(deck.glass.shown.size, 'no picture is left').toBe(0);
  expect([...deck.glass.colours.values()].every((colour) => colour.every((part) => part === 0))).toBe(true);
});

test('a bridge that hangs leaves no green GO either, and when it goes on the deck does too', async () => {
  const { deck, daemon } = await bench('original-mk2');
  await shows(deck, 0, { show: 'go' }, numbered(0));
  daemon.process.kill('SIGSTOP');
  try {
    await shows(deck, 0, { show: 'go' }, { state: 'silent' });
  } finally {
    daemon.process.kill('SIGCONT');
  }
  await shows(deck, 0, { show: 'go' }, numbered(0));
  expect(daemon.lines.filter(({ msg }) => msg === 'driver.lost')).toEqual([]);
});

test('a driver that is killed is replaced, and what it left is painted over', async () => {
  const { deck, daemon } = await bench('original-mk2');
  await shows(deck, 0, { show: 'go' }, numbered(0));
  const driver = driverOf(daemon);
  deck.glass.brightnesses.length = 0;
  process.kill(driver, 'SIGKILL');
  await eventually(() => driverOf(daemon) !== driver, 'a new driver');
  await eventually(() => deck.glass.brightnesses.join() === '0,60', 'dark first, then as bright as it should be');
  await shows(deck, 0, { show: 'go' }, numbered(0));
  await daemon.stop();
});
