import { adapterContract } from 'pacebuddy-bridge/adapter/testing';
import { artnetAdapter } from '../src/adapter.js';
import { openDevice } from '../src/simulator.js';
import { bind } from '../src/socket.js';

/** A port that nobody has. */
async function freePort() {
  const socket = await bind('127.0.0.1:0');
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(() => resolve(undefined)));
  return port;
}

/** @returns {Promise<import('pacebuddy-bridge/adapter/testing').Rig>} */
async function makeRig() {
  const [bridge, far] = [await freePort(), await freePort()];
  /** @type {number[]} */
  const got = [];
  const plugIn = () => openDevice(`127.0.0.1:${far}`, `127.0.0.1:${bridge}`, ({ subKey }) => got.push(subKey));
  /** @type {Awaited<ReturnType<typeof plugIn>> | undefined} */
  let device = await plugIn();
  const unplug = async () => {
    await device?.close();
    device = undefined;
  };
  return {
    adapter: artnetAdapter,
    config: { host: '127.0.0.1', port: far, listen: `127.0.0.1:${bridge}` },
    patterns: [{ key: 'macro', subKey: 7 }],
    press: async () => device?.press({ key: 'macro', subKey: 7 }),
    pressedInput: { key: 'macro', subKey: 7 },
    command: (n) => ({ key: 'show', subKey: n }),
    got: () => got,
    unplug,
    replug: async () => {
      device = await plugIn();
    },
    close: unplug,
  };
}

adapterContract('artnet', makeRig, { linkless: true, absent: 'connects', health: 'unverified' });
