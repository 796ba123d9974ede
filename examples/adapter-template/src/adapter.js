/** @import { Adapter, AdapterIo, Command, Receipt } from 'pacebuddy-bridge/adapter' */
import { BaseConnection, BridgeError } from 'pacebuddy-bridge/adapter';
import { decodeTrigger, encodeTrigger } from './artnet.js';
import { bind } from './socket.js';

/** @typedef {{ host: string, port: number, listen: string, from?: string }} ArtnetConfig */

/** From the opening of its socket to the end. Nothing answers over Art-Net: it is `up` once a trigger was heard. */
class ArtnetConnection extends BaseConnection {
  #counters = { heard: 0, 'dropped.foreign': 0, 'dropped.unreadable': 0 };
  #isClosed = false;

  /** @param {import('node:dgram').Socket} socket @param {ArtnetConfig} config @param {AdapterIo} io */
  constructor(socket, config, io) {
    super(io.log);
    this.socket = socket;
    this.config = config;
    this.io = io;
    socket.on('message', (packet, { address }) => this.#hear(packet, address));
    socket.on('error', (cause) => this.#end(new BridgeError('DEVICE_CLOSED', cause.message, { cause })));
  }

  counters() {
    return { ...this.#counters };
  }

  /** @param {Command} command @param {AbortSignal} signal @returns {Promise<Receipt>} */
  send({ key, subKey }, signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#isClosed) throw new BridgeError('DEVICE_CLOSED', 'the connection is closed');
      const { host, port } = this.config;
      const trigger = /** @type {import('./artnet.js').Trigger} */ ({ key, subKey: Number(subKey) });
      const packet = encodeTrigger(trigger);
      this.socket.send(packet, port, host, (cause) => {
        if (cause) reject(new BridgeError('DEVICE_UNREACHABLE', `no way to ${host}: ${cause.message}`, { cause }));
        else resolve({ reached: 'sent', sentAt: this.io.clock.mono() });
      });
    });
  }

  async close() {
    this.#end(undefined);
  }

  /** @param {Buffer} packet @param {string} address */
  #hear(packet, address) {
    const at = this.io.clock.mono();
    const trigger = decodeTrigger(packet);
    if (this.config.from !== undefined && this.config.from !== address) this.#counters['dropped.foreign'] += 1;
    else if (!trigger) this.#counters['dropped.unreadable'] += 1;
    else {
      this.#counters.heard += 1;
      this.tellHealth({ status: 'up' });
      this.tellInput({ ...trigger, from: address }, at);
    }
  }

  /** @param {BridgeError | undefined} why */
  #end(why) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.socket.close();
    this.tellEnd(why);
  }
}

/** @type {Adapter<ArtnetConfig>} */
export const artnetAdapter = {
  kind: 'artnet',
  async connect(config, io, signal) {
    signal.throwIfAborted();
    const socket = await bind(config.listen).catch((cause) => {
      throw new BridgeError('LISTEN_FAILED', `cannot listen on ${config.listen}: ${cause.message}`, { cause });
    });
    if (!signal.aborted) return new ArtnetConnection(socket, config, io);
    socket.close();
    throw signal.reason;
  },
  // `matches` is left out: every member of a pattern equals the input's.
  summarise: ({ key, subKey }) => `trigger ${key} ${subKey}`,
  inputNames: () => ['key', 'subKey', 'from'],
  identityOf: ({ listen, from }) => JSON.stringify([listen, from]),
  placeOf: ({ host, port, listen }) => ({ host, port, listen }),
  // Nothing tells a trigger that comes back, such as our own broadcast, from a press.
  comesBack: ({ key, subKey }, pattern) =>
    key === pattern.key && (pattern.subKey === undefined || pattern.subKey === Number(subKey)),
  problemOfDevice({ listen, from }) {
    if (from !== undefined || listen.startsWith('127.')) return undefined;
    const message = `everybody who reaches ${listen} is heard, and may press: say from: with the address of the device`;
    return { pointer: '/listen', message, severity: 'warn' };
  },
};
