/** One MIDI message ↔ its bytes. Pure. Cutting a stream into messages is stream.ts. */
import { decodeMmc, encodeMmc, type MmcMessage } from './mmc.js';
import { decodeMsc, encodeMsc, type MscMessage, type MscSkip, whole } from './msc.js';
import { isDropped, isTimecode, RATES, type Timecode } from './timecode.js';

/** Channels are 1 to 16 as people count them; data is 0 to 127. */
export type ChannelMessage =
  | { kind: 'noteOn'; channel: number; note: number; velocity: number }
  | { kind: 'noteOff'; channel: number; note: number; velocity: number }
  | { kind: 'controlChange'; channel: number; controller: number; value: number }
  /** Programs as the bytes have them, from 0; many desks print them from 1. */
  | { kind: 'programChange'; channel: number; program: number }
  /** Of one key where there is a note, else of the channel. */
  | { kind: 'aftertouch'; channel: number; pressure: number; note?: number }
  /** -8192 to 8191; 0 is the middle. */
  | { kind: 'pitchBend'; channel: number; value: number };

export type MtcMessage =
  /** The pieces 0 to 7 of a time, four in a frame. */
  | { kind: 'mtcQuarter'; piece: number; nibble: number }
  /** The time jumped here; nothing says that it runs. */
  | { kind: 'mtcFull'; timecode: Timecode };

export type MidiMessage = ChannelMessage | MscMessage | MmcMessage | MtcMessage;

/** Why a message was passed over. */
export type Skip = MscSkip | 'mmc-malformed' | 'mmc-unknown' | 'mtc-malformed' | 'sysex-other' | 'system-other';

export interface Decoded {
  /** More than one only in MMC. */
  messages: readonly MidiMessage[];
  skipped?: Skip;
}

const skip = (skipped: Skip): Decoded => ({ messages: [], skipped });

/** Reads one whole message with its own status byte, as stream.ts cuts it. Never throws. */
export function decodeMessage(bytes: Uint8Array): Decoded {
  const [status = 0, first = 0, second = 0] = bytes;
  if (status === 0xf0) return decodeSysex(bytes);
  if (status === 0xf1) return { messages: [{ kind: 'mtcQuarter', piece: first >> 4, nibble: first & 0x0f }] };
  if (status < 0x80 || status >= 0xf0) return skip('system-other');
  return { messages: [decodeChannel(status, first, second)] };
}

function decodeChannel(status: number, first: number, second: number): ChannelMessage {
  const channel = (status & 0x0f) + 1;
  switch (status >> 4) {
    case 0x8:
      return { kind: 'noteOff', channel, note: first, velocity: second };
    case 0x9:
      // "A note-on with velocity 0 is a note-off" (MIDI 1.0), so that running status serves for both.
      return { kind: second === 0 ? 'noteOff' : 'noteOn', channel, note: first, velocity: second };
    case 0xa:
      return { kind: 'aftertouch', channel, note: first, pressure: second };
    case 0xb:
      return { kind: 'controlChange', channel, controller: first, value: second };
    case 0xc:
      return { kind: 'programChange', channel, program: first };
    case 0xd:
      return { kind: 'aftertouch', channel, pressure: first };
    default:
      return { kind: 'pitchBend', channel, value: ((second << 7) | first) - 8192 };
  }
}

function decodeSysex(bytes: Uint8Array): Decoded {
  const [, id, , sub1, sub2] = bytes;
  // 7F: universal, real time. 02 is show control, 06 machine control, 01 time code.
  if (id !== 0x7f) return skip('sysex-other');
  if (sub1 === 0x02) {
    const message = decodeMsc(bytes);
    return typeof message === 'string' ? skip(message) : { messages: [message] };
  }
  if (sub1 === 0x06) {
    const read = decodeMmc(bytes);
    if (!read) return skip('mmc-malformed');
    return { messages: read.messages, ...(read.unknown > 0 && { skipped: 'mmc-unknown' as const }) };
  }
  if (sub1 === 0x01 && sub2 === 0x01) {
    const timecode = bytes.length === 10 ? fullFrame(bytes.subarray(5)) : undefined;
    return timecode ? { messages: [{ kind: 'mtcFull', timecode }] } : skip('mtc-malformed');
  }
  return skip('sysex-other');
}

function fullFrame([hr = 0, minutes = 0, seconds = 0, frames = 0]: Uint8Array): Timecode | undefined {
  const rate = RATES[(hr >> 5) & 3];
  if (rate === undefined) return undefined;
  const timecode = { rate, hours: hr & 0x1f, minutes, seconds, frames };
  return isTimecode(timecode) && !isDropped(timecode) ? timecode : undefined;
}

const data = (name: string, value: number): number => whole(name, value, 0, 127);
const status = (kind: number, channel: number): number => (kind << 4) | (whole('channel', channel, 1, 16) - 1);

/**
 * Writes one message.
 * @throws CODEC_MALFORMED in the technician's words, when something is out of its range
 */
export function encodeMessage(message: MidiMessage): Uint8Array {
  switch (message.kind) {
    case 'msc':
      return encodeMsc(message);
    case 'mmc':
      return encodeMmc(message);
    case 'mtcQuarter':
      return Uint8Array.of(0xf1, (whole('piece', message.piece, 0, 7) << 4) | whole('nibble', message.nibble, 0, 15));
    case 'mtcFull': {
      const { rate, hours, minutes, seconds, frames } = message.timecode;
      return Uint8Array.of(0xf0, 0x7f, 0x7f, 1, 1, (RATES.indexOf(rate) << 5) | hours, minutes, seconds, frames, 0xf7);
    }
    default:
      return Uint8Array.from(encodeChannel(message));
  }
}

function encodeChannel(message: ChannelMessage): number[] {
  const { channel } = message;
  switch (message.kind) {
    case 'noteOff':
      return [status(0x8, channel), data('note', message.note), data('velocity', message.velocity)];
    case 'noteOn':
      // Velocity 0 would be a note-off.
      return [status(0x9, channel), data('note', message.note), whole('velocity', message.velocity, 1, 127)];
    case 'controlChange':
      return [status(0xb, channel), data('controller', message.controller), data('value', message.value)];
    case 'programChange':
      return [status(0xc, channel), data('program', message.program)];
    case 'aftertouch':
      return message.note === undefined
        ? [status(0xd, channel), data('pressure', message.pressure)]
        : [status(0xa, channel), data('note', message.note), data('pressure', message.pressure)];
    case 'pitchBend': {
      const value = whole('value', message.value, -8192, 8191) + 8192;
      return [status(0xe, channel), value & 0x7f, value >> 7];
    }
  }
}
