/** A Stream Deck on the test's desk, in this process. */
import { createStreamdeckAdapter } from '../../adapters/streamdeck/adapter.js';
import { lookOf, type Picture } from '../../adapters/streamdeck/codec.js';
import { type SimulatedDeck, SimulatedDecks } from '../../adapters/streamdeck/simulator.js';
import type { Connection, Face, Health, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from './checked-device.js';
import { distance, type Seen, seen } from './streamdeck-pictures.js';
import { TestClock } from './test-clock.js';
import { eventually } from './waiting.js';

/** A device of the bridge file, checked and with its defaults. */
export const checkedDeck = (device: object) => checkedDevice('streamdeck', device);

export const PICTURES = {
  0: { show: 'go' },
  1: { show: 'standby' },
  2: { show: 'current' },
  3: { text: 'HOLD', colour: 'red' },
} as const satisfies Record<number, Picture>;

/** A deck that is open; its clock stands still until the test moves it. */
export async function connectDeck(
  deck: SimulatedDeck,
  device: object = { buttons: PICTURES },
  patterns: readonly Pattern[] = [],
): Promise<{ connection: Connection; inputs: Input[]; clock: TestClock; told: Health[] }> {
  const clock = new TestClock();
  const adapter = createStreamdeckAdapter({ loadDriver: async () => new SimulatedDecks(deck) });
  const connection = await adapter.connect(checkedDeck(device), { ...testIo('deck', patterns), clock }, never());
  const inputs: Input[] = [];
  const told: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => told.push(health));
  await clock.advance(SETTLE_MS);
  return { connection, inputs, clock, told };
}

/** Waits until a place shows such a picture. */
export async function shows(
  deck: SimulatedDeck,
  place: number | 'strip',
  isIt: (picture: Seen) => boolean,
): Promise<void> {
  await eventually(
    () => {
      const image = deck.shown.get(place);
      return image !== undefined && isIt(seen(image, deck.info.model));
    },
    () => `the picture of ${place}`,
  );
}

/** Whether it is what a button would show of such a show. */
export const isLike =
  (face: Face, picture: Picture = PICTURES[0]) =>
  (shown: Seen): boolean =>
    distance(shown, lookOf(picture, face, 0)) < 5;
