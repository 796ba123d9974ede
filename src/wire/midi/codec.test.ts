import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, type MidiMessage } from './codec.js';
import { MSC_COMMANDS, MSC_FORMATS } from './msc-tables.js';
import type { Timecode } from './timecode.js';

const read = (file: string) => JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'));
const MSC: { what: string; from: string; hex: string; message: MidiMessage }[] = [
  ...read('msc.json'),
  ...read('msc-tables.json'),
];
const TOLERATED: { what: string; hex: string; message: MidiMessage }[] = read('msc-tolerated.json');
const SKIPPED: { what: string; hex: string; skipped: string }[] = read('skipped.json');
const MTC: { what: string; timecode: Timecode; full: string; quarters: string }[] = read('mtc.json');

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('show control', () => {
  test.each(MSC)('$what ($from), both ways', ({ hex, message }) => {
    expect(decodeMessage(bytesOf(hex))).toEqual({ messages: [message] });
    expect(hexOf(encodeMessage(message))).toBe(hexOf(bytesOf(hex)));
  });

  test('every command and every format has a vector', () => {
    const told = MSC.flatMap(({ message }) => (message.kind === 'msc' ? [message] : []));
    expect([...new Set(told.map(({ command }) => command))].sort()).toEqual(Object.keys(MSC_COMMANDS).sort());
    expect(told.map(({ format }) => format)).toEqual(expect.arrayContaining(Object.keys(MSC_FORMATS)));
  });

  test.each(TOLERATED)('hears $what', ({ hex, message }) => {
    expect(decodeMessage(bytesOf(hex))).toEqual({ messages: [message] });
  });

  test('the longest message has 128 bytes, both ways', () => {
    const cue = '1'.repeat(121);
    const message: MidiMessage = { kind: 'msc', command: 'go', deviceId: 1, format: 'lighting', cue };
    expect(encodeMessage(message)).toHaveLength(128);
    expect(decodeMessage(encodeMessage(message))).toEqual({ messages: [message] });
    expect(() => encodeMessage({ ...message, cue: `${cue}1` })).toThrow(
      'go would take 129 bytes; MIDI Show Control carries 128',
    );
  });
});

describe('passing over', () => {
  test.each(SKIPPED)('$what', ({ hex, skipped }) => {
    expect(decodeMessage(bytesOf(hex))).toEqual({ messages: [], skipped });
  });

  test('what is unknown among machine control, and taking the rest', () => {
    expect(decodeMessage(bytesOf('F0 7F 7F 06 01 47 03 01 00 00 02 F7'))).toEqual({
      messages: [
        { kind: 'mmc', command: 'stop', deviceId: 127 },
        { kind: 'mmc', command: 'play', deviceId: 127 },
      ],
      skipped: 'mmc-unknown',
    });
  });
});

describe('channel messages', () => {
  test.each<[string, MidiMessage]>([
    ['903c40', { kind: 'noteOn', channel: 1, note: 60, velocity: 64 }],
    ['8f3c00', { kind: 'noteOff', channel: 16, note: 60, velocity: 0 }],
    ['b0407f', { kind: 'controlChange', channel: 1, controller: 64, value: 127 }],
    ['c97f', { kind: 'programChange', channel: 10, program: 127 }],
    ['d005', { kind: 'aftertouch', channel: 1, pressure: 5 }],
    ['a03c05', { kind: 'aftertouch', channel: 1, note: 60, pressure: 5 }],
    ['e00000', { kind: 'pitchBend', channel: 1, value: -8192 }],
    ['e00040', { kind: 'pitchBend', channel: 1, value: 0 }],
    ['e07f7f', { kind: 'pitchBend', channel: 1, value: 8191 }],
  ])('%s, both ways', (hex, message) => {
    expect(decodeMessage(bytesOf(hex))).toEqual({ messages: [message] });
    expect(hexOf(encodeMessage(message))).toBe(hex);
  });

  test('a note-on with velocity 0 is a note-off', () => {
    expect(decodeMessage(bytes(0x90, 60, 0)).messages).toEqual([
      { kind: 'noteOff', channel: 1, note: 60, velocity: 0 },
    ]);
  });

  test.each<[string, MidiMessage]>([
    ['channel must be a whole number from 1 to 16, not 17', { kind: 'programChange', channel: 17, program: 0 }],
    ['channel must be a whole number from 1 to 16, not 0', { kind: 'programChange', channel: 0, program: 0 }],
    ['note must be a whole number from 0 to 127, not 200', { kind: 'noteOn', channel: 1, note: 200, velocity: 1 }],
    ['velocity must be a whole number from 1 to 127, not 0', { kind: 'noteOn', channel: 1, note: 1, velocity: 0 }],
    [
      'value must be a whole number from 0 to 127, not 300',
      { kind: 'controlChange', channel: 1, controller: 1, value: 300 },
    ],
    ['program must be a whole number from 0 to 127, not 1.5', { kind: 'programChange', channel: 1, program: 1.5 }],
    ['value must be a whole number from -8192 to 8191, not 8192', { kind: 'pitchBend', channel: 1, value: 8192 }],
    [
      'pressure must be a whole number from 0 to 127, not NaN',
      { kind: 'aftertouch', channel: 1, pressure: Number.NaN },
    ],
  ])('%s', (words, message) => {
    expect(() => encodeMessage(message)).toThrow(expect.objectContaining({ code: 'CODEC_MALFORMED', message: words }));
  });
});

describe('machine control', () => {
  test.each<[string, MidiMessage]>([
    ['f07f7f0601f7', { kind: 'mmc', command: 'stop', deviceId: 127 }],
    ['f07f010602f7', { kind: 'mmc', command: 'play', deviceId: 1 }],
    ['f07f7f060df7', { kind: 'mmc', command: 'reset', deviceId: 127 }],
    [
      'f07f7f064406012102030400f7',
      {
        kind: 'mmc',
        command: 'locate',
        deviceId: 127,
        time: { rate: '25', hours: 1, minutes: 2, seconds: 3, frames: 4 },
      },
    ],
  ])('%s, both ways', (hex, message) => {
    expect(decodeMessage(bytesOf(hex))).toEqual({ messages: [message] });
    expect(hexOf(encodeMessage(message))).toBe(hex);
  });

  test('a message that is cut off in one of its commands does none of them', () => {
    // A locate of six bytes, of which five are there: the sixth would be the end of the message.
    const cutOff = decodeMessage(bytesOf('F0 7F 7F 06 02 44 06 01 21 02 03 04 F7'));
    expect(cutOff).toEqual({ messages: [], skipped: 'mmc-malformed' });
  });

  test('several commands in one message are several inputs, in order', () => {
    const { messages } = decodeMessage(bytesOf('F0 7F 7F 06 01 44 06 01 21 02 03 04 00 02 F7'));
    expect(messages.map((message) => message.kind === 'mmc' && message.command)).toEqual(['stop', 'locate', 'play']);
  });
});

describe('time code', () => {
  test.each(MTC)('$what: full frame and quarter frames, both ways', ({ timecode, full, quarters }) => {
    expect(decodeMessage(bytesOf(full))).toEqual({ messages: [{ kind: 'mtcFull', timecode }] });
    expect(hexOf(encodeMessage({ kind: 'mtcFull', timecode }))).toBe(hexOf(bytesOf(full)));
    for (const [n, byte] of bytesOf(quarters).entries()) {
      const message: MidiMessage = { kind: 'mtcQuarter', piece: n, nibble: byte & 15 };
      expect(decodeMessage(bytes(0xf1, byte))).toEqual({ messages: [message] });
      expect(encodeMessage(message)).toEqual(bytes(0xf1, byte));
    }
  });
});
