/**
 * A desk, or a keyboard, on virtual MIDI ports of this machine. It is built on `easymidi`, so that what the adapter sends
 * and hears has passed through another library than its own.
 */
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { decodeMessage, type MidiMessage } from '../../src/wire/midi/codec.js';
import { malformed } from '../../src/wire/midi/msc.js';
import { isCommandName, MSC_COMMANDS, type MscCommandName, type MscShape } from '../../src/wire/midi/msc-tables.js';
import { encodeCommand, messageWords } from './command.js';
import { whyFailed, whyNotLoaded } from './driver.js';

/** The package, as far as it is used. Its channels are 0 to 15, and it checks no range. */
export interface EasyMidi {
  Input: new (name: string, virtual: boolean) => EasyInput;
  Output: new (name: string, virtual: boolean) => EasyOutput;
}
interface EasyInput {
  on(event: 'message', listener: (message: EasyMessage) => void): unknown;
  close(): void;
}
interface EasyOutput {
  send(type: string, args: object): void;
  close(): void;
}
type EasyMessage = { _type: string } & Partial<
  Record<'channel' | 'note' | 'velocity' | 'controller' | 'value' | 'number' | 'pressure', number>
> & { bytes?: readonly number[] };

interface MidiDeskSettings {
  /** As which device of show control it speaks, 0 to 127. */
  deviceId: number;
  /** Its format there, by name or number. */
  format: string;
  /** 1 to 16. */
  channel: number;
}

export interface MidiDeskOptions extends MidiDeskSettings {
  /** Both of its ports are called so. */
  name: string;
  /** A message that came; clock, active sensing and the pieces of time code are passed over. */
  onHeard(message: MidiMessage, words: string): void;
  load?: () => Promise<EasyMidi>;
  /** The system that it runs on. */
  platform?: NodeJS.Platform;
}

export interface MidiDesk {
  /**
   * Does what is typed.
   * @returns what was sent, or why nothing was, in words.
   */
  type(line: string): string;
  /** Idempotent. */
  close(): void;
}

/**
 * Makes its ports.
 * @throws DEVICE_DRIVER_MISSING when the native library does not load; DEVICE_UNREACHABLE when this machine has no MIDI
 *   system that answers, or none with virtual ports; CODEC_MALFORMED when an option is out of its range
 */
export async function openMidiDesk(options: MidiDeskOptions): Promise<MidiDesk> {
  // A number or a format that there is not is told before anything opens.
  for (const line of ['go', 'note 0']) commandsOf(line, options)?.map(encodeCommand);
  const { platform = process.platform } = options;
  // RtMidi only warns there, and makes nothing.
  if (platform === 'win32') {
    throw new BridgeError('DEVICE_UNREACHABLE', 'Windows has no virtual MIDI ports: the desk needs macOS or Linux');
  }
  const { name, onHeard, load = () => import('easymidi') as Promise<unknown> as Promise<EasyMidi> } = options;
  const { Input, Output } = await load().catch((cause) => {
    throw whyNotLoaded(cause);
  });
  const open: { close(): void }[] = [];
  const close = () => {
    for (const port of open.splice(0)) port.close();
  };
  try {
    const input = new Input(name, true);
    open.push(input);
    input.on('message', (message) => {
      for (const heard of messagesOf(message)) onHeard(heard, messageWords(heard));
    });
    const output = new Output(name, true);
    open.push(output);
    return { type: (line) => type(line, options, output), close };
  } catch (error) {
    close();
    throw whyFailed(error, `the virtual port ${name} cannot be made`);
  }
}

/** What can be typed besides the commands of show control. */
const LINES: Readonly<
  Record<string, { takes: string; words: string; of: (channel: number, first?: string, second?: string) => Command[] }>
> = {
  note: {
    takes: ' NOTE [VELOCITY]',
    words: 'a key is pressed, and let go of',
    of: (channel, note, velocity = '64') => [{ noteOn: { channel, note, velocity } }, { noteOff: { channel, note } }],
  },
  cc: {
    takes: ' CONTROLLER [VALUE]',
    words: 'a controller: 127 is pressed, 0 is up again',
    of: (channel, controller, value = '127') => [{ controlChange: { channel, controller, value } }],
  },
  program: {
    takes: ' PROGRAM',
    words: 'a program change, from 0',
    of: (channel, program) => [{ programChange: { channel, program } }],
  },
};

/** Which members of show control the words after a command are; shapes that are not here cannot be typed. */
const MEMBERS: Readonly<Partial<Record<MscShape, readonly ('cue' | 'list' | 'path' | 'macro')[]>>> = {
  'cue?': ['cue', 'list', 'path'],
  cue: ['cue', 'list', 'path'],
  'list?': ['list'],
  list: ['list'],
  path: ['path'],
  fire: ['macro'],
  none: [],
};

const membersOf = (name: MscCommandName) => MEMBERS[MSC_COMMANDS[name].shape];
const takes = (members: readonly string[]): string => members.map((member) => ` [${member.toUpperCase()}]`).join('');

/** One line for each thing that can be typed. */
function deskHelp(): string {
  const commands = new Map<string, string[]>();
  for (const name of Object.keys(MSC_COMMANDS)) {
    const members = isCommandName(name) ? membersOf(name) : undefined;
    if (members) commands.set(takes(members), [...(commands.get(takes(members)) ?? []), name]);
  }
  const named = Object.entries(LINES).map(([name, { takes, words }]) => `${`${name}${takes}`.padEnd(26)}${words}`);
  const shown = [...commands].map(([members, names]) => `${names.join(', ')}${members}`);
  return [...named, 'MIDI Show Control:', ...shown].map((line) => `  ${line}`).join('\n');
}

function type(typed: string, options: MidiDeskOptions, output: EasyOutput): string {
  const name = typed.trim().split(/\s+/)[0] ?? '';
  try {
    const commands = commandsOf(typed, options);
    if (!commands) return `${name === 'help' ? '' : `there is no ${name}; `}what can be typed:\n${deskHelp()}`;
    // All are checked before the first one leaves: easymidi sends whatever it gets.
    const sent = commands.map(encodeCommand);
    for (const [kind, args] of sent.map(toEasy)) output.send(kind, args);
    return sent.map(({ message }) => messageWords(message)).join(', ');
  } catch (error) {
    return wordsOf(error);
  }
}

/** What is typed, in the words of a `send`. @throws CODEC_MALFORMED when there are too many words */
function commandsOf(typed: string, { deviceId, format, channel }: MidiDeskSettings): Command[] | undefined {
  const [name = '', ...words] = typed.trim().split(/\s+/);
  const line = Object.hasOwn(LINES, name) ? LINES[name] : undefined;
  const members = isCommandName(name) ? membersOf(name) : undefined;
  if (!line && !members) return undefined;
  const usage = line ? line.takes : takes(members ?? []);
  if (words.length > usage.split(' ').length - 1) throw malformed(`write ${name}${usage}`);
  if (line) return line.of(channel, ...words);
  const given = Object.fromEntries(words.map((word, at) => [members?.[at], word]));
  return [{ msc: { command: name, deviceId, format, ...given } }];
}

function toEasy({ message, bytes }: ReturnType<typeof encodeCommand>): [type: string, args: object] {
  switch (message.kind) {
    case 'noteOn':
    case 'noteOff':
    case 'controlChange':
      return [EASY[message.kind], { ...message, channel: message.channel - 1 }];
    case 'programChange':
      return [EASY[message.kind], { number: message.program, channel: message.channel - 1 }];
    default:
      return ['sysex', [...bytes]];
  }
}

/** What easymidi calls them. */
const EASY = { noteOn: 'noteon', noteOff: 'noteoff', controlChange: 'cc', programChange: 'program' } as const;

/** What easymidi heard, as the messages that they are. */
function messagesOf({
  _type,
  channel: zeroBased = 0,
  note = 0,
  velocity = 0,
  ...message
}: EasyMessage): readonly MidiMessage[] {
  const channel = zeroBased + 1;
  const { controller = 0, value = 0, number: program = 0, pressure = 0, bytes = [] } = message;
  switch (_type) {
    case 'noteon':
      return [{ kind: velocity === 0 ? 'noteOff' : 'noteOn', channel, note, velocity }];
    case 'noteoff':
      return [{ kind: 'noteOff', channel, note, velocity }];
    case 'cc':
      return [{ kind: 'controlChange', channel, controller, value }];
    case 'program':
      return [{ kind: 'programChange', channel, program }];
    case 'pitch':
      return [{ kind: 'pitchBend', channel, value: value - 8192 }];
    case 'poly aftertouch':
      return [{ kind: 'aftertouch', channel, pressure, note }];
    case 'channel aftertouch':
      return [{ kind: 'aftertouch', channel, pressure }];
    case 'sysex':
      return decodeMessage(Uint8Array.from(bytes)).messages;
    default:
      return [];
  }
}
