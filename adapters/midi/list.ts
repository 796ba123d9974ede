/** The MIDI ports of this machine, and how the bridge file would name them. */
import type { Listing, PluggedIn } from '../../src/adapter-sdk/adapter.js';
import { hasSequencer, type MidiDriver, whyFailed } from './driver.js';
import { findPort, foreignPorts, withoutNumber } from './ports.js';

/** ALSA's own loop: what is sent to it comes back. */
const THROUGH = /^Midi Through:/;

/**
 * Asks the system once for each direction, and leaves nothing open.
 * @param isThere  whether this machine has a MIDI system; without one nothing is plugged in.
 * @throws DEVICE_UNREACHABLE when there is one that does not answer
 */
export function listMidi(
  driver: MidiDriver,
  isThere: () => boolean = () => process.platform !== 'linux' || hasSequencer(),
): Listing {
  const looked = 'the MIDI ports of the system (on Linux ALSA’s, /dev/snd/seq)';
  let inputs: string[];
  let outputs: string[];
  try {
    inputs = foreignPorts(driver.inputs());
    outputs = foreignPorts(driver.outputs());
  } catch (error) {
    const why = whyFailed(error, 'the MIDI ports cannot be listed');
    if (isThere()) throw why;
    return { found: [], looked, hint: why.message };
  }
  const found = [...new Set([...inputs, ...outputs])].map((name) => pluggedIn(name, inputs, outputs));
  return {
    found: [...found.filter(({ name }) => !THROUGH.test(name)), ...found.filter(({ name }) => THROUGH.test(name))],
    looked,
    hint: 'switch the interface on, and look whether the system sees it (Linux: aconnect -l, macOS: Audio MIDI Setup)',
  };
}

/** One port, in the directions that it has. */
function pluggedIn(port: string, inputs: readonly string[], outputs: readonly string[]): PluggedIn {
  const name = withoutNumber(port);
  const [client = name] = name.split(':');
  const [hears, sends] = [inputs.includes(port), outputs.includes(port)];
  const isMeantBy = (wanted: string) =>
    (!hears || isFound(wanted, port, inputs)) && (!sends || isFound(wanted, port, outputs));
  // The shortest name that means this port alone now.
  const written = [client, name].find(isMeantBy) ?? port;
  const ways = hears && sends ? 'in and out' : hears ? 'in: it can be heard' : 'out: it can be sent to';
  const note =
    written === port && port !== name
      ? 'others have the same name: it is told by its number, which may change at a replug'
      : undefined;
  return {
    name,
    what: THROUGH.test(port) ? 'the system’s own loop: no device, what is sent comes back' : `MIDI ${ways}`,
    nickname: client,
    entry: { adapter: 'midi', ...(sends && { output: written }), ...(hears && { input: written }) },
    ...(note !== undefined && { note }),
  };
}

function isFound(wanted: string, port: string, names: readonly string[]): boolean {
  const found = findPort(wanted, names);
  return 'name' in found && found.name === port;
}
