/** The little of RtMidi (`@julusian/midi`) that is used here, and how it is loaded. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';

/** An open port. */
export interface MidiPort {
  /** Idempotent; gives the system's object back as well. */
  close(): void;
}

export interface MidiOutPort extends MidiPort {
  /** Hands one message to the system at once; nothing says whether it arrived. @throws when the system refuses it */
  send(bytes: Uint8Array): void;
}

/** Where ports come from. Everything is synchronous, as the systems are. */
export interface MidiDriver {
  /** The full names of the ports that can be heard, and of those that can be sent to. */
  inputs(): readonly string[];
  outputs(): readonly string[];
  /** @param name  a full name of the list, or with `isVirtual` the name of a port to be made. */
  openInput(name: string, isVirtual: boolean, onBytes: (bytes: Uint8Array) => void): MidiPort;
  openOutput(name: string, isVirtual: boolean): MidiOutPort;
  /** Calls back when ports may have come or gone, where the system tells. @returns ends it. */
  watch(onChange: () => void): () => void;
}

/** Where Linux keeps its sound devices; a card that is plugged in or out is a file that comes or goes. */
const SOUND_DEVICES = '/dev/snd';

/**
 * RtMidi without easymidi, whose every list and input leaves an ALSA client open until MIDI fails for the whole
 * machine, and which loses a SysEx that comes in parts (easymidi 3.2).
 * @param load  its lazy entry: importing it does not fail, the check does, with the loader's own words.
 * @throws DEVICE_DRIVER_MISSING when the native library does not load
 */
export async function loadRtMidi(
  load: () => Promise<RtMidi> = () => import('@julusian/midi/lazy'),
): Promise<MidiDriver> {
  try {
    const { Input, Output, verifyLibraryLoaded } = await load();
    verifyLibraryLoaded();
    return rtMidiDriver(Input, Output);
  } catch (cause) {
    throw whyNotLoaded(cause);
  }
}

/** Why the native library did not load, in the technician's words. */
export function whyNotLoaded(cause: unknown): BridgeError {
  const words = wordsOf(cause);
  const needed = /libasound/.test(words) ? '; on Debian install libasound2' : '';
  return new BridgeError('DEVICE_DRIVER_MISSING', `MIDI does not load (${words})${needed}`, { cause });
}

/** A port object of `@julusian/midi`, as far as it is used. */
interface RtMidiPort {
  getPortCount(): number;
  getPortName(port: number): string;
  openPort(port: number): void;
  openVirtualPort(name: string): void;
  closePort(): void;
  destroy(): void;
}

interface RtMidiInput extends RtMidiPort {
  ignoreTypes(sysex: boolean, timing: boolean, activeSensing: boolean): void;
  on(event: 'messageBuffer', listener: (deltaTime: number, message: Buffer) => void): unknown;
}

interface RtMidiOutput extends RtMidiPort {
  send(message: Buffer): void;
}

/** A class of `@julusian/midi`. Its list makes one client of the system, and gives it back. */
interface RtMidiClass<Port> {
  new (): Port;
  getPortNames(): string[];
}

/** The package, as far as it is used. */
export interface RtMidi {
  Input: RtMidiClass<RtMidiInput>;
  Output: RtMidiClass<RtMidiOutput>;
  /** @throws what the system's loader said */
  verifyLibraryLoaded(): void;
}

function rtMidiDriver(Input: RtMidiClass<RtMidiInput>, Output: RtMidiClass<RtMidiOutput>): MidiDriver {
  return {
    inputs: () => quietly(() => Input.getPortNames()),
    outputs: () => quietly(() => Output.getPortNames()),
    openInput(name, isVirtual, onBytes) {
      const port = new Input();
      port.on('messageBuffer', (_, message) => onBytes(message));
      return opened(port, name, isVirtual, () => port.ignoreTypes(false, false, false));
    },
    openOutput(name, isVirtual) {
      const port = new Output();
      const { close } = opened(port, name, isVirtual);
      return { close, send: (bytes) => port.send(Buffer.from(bytes)) };
    },
    watch: watchSoundDevices,
  };
}

const NO_SYSTEM = 'Failed to initialise RtMidi';
const ALSA_SEQUENCER = '/dev/snd/seq';
/** Without it the library loads, and opens nothing. */
const ALSA_CONFIGURATION = '/usr/share/alsa/alsa.conf';
const isUnconfigured = (): boolean =>
  process.platform === 'linux' &&
  !existsSync(ALSA_CONFIGURATION) &&
  process.env.ALSA_CONFIG_PATH === undefined &&
  process.env.ALSA_CONFIG_DIR === undefined;
/** Whether this Linux machine has a MIDI system at all. */
export const hasSequencer = (): boolean => existsSync(ALSA_SEQUENCER);

/**
 * Lists ports; once RtMidi has said that there is no MIDI system, it is asked again when there is one. ALSA writes to
 * stderr each time that it fails, and a device that is tried every half second shall not fill the log.
 * Exported for its test.
 */
export function quietLister(isThere: () => boolean): <T>(list: () => T) => T {
  let absence: Error | undefined;
  return (list) => {
    if (absence && !isThere()) throw absence;
    absence = undefined;
    try {
      return list();
    } catch (error) {
      if (error instanceof Error && error.message === NO_SYSTEM && !isThere()) absence = error;
      throw error;
    }
  };
}

/** One for all connections of a process: each loads its driver anew. */
const quietly = quietLister(hasSequencer);

/** Opens by name, since numbers change between a list and an open. Holds the object: one that is collected is deaf. */
function opened(port: RtMidiPort, name: string, isVirtual: boolean, prepare: () => void = () => undefined): MidiPort {
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    // Closed alone it would stay a client of the system, and be listed.
    try {
      port.closePort();
    } finally {
      port.destroy();
    }
  };
  try {
    prepare();
    if (isVirtual) port.openVirtualPort(name);
    else {
      const number = Array.from({ length: port.getPortCount() }, (_, n) => n).find((n) => port.getPortName(n) === name);
      if (number === undefined) throw new Error(`${name} is gone`);
      port.openPort(number);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}

function watchSoundDevices(onChange: () => void): () => void {
  let watcher: FSWatcher | undefined;
  const stop = () => watcher?.close();
  try {
    watcher = watch(SOUND_DEVICES, { persistent: false }, onChange);
    // A watch that fails is only a nudge less; the list goes on.
    watcher.on('error', stop);
  } catch {
    // Not Linux, or no sound devices: the list alone finds what comes and goes.
  }
  return stop;
}

/** Why listing or opening failed, in the technician's words. */
export function whyFailed(error: unknown, what: string): BridgeError {
  const words = wordsOf(error);
  if (words === NO_SYSTEM && hasSequencer() && isUnconfigured()) {
    return new BridgeError(
      'DEVICE_DRIVER_MISSING',
      `MIDI does not start: there is no ${ALSA_CONFIGURATION}; on Debian install libasound2-data`,
      { cause: error },
    );
  }
  if (words === NO_SYSTEM) {
    const linux = hasSequencer()
      ? ': put the bridge’s user into the group audio, or end a program that holds all MIDI clients'
      : ': there is no /dev/snd/seq; load the kernel module snd-seq, or plug the device in';
    return new BridgeError(
      'DEVICE_UNREACHABLE',
      `this machine has no MIDI system that answers${process.platform === 'linux' ? linux : ''}`,
      {
        cause: error,
      },
    );
  }
  return new BridgeError('DEVICE_UNREACHABLE', `${what}: ${words}`, { cause: error });
}
