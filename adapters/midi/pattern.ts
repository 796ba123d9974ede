/** What `check` says of a `when` that no message could ever fit. Pure. */
import type { Pattern } from '../../src/adapter-sdk/adapter.js';
import { normaliseNumber } from '../../src/wire/midi/cue-number.js';
import { type MscMember, takesMember } from '../../src/wire/midi/msc.js';
import { isCommandName } from '../../src/wire/midi/msc-tables.js';

const MEMBERS = ['cue', 'list', 'path', 'macro', 'control'] as const satisfies readonly MscMember[];
const NUMBERS = ['cue', 'list', 'path'] as const;

/**
 * Why no message could ever fit, in the technician's words; undefined when one could.
 * @param device  checked.
 */
export function problemOfPattern(pattern: Pattern, device: Readonly<Record<string, unknown>>): string | undefined {
  if (device.input === undefined) return 'the device has no input: it is only sent to';
  const { msc } = pattern;
  return typeof msc === 'object' && msc !== null ? problemOfMsc(msc as Readonly<Record<string, unknown>>) : undefined;
}

function problemOfMsc(wanted: Readonly<Record<string, unknown>>): string | undefined {
  const commands = [wanted.command].flat().filter(isCommandName);
  for (const name of MEMBERS) {
    const value = wanted[name];
    // Without is what every command can be.
    if (value === undefined || value === '') continue;
    if (!commands.some((command) => takesMember(command, name))) return `${commands.join(', ')} has no ${name}`;
  }
  for (const name of NUMBERS) {
    const text = wanted[name];
    if (typeof text === 'string' && text !== '' && normaliseNumber(text) === undefined) {
      return `${name} "${text}": MIDI Show Control carries digits and dots only`;
    }
  }
  // A device number or a format that the device does not hear is none: messages for all fit it too.
  return undefined;
}
