import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EasyMidi, type MidiDesk, type MidiDeskOptions, openMidiDesk } from './desk-simulator.js';

/** What easymidi asks of the native library, and what it is told. */
const native = { sent: [] as string[], made: [] as string[], inputs: [] as EventEmitter[], failure: '' };
class Port extends EventEmitter {
  getPortCount = () => 0;
  ignoreTypes = () => undefined;
  closePort = () => void native.made.push('close');
  sendMessage = (bytes: number[]) => void native.sent.push(Buffer.from(bytes).toString('hex'));
}
class Input extends Port {
  openVirtualPort = (name: string) => {
    native.made.push(`in ${name}`);
    native.inputs.push(this);
  };
}
class Output extends Port {
  openVirtualPort = (name: string) => {
    if (native.failure) throw new Error(native.failure);
    native.made.push(`out ${name}`);
  };
}

const require = createRequire(import.meta.url);
const library = require.resolve('@julusian/midi');
const packages = [library, require.resolve('easymidi')];
/** easymidi itself, on a native library that writes down. */
async function load(): Promise<EasyMidi> {
  require.cache[library] = Object.assign(Object.create(null), { exports: { input: Input, output: Output } });
  return require('easymidi');
}

beforeEach(() => {
  Object.assign(native, { sent: [], made: [], inputs: [], failure: '' });
});
afterEach(() => {
  for (const path of packages) delete require.cache[path];
});

const heard: string[] = [];
async function desk(options: Partial<MidiDeskOptions> = {}): Promise<MidiDesk> {
  heard.length = 0;
  const onHeard = (_: unknown, words: string) => void heard.push(words);
  return openMidiDesk({ name: 'Desk', deviceId: 1, format: 'lighting', channel: 2, onHeard, load, ...options });
}

test.each([
  ['go', ['f07f01020101f7'], 'msc go to lighting 1'],
  ['go 34.5 1', ['f07f0102010133342e350031f7'], 'msc go 34.5 list 1 to lighting 1'],
  ['fire 3', ['f07f0102010703f7'], 'msc fire 3 to lighting 1'],
  ['allOff', ['f07f01020108f7'], 'msc allOff to lighting 1'],
  ['note 60', ['913c40', '813c00'], 'noteOn 60 64 on channel 2, noteOff 60 0 on channel 2'],
  ['note 60 127', ['913c7f', '813c00'], 'noteOn 60 127 on channel 2, noteOff 60 0 on channel 2'],
  ['cc 64', ['b1407f'], 'controlChange 64 127 on channel 2'],
  ['cc 64 0', ['b14000'], 'controlChange 64 0 on channel 2'],
  ['program 5', ['c105'], 'programChange 5 on channel 2'],
])('%s leaves through easymidi as the bytes that it is', async (typed, bytes, words) => {
  const { type } = await desk();
  expect(type(typed)).toBe(words);
  expect(native.sent).toEqual(bytes);
});

test.each([
  ['note', /note is missing/],
  ['note x', /note must be a whole number/],
  ['note 200', /note must be .*0 to 127/],
  ['note 60 1 2', /^write note NOTE \[VELOCITY\]$/],
  ['go 12a', /12a/],
  ['go 1 2 3 4', /^write go \[CUE\] \[LIST\] \[PATH\]$/],
  ['timedGo 1', /^there is no timedGo; what can be typed:\n {2}note NOTE/],
  ['help', /^what can be typed:[\s\S]*\n {2}go, stop, resume.* \[CUE\] \[LIST\] \[PATH\]\n/],
])('%s sends nothing, and says why', async (typed, words) => {
  const { type } = await desk();
  expect(type(typed)).toMatch(words);
  expect(native.sent).toEqual([]);
});

test('what comes is told in words; the clock and the pieces of time code are not', async () => {
  await desk();
  const messages = [
    ...['903c40', '903c00', '803c05', 'b0407f', 'c005', 'e00040', 'a03c07', 'd009', 'f8', 'fe', 'f123'],
    ...['f07f01020101f7', 'f07f7f0601f7', 'f07f7f01014100000af7', 'f07d01f7'],
  ];
  for (const hex of messages) native.inputs[0]?.emit('message', 0, [...Buffer.from(hex, 'hex')]);
  expect(heard).toEqual([
    'noteOn 60 64 on channel 1',
    'noteOff 60 0 on channel 1',
    'noteOff 60 5 on channel 1',
    'controlChange 64 127 on channel 1',
    'programChange 5 on channel 1',
    'pitchBend 0 on channel 1',
    'aftertouch 7 60 on channel 1',
    'aftertouch 9 on channel 1',
    'msc go to lighting 1',
    'mmc stop',
    'time code',
  ]);
});

test('both ports have its name, and are closed once', async () => {
  const { close } = await desk({ name: 'Booth' });
  close();
  close();
  expect(native.made.filter((what) => /^(in|out) /.test(what))).toEqual(['in Booth', 'out Booth']);
  const closed = native.made.filter((what) => what === 'close').length;
  close();
  expect(native.made.filter((what) => what === 'close')).toHaveLength(closed);
});

test('without a MIDI system it says so in words, and leaves nothing open', async () => {
  native.failure = 'Failed to initialise RtMidi';
  await expect(desk()).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE', message: /no MIDI system that answers/ });
  expect(native.made.slice(native.made.lastIndexOf('in Desk'))).toContain('close');
});

test('on Windows, which has no virtual ports, nothing is made, and it says so', async () => {
  await expect(desk({ platform: 'win32' })).rejects.toMatchObject({
    code: 'DEVICE_UNREACHABLE',
    message: expect.stringContaining('no virtual MIDI ports'),
  });
  expect(native.made).toEqual([]);
});

test('where the native library does not load, it names the package that is missing', async () => {
  const missing = async () => Promise.reject(new Error('libasound.so.2: cannot open shared object file'));
  await expect(desk({ load: missing })).rejects.toMatchObject({
    code: 'DEVICE_DRIVER_MISSING',
    message: expect.stringContaining('install libasound2'),
  });
});

test.each([
  [{ format: 'smoke7' }, /no format "smoke7"/],
  [{ deviceId: 1.5 }, /deviceId/],
  [{ channel: 17 }, /channel/],
])('%o is refused before anything opens', async (options, words) => {
  await expect(desk(options)).rejects.toMatchObject({ code: 'CODEC_MALFORMED', message: expect.stringMatching(words) });
  expect(native.made).toEqual([]);
});
