/**
 * Stands in for RtMidi (`@julusian/midi`) in a driver's process: one port, which tells the bench by UDP what was handed
 * to it and when. Takes its place by `NODE_OPTIONS=--import file:…/midi-library.mjs?port=PORT`; everything of ours above it is real.
 */
import { createSocket } from 'node:dgram';
import { register } from 'node:module';

const PORT = 'Bench:Bench MIDI 1 20:0';
const told = createSocket('udp4').unref();
// A driver's process is given none of the bridge's variables but those that Node itself reads.
const port = Number(new URL(import.meta.url).searchParams.get('port'));

class Port {
  static getPortNames = () => [PORT];
  getPortCount = () => 1;
  getPortName = () => PORT;
  openPort() {}
  openVirtualPort() {}
  closePort() {}
  destroy() {}
}

export class Input extends Port {
  ignoreTypes() {}
  on() {}
}

export class Output extends Port {
  send(message) {
    const atUs = Number(process.hrtime.bigint()) / 1000;
    told.send(JSON.stringify({ atUs, hex: message.toString('hex') }), port, '127.0.0.1');
  }
}

export const verifyLibraryLoaded = () => {};

const instead = `export const resolve = (name, context, next) => name === '@julusian/midi/lazy'
  ? { url: ${JSON.stringify(import.meta.url)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(instead)}`);
