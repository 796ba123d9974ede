/** Devices on MIDI ports: consoles by MIDI Show Control, keyboards and pedals, machines. See README.md here. */
import type { Adapter, AdapterIo, Connection } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import { problemOfCommand, summarise } from './command.js';
import { MidiConnection, type OpenNames } from './connection.js';
import { loadRtMidi, type MidiDriver, whyFailed } from './driver.js';
import type { MidiDevice } from './generated/types.js';
import { comesBack, isPress, matches } from './input.js';
import { listMidi } from './list.js';
import { problemOfMtcOut } from './mtc-transmitter.js';
import { problemOfPattern } from './pattern.js';
import { findPort } from './ports.js';

/** Where ports come from. A test hands in a simulated driver; the bridge file cannot. */
export interface MidiOptions {
  loadDriver?: () => Promise<MidiDriver>;
}

export function createMidiAdapter({ loadDriver = () => loadRtMidi() }: MidiOptions = {}): Adapter {
  return {
    kind: 'midi',
    native: true,
    prepare: async () => void (await loadDriver()),
    list: async () => listMidi(await loadDriver()),
    matches,
    isPress,
    isByHand: ({ event }) => event !== 'msc' && event !== 'mmc' && event !== 'mtc',
    comesBack,
    problemOfCommand,
    problemOfPattern,
    summarise,
    // Two entries that hear one port, as one receiver of show control: each press would be two. To send from two does no harm.
    identityOf: ({ input, deviceId, groups, mscFormats }) =>
      typeof input === 'string' ? JSON.stringify([input.toLowerCase(), deviceId, groups, mscFormats]) : undefined,
    problemOfDevice: problemOfMtcOut,
    async connect(config: MidiDevice & Record<string, unknown>, io: AdapterIo, signal): Promise<Connection> {
      signal.throwIfAborted();
      const driver = await loadDriver();
      signal.throwIfAborted();
      return new MidiConnection(driver, namesOf(driver, config), config, io);
    },
  };
}

/** @throws DEVICE_UNREACHABLE when a port is not there, or more than one could be meant */
function namesOf(driver: MidiDriver, { input, output, virtual }: MidiDevice): OpenNames {
  if (virtual) return { input, output };
  return {
    input: input === undefined ? undefined : nameOf('to hear', input, driver.inputs.bind(driver)),
    output: output === undefined ? undefined : nameOf('to send to', output, driver.outputs.bind(driver)),
  };
}

function nameOf(what: string, wanted: string, list: () => readonly string[]): string {
  let names: readonly string[];
  try {
    names = list();
  } catch (error) {
    throw whyFailed(error, 'the MIDI ports cannot be listed');
  }
  const found = findPort(wanted, names);
  if ('name' in found) return found.name;
  throw new BridgeError('DEVICE_UNREACHABLE', `MIDI ${what}: ${found.problem}`);
}

export const midiAdapter = createMidiAdapter();
