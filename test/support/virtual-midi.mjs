/**
 * Stands where the native library stands: the ports are those that VIRTUAL_MIDI_PORTS (a folder) has a file for, and the
 * bytes go to and from the test by TCP (VIRTUAL_MIDI_HUB, a port of this machine), a line of JSON each. What is sent carries
 * the machine's own time. A port whose file is gone is dead for ever, without a word.
 */
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const folder = process.env.VIRTUAL_MIDI_PORTS ?? '';
const names = () => readdirSync(folder).sort();

class Port {
  #name = '';
  #socket;

  static getPortNames() {
    return names();
  }
  getPortCount() {
    return names().length;
  }
  getPortName(number) {
    return names()[number] ?? '';
  }
  openPort(number) {
    this.#name = this.getPortName(number);
    this.#socket = connect(Number(process.env.VIRTUAL_MIDI_HUB), '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.tell({ open: this.way, port: this.#name });
  }
  get socket() {
    return existsSync(join(folder, this.#name)) ? this.#socket : undefined;
  }
  tell(message) {
    this.socket?.write(`${JSON.stringify(message)}\n`);
  }
  closePort() {
    this.#socket?.destroy();
  }
  destroy() {
    this.closePort();
  }
}

export class Input extends Port {
  way = 'input';
  #listener = () => undefined;
  #rest = '';

  ignoreTypes() {}
  on(_event, listener) {
    this.#listener = listener;
  }
  openPort(number) {
    super.openPort(number);
    this.socket?.setEncoding('utf8').on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) if (this.socket) this.#listener(0, Buffer.from(JSON.parse(line).hex, 'hex'));
    });
  }
}

export class Output extends Port {
  way = 'output';

  send(message) {
    this.tell({ hex: Buffer.from(message).toString('hex'), atMs: Number(process.hrtime.bigint()) / 1e6 });
  }
}

export const verifyLibraryLoaded = () => undefined;
