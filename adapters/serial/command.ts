/** Commands as the bridge file writes them → what goes out, now and after a while. Pure. */
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { type Coding, encodeText, framingOf, problemOfText, toHex } from './codec.js';
import type { SerialDevice, SerialSend, SerialWords } from './generated/types.js';
import { problemOfLevel } from './handshake.js';
import type { Levels } from './safe-binding.js';

/** What goes out at once: bytes, or levels of lines. */
export type Out = { bytes: Buffer } | { levels: Partial<Levels> };

export interface Plan {
  now: Out;
  /** What it is about: whatever is pending under one of these names is replaced by it. */
  names: string[];
  /** What follows `afterMs` after the first has left, and the names that replace it. */
  later: { afterMs: number; out: Out; names: string[] }[];
}

/** What problemOfCommand and planOf need of a device. */
export type DeviceForCommands = Coding & Pick<SerialDevice, 'contacts' | 'rtscts'>;

const TEXT_MEMBERS = ['line', 'bytes', 'thenLine', 'thenBytes', 'afterMs', 'lamp'] as const;

/**
 * Why this command could never be sent, in the technician's words; undefined when it could.
 * @param config  the device, checked and with its defaults; without it only what is wrong for every device is seen.
 */
export function problemOfCommand(command: Command, config?: Readonly<Record<string, unknown>>): string | undefined {
  const problem = problemOfShape(command);
  if (problem !== undefined || config === undefined) return problem;
  const device = config as unknown as SerialDevice;
  try {
    planOf(command, { ...device, framing: framingOf(device) });
  } catch (error) {
    return wordsOf(error);
  }
  return undefined;
}

function problemOfShape(command: Command): string | undefined {
  const { line, bytes, set, thenLine, thenBytes, afterMs, forMs } = command;
  if (set !== undefined) {
    const strange = TEXT_MEMBERS.find((name) => command[name] !== undefined);
    if (strange !== undefined) return `${strange} does not go with set`;
    const wrong = Object.entries(Object(set)).find(([, level]) => typeof level !== 'boolean');
    return wrong
      ? `set: ${wrong[0]} must be true or false, not ${JSON.stringify(wrong[1])}`
      : problemOfMs('forMs', forMs);
  }
  if (line === undefined && bytes === undefined) return 'send line, bytes or set';
  if (forMs !== undefined) return 'forMs is for set; a line has thenLine and afterMs';
  const problem = problemOfText({ line, bytes });
  if (problem !== undefined) return problem;
  if (thenLine === undefined && thenBytes === undefined) {
    return afterMs === undefined ? undefined : 'afterMs without thenLine or thenBytes';
  }
  if (afterMs === undefined) return 'thenLine and thenBytes need afterMs';
  const later = problemOfText({ line: thenLine, bytes: thenBytes });
  return later === undefined ? problemOfMs('afterMs', afterMs) : `after ${afterMs} ms: ${later}`;
}

const problemOfMs = (name: string, ms: unknown): string | undefined =>
  ms === undefined || (Number.isInteger(ms) && Number(ms) > 0)
    ? undefined
    : `${name} must be a whole number of milliseconds, not ${JSON.stringify(ms)}`;

/** @throws CODEC_MALFORMED what cannot be written; DEVICE_REFUSED a line that may not be driven so */
export function planOf(command: Command, device: DeviceForCommands): Plan {
  const problem = problemOfShape(command);
  if (problem !== undefined) throw new BridgeError('CODEC_MALFORMED', problem);
  const { line, bytes, set, forMs, lamp, thenLine, thenBytes, afterMs } = command as Partial<SerialSend>;
  if (set) {
    const levels = Object.entries(set) as [keyof Levels, boolean][];
    for (const [name, level] of levels) {
      // What is turned on for a while is turned off after it.
      const refused = problemOfLevel(device, name, level && forMs === undefined);
      if (refused !== undefined) throw new BridgeError('DEVICE_REFUSED', refused);
    }
    const later = forMs === undefined ? [] : levels.map(([name, level]) => ({ name, level: !level, afterMs: forMs }));
    return {
      now: { levels: set },
      names: levels.map(([name]) => name),
      // Each line on its own: a newer set may be about one of them.
      later: later.map(({ name, level, afterMs }) => ({ afterMs, out: { levels: { [name]: level } }, names: [name] })),
    };
  }
  const now = encodeText({ line, bytes }, device);
  const names = [...(lamp === undefined ? [] : [`lamp ${lamp}`]), toHex(now)];
  if (afterMs === undefined) return { now: { bytes: now }, names, later: [] };
  const then = encodeText({ line: thenLine, bytes: thenBytes }, device);
  return {
    now: { bytes: now },
    names,
    later: [{ afterMs, out: { bytes: then }, names: [...names, toHex(then)] }],
  };
}

/** A line or bytes of `onConnect`, `onClose` or `keepAlive`. @throws CODEC_MALFORMED */
export const encodeWords = (words: SerialWords | { line?: string; bytes?: string }, coding: Coding): Buffer =>
  encodeText(typeof words === 'string' ? { line: words } : { ...words }, coding);

/** Such as `line "GO ON", line "GO OFF" 2000 ms later`. */
export function summarise({ line, bytes, set, forMs, thenLine, thenBytes, afterMs }: Command): string {
  if (set !== undefined) {
    const levels = Object.entries(Object(set)).map(([name, level]) => `${name} ${level === true ? 'on' : 'off'}`);
    return levels.join(', ') + (forMs === undefined ? '' : ` for ${forMs} ms`);
  }
  const textOf = (text: unknown, hex: unknown) =>
    text === undefined ? `bytes ${hex}` : `line ${JSON.stringify(text)}`;
  return textOf(line, bytes) + (afterMs === undefined ? '' : `, ${textOf(thenLine, thenBytes)} ${afterMs} ms later`);
}
