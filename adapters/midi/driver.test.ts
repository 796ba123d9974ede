import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { loadRtMidi, quietLister, type RtMidi, whyFailed } from './driver.js';

const PORTS = ['Midi Through:Midi Through Port-0 14:0', 'Desk:Desk MIDI 1 20:0'];

/** A package that writes down what is asked of it. */
function rtMidi(fails: { openPort?: Error } = {}): {
  load: () => Promise<RtMidi>;
  asked: string[];
  made: EventEmitter[];
} {
  const asked: string[] = [];
  const made: EventEmitter[] = [];
  class Port extends EventEmitter {
    constructor() {
      super();
      made.push(this);
    }
    static getPortNames = () => PORTS;
    getPortCount = () => PORTS.length;
    getPortName = (port: number) => PORTS[port] ?? '';
    openPort(port: number) {
      if (fails.openPort) throw fails.openPort;
      asked.push(`open ${port}`);
    }
    openVirtualPort = (name: string) => void asked.push(`make ${name}`);
    closePort = () => void asked.push('close');
    destroy = () => void asked.push('destroy');
    ignoreTypes = (...types: boolean[]) => void asked.push(`ignore ${types.filter((type) => type).length} types`);
    send = (bytes: Buffer) => void asked.push(`send ${bytes.toString('hex')}`);
  }
  return { load: async () => ({ Input: Port, Output: Port, verifyLibraryLoaded: () => undefined }), asked, made };
}

describe('the driver', () => {
  test('hears every kind of message of the port of that name, and gives back all that it took', async () => {
    const { load, asked, made } = rtMidi();
    const driver = await loadRtMidi(load);
    const heard: string[] = [];
    const port = driver.openInput('Desk:Desk MIDI 1 20:0', false, (bytes) =>
      heard.push(Buffer.from(bytes).toString('hex')),
    );
    made[0]?.emit('messageBuffer', 0, Buffer.of(0x90, 60, 1));
    expect(heard).toEqual(['903c01']);
    port.close();
    port.close();
    expect(asked).toEqual(['ignore 0 types', 'open 1', 'close', 'destroy']);
  });

  test('sends one message as it is', async () => {
    const { load, asked } = rtMidi();
    const port = (await loadRtMidi(load)).openOutput('Desk:Desk MIDI 1 20:0', false);
    port.send(Uint8Array.of(0xc0, 5));
    port.close();
    expect(asked).toEqual(['open 1', 'send c005', 'close', 'destroy']);
  });

  test('makes ports of its own', async () => {
    const { load, asked } = rtMidi();
    const driver = await loadRtMidi(load);
    driver.openOutput('Bridge', true).close();
    expect(asked).toEqual(['make Bridge', 'close', 'destroy']);
  });

  test('gives back what it took when the port cannot be opened', async () => {
    const gone = rtMidi();
    const driver = await loadRtMidi(gone.load);
    expect(() => driver.openOutput('Desk:Desk MIDI 1 24:0', false)).toThrow('Desk:Desk MIDI 1 24:0 is gone');
    expect(gone.asked).toEqual(['close', 'destroy']);
    const broken = rtMidi({ openPort: new Error('Internal RtMidi error') });
    const other = await loadRtMidi(broken.load);
    expect(() => other.openOutput('Desk:Desk MIDI 1 20:0', false)).toThrow('Internal RtMidi error');
    expect(broken.asked).toEqual(['close', 'destroy']);
  });

  test('names the package of a library that is missing', async () => {
    const words = 'libasound.so.2: cannot open shared object file: No such file or directory';
    const { load } = rtMidi();
    const missing = async () => ({
      ...(await load()),
      verifyLibraryLoaded: () => {
        throw new Error(words);
      },
    });
    await expect(loadRtMidi(missing)).rejects.toMatchObject({
      code: 'DEVICE_DRIVER_MISSING',
      message: `MIDI does not load (${words}); on Debian install libasound2`,
      cause: expect.objectContaining({ message: words }),
    });
  });

  test('asks a machine without a MIDI system once, and again when it has one', () => {
    let isThere = false;
    let asked = 0;
    const quietly = quietLister(() => isThere);
    const list = () => {
      asked += 1;
      if (!isThere) throw new Error('Failed to initialise RtMidi');
      return PORTS;
    };
    for (let n = 0; n < 3; n++) expect(() => quietly(list)).toThrow('Failed to initialise RtMidi');
    expect(asked).toBe(1);
    isThere = true;
    expect([quietly(list), quietly(list), asked]).toEqual([PORTS, PORTS, 3]);
  });

  test('asks again each time when the system is there, and does not let us in', () => {
    const quietly = quietLister(() => true);
    let asked = 0;
    const list = () => {
      asked += 1;
      throw new Error('Failed to initialise RtMidi');
    };
    for (let n = 0; n < 3; n++) expect(() => quietly(list)).toThrow();
    expect(asked).toBe(3);
  });

  test('that fails for another reason is told in its own words', () => {
    const cause = new Error('Internal RtMidi error');
    expect(whyFailed(cause, 'Desk cannot be opened')).toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: 'Desk cannot be opened: Internal RtMidi error',
      cause,
    });
  });

  test('whose watch is ended twice does not mind', async () => {
    const stop = (await loadRtMidi(rtMidi().load)).watch(() => undefined);
    stop();
    stop();
  });
});
