/** A device that sends and takes ArtTrigger: for the tests, and for `pacebuddy simulate artnet`. */
/** @import { Trigger } from './artnet.js' */
/** @import { Simulate } from 'pacebuddy-bridge/adapter' */
import { BridgeError } from 'pacebuddy-bridge/adapter';
import { decodeTrigger, encodeTrigger } from './artnet.js';
import { bind, splitPlace } from './socket.js';

/**
 * @param {string} listen address:port
 * @param {string} to where its triggers go: address:port
 * @param {(trigger: Trigger) => void} onTrigger
 */
export async function openDevice(listen, to, onTrigger) {
  const socket = await bind(listen);
  const { address, port } = splitPlace(to);
  socket.on('message', (packet) => {
    const trigger = decodeTrigger(packet);
    if (trigger) onTrigger(trigger);
  });
  return {
    port: socket.address().port,
    /** @param {Trigger} trigger @returns {Promise<void>} once the bytes have left */
    press: (trigger) =>
      new Promise((resolve, reject) => {
        socket.send(encodeTrigger(trigger), port, address, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => new Promise((resolve) => socket.close(() => resolve(undefined))),
  };
}

const HELP = 'KEY NUMBER sends a trigger: ascii, macro, soft or show, and a number from 0 to 255';

/** @type {Simulate} */
export async function simulate({ listen = '127.0.0.1:6455', to = '127.0.0.1:6454', ...others }, tell) {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new BridgeError('CONFIG_INVALID', `there is no --${unknown}; --listen and --to`);
  const device = await openDevice(listen, to, ({ key, subKey }) =>
    tell({ msg: 'artnet.triggered', key, subKey }, `triggered: ${key} ${subKey}`),
  ).catch((cause) => {
    throw new BridgeError('LISTEN_FAILED', `the simulated device cannot listen on ${listen}: ${cause.message}`);
  });
  tell(
    { msg: 'artnet.ready', port: device.port },
    `a device with triggers, simulated, on ${listen}; it sends to ${to}`,
  );
  return {
    help: HELP,
    async type(line) {
      const [, key, subKey] = /^(ascii|macro|soft|show) ([0-9]{1,3})$/.exec(line) ?? [];
      if (key === undefined || Number(subKey) > 255) return HELP;
      await device.press(/** @type {Trigger} */ ({ key, subKey: Number(subKey) }));
      return `sent: ${key} ${subKey}`;
    },
    close: async () => void (await device.close()),
  };
}
