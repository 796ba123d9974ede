/** MIDI Machine Control (RP-013): transport commands, `F0 7F device_ID 06 commands… F7`. Pure. */
import { malformed, whole } from './msc.js';
import { decodeTime, encodeTime, TIME_BYTES, type Timecode } from './timecode.js';

/** Commands without data, by name; `locate` (44) has a time. */
export const MMC_COMMANDS = {
  stop: 0x01,
  play: 0x02,
  deferredPlay: 0x03,
  fastForward: 0x04,
  rewind: 0x05,
  recordStrobe: 0x06,
  recordExit: 0x07,
  recordPause: 0x08,
  pause: 0x09,
  eject: 0x0a,
  chase: 0x0b,
  commandErrorReset: 0x0c,
  reset: 0x0d,
  locate: 0x44,
} as const;

export type MmcCommandName = keyof typeof MMC_COMMANDS;

/** A command string; several commands may stand in one message. */
export const MMC_BYTES_MAX = 53;
const LOCATE_TARGET = 0x01;
const NAME_OF = new Map<number, MmcCommandName>(
  Object.entries(MMC_COMMANDS).map(([name, code]) => [code, name as MmcCommandName]),
);

export interface MmcMessage {
  kind: 'mmc';
  command: MmcCommandName;
  /** 127 every device. */
  deviceId: number;
  /** Of locate. */
  time?: Timecode;
}

export const isMmcCommandName = (word: unknown): word is MmcCommandName =>
  typeof word === 'string' && Object.hasOwn(MMC_COMMANDS, word);

/**
 * Reads all commands of one message, F0 and F7 included, whose fourth byte says that it is MMC.
 * @returns those that are known, in order, and how many were not; undefined when the message is cut off.
 */
export function decodeMmc(bytes: Uint8Array): { messages: MmcMessage[]; unknown: number } | undefined {
  const [, , deviceId] = bytes;
  if (deviceId === undefined || bytes.length < 6 || bytes.length > MMC_BYTES_MAX) return undefined;
  const messages: MmcMessage[] = [];
  let unknown = 0;
  for (let at = 4; at < bytes.length - 1; ) {
    const code = bytes[at] ?? 0;
    // 40 to 77 carry a count of bytes; 00 begins an extension, whose length nobody can know.
    if (code === 0) return undefined;
    const count = code >= 0x40 && code <= 0x77 ? (bytes[at + 1] ?? 0) : undefined;
    const end = count === undefined ? at + 1 : at + 2 + count;
    if (end > bytes.length - 1) return undefined;
    const message = readOne(code, bytes.subarray(at + 2, end), deviceId);
    if (message) messages.push(message);
    else unknown += 1;
    at = end;
  }
  return { messages, unknown };
}

function readOne(code: number, data: Uint8Array, deviceId: number): MmcMessage | undefined {
  const command = NAME_OF.get(code);
  if (command === undefined) return undefined;
  if (command !== 'locate') return { kind: 'mmc', command, deviceId };
  if (data[0] !== LOCATE_TARGET || data.length !== 1 + TIME_BYTES) return undefined;
  const time = decodeTime(data.subarray(1));
  return time && { kind: 'mmc', command, deviceId, time };
}

/** @throws CODEC_MALFORMED in the technician's words */
export function encodeMmc({ command, deviceId, time }: MmcMessage): Uint8Array {
  if (command === 'locate' && time === undefined) throw malformed('locate needs a time');
  if (command !== 'locate' && time !== undefined) throw malformed(`${command} takes no time`);
  const data = time === undefined ? [] : [1 + TIME_BYTES, LOCATE_TARGET, ...encodeTime(time)];
  return Uint8Array.from([0xf0, 0x7f, whole('deviceId', deviceId, 0, 127), 0x06, MMC_COMMANDS[command], ...data, 0xf7]);
}
