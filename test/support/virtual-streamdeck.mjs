/**
 * Stands where the library's own package for Node stands: one deck (VIRTUAL_STREAMDECK_MODEL) that is plugged in while a
 * file is there (VIRTUAL_STREAMDECK_PLUG). Below is the library's protocol code over the built simulator; what the device
 * takes goes to the test by TCP (VIRTUAL_STREAMDECK_HUB, a port of this machine), and the test's fingers come from there, a
 * line of JSON each.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { SimulatedDeck } from '../../dist/adapters/streamdeck/simulator.js';

const {
  VIRTUAL_STREAMDECK_MODEL: model,
  VIRTUAL_STREAMDECK_PLUG: plug = '',
  VIRTUAL_STREAMDECK_HUB: hub,
} = process.env;
const deck = new SimulatedDeck(model);
let socket;

/** The way to the test; it is up before anything is sent through it. */
function joined() {
  socket ??= new Promise((resolve) => {
    const made = connect(Number(hub), '127.0.0.1', () => resolve(made));
    made.on('error', () => undefined);
    made.unref();
    const lines = createInterface({ input: made });
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const { buttons, pull } = JSON.parse(line);
      if (buttons) deck.buttons(...buttons);
      if (pull) deck.unplug();
    });
  });
  return socket;
}

export const listStreamDecks = async () => (existsSync(plug) ? [deck.info] : []);

export async function openStreamDeck() {
  const way = await joined();
  deck.onTaken = ({ image, ...taken }) =>
    way.write(`${JSON.stringify(image ? { ...taken, image: image.toString('base64') } : taken)}\n`);
  if (existsSync(plug)) deck.replug();
  return deck.open();
}
