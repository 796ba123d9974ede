/**
 * Stands where node-hid stands: its devices are those of the test (VIRTUAL_HID_HUB, a port of this machine). One line of
 * JSON each way: `list` or `open` first; then reports in hex, and at last the error that node-hid would emit.
 */
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const hub = Number(process.env.VIRTUAL_HID_HUB);

const dial = () =>
  new Promise((resolve, reject) => {
    const socket = connect(hub, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });

/** Asks one thing. @returns the way, and the answer; what follows goes to `onLine` */
async function ask(question, onLine = () => undefined) {
  const socket = await dial();
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  const answer = new Promise((resolve, reject) => {
    let isAnswered = false;
    lines.on('line', (line) => {
      const message = JSON.parse(line);
      if (isAnswered) onLine(message);
      isAnswered = true;
      resolve(message);
    });
    lines.on('close', () => reject(new Error('the hub is gone')));
  });
  socket.write(`${JSON.stringify(question)}\n`);
  return { socket, answer: await answer };
}

export async function devicesAsync(vendorId, productId) {
  const { socket, answer } = await ask({ list: true });
  socket.destroy();
  const isAny = !vendorId && !productId;
  return answer.devices.filter((info) => isAny || (info.vendorId === vendorId && info.productId === productId));
}

export class HIDAsync extends EventEmitter {
  #socket;
  #isClosed = false;

  static async open(path) {
    const handle = new HIDAsync();
    const { socket, answer } = await ask({ open: path }, (message) => handle.#take(message));
    if (answer.failed !== undefined) {
      socket.destroy();
      throw new Error(answer.failed);
    }
    handle.#socket = socket;
    return handle;
  }

  async write(report) {
    if (this.#isClosed) throw new Error('Cannot write to hid device: device is closed');
    await new Promise((resolve) =>
      this.#socket.write(`${JSON.stringify({ write: Buffer.from(report).toString('hex') })}\n`, resolve),
    );
    return report.length;
  }

  async close() {
    if (this.#isClosed) throw new Error('device is already closed');
    this.#isClosed = true;
    this.removeAllListeners();
    await new Promise((resolve) => this.#socket.end(resolve));
  }

  #take({ report, error }) {
    if (this.#isClosed) return;
    if (error !== undefined) this.emit('error', error);
    else this.emit('data', Buffer.from(report, 'hex'));
  }
}
