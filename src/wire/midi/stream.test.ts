import { describe, expect, test } from 'vitest';
import { MidiStream, SYSEX_BYTES_MAX } from './stream.js';

const hexOf = (messages: readonly Uint8Array[]): string[] =>
  messages.map((message) => Buffer.from(message).toString('hex'));

/** All messages of a stream, and what was dropped of it. */
function cut(...bytes: number[]): { messages: string[]; dropped: Record<string, number>; realtime: number } {
  const stream = new MidiStream();
  const messages = hexOf(stream.push(Uint8Array.from(bytes)));
  const dropped = Object.fromEntries(Object.entries(stream.dropped).filter(([, count]) => count > 0));
  return { messages, dropped, realtime: stream.realtime };
}

const GO = [0xf0, 0x7f, 0x01, 0x02, 0x01, 0x01, 0x31, 0xf7];

describe('a stream of MIDI bytes', () => {
  test('running status is written out', () => {
    expect(cut(0x90, 60, 1, 61, 2, 0xc3, 5, 6).messages).toEqual(['903c01', '903d02', 'c305', 'c306']);
  });

  test('real-time bytes stand in the midst of anything and change nothing', () => {
    const { messages, realtime } = cut(0x90, 0xf8, 60, 0xfe, 1, 0xf8, 61, 2, ...GO.slice(0, 3), 0xfa, ...GO.slice(3));
    expect(messages).toEqual(['903c01', '903d02', 'f07f0102010131f7']);
    expect(realtime).toBe(4);
  });

  test('system messages have their own lengths, and end running status', () => {
    expect(cut(0x90, 60, 1, 0xf2, 1, 2, 61, 2)).toEqual({
      messages: ['903c01', 'f20102'],
      dropped: { stray: 2 },
      realtime: 0,
    });
    expect(cut(0xf1, 0x21, 0xf3, 5, 0xf6).messages).toEqual(['f121', 'f305', 'f6']);
  });

  test('statuses without a meaning are dropped with their data', () => {
    expect(cut(0x90, 60, 1, 0xf4, 1, 2, 0xf5, 0xf9, 0xfd, 0x91, 2, 3)).toEqual({
      messages: ['903c01', '910203'],
      dropped: { undefined: 4, stray: 2 },
      realtime: 0,
    });
  });

  test('a message that another cuts off is dropped, the other works', () => {
    expect(cut(0x90, 60, 0xb0, 64, 127)).toEqual({ messages: ['b0407f'], dropped: { truncated: 1 }, realtime: 0 });
    expect(cut(...GO.slice(0, 5), ...GO)).toEqual({
      messages: ['f07f0102010131f7'],
      dropped: { truncated: 1 },
      realtime: 0,
    });
    expect(cut(...GO.slice(0, 5), 0x90, 60, 1).messages).toEqual(['903c01']);
    expect(cut(0x90, 60, 0xf7, 61, 1)).toEqual({ messages: [], dropped: { truncated: 1, stray: 2 }, realtime: 0 });
  });

  test('a status alone that a real-time byte follows is still waited for', () => {
    expect(cut(0x90, 0xf8, 0xf8, 60, 1).messages).toEqual(['903c01']);
  });

  test('the end of a SysEx that never began is nothing', () => {
    expect(cut(0xf7, 0x31, 0xf7)).toEqual({ messages: [], dropped: { stray: 3 }, realtime: 0 });
  });

  test('a SysEx over the limit is dropped as a whole; the next one works', () => {
    const long = (length: number) => [0xf0, ...new Array(length - 2).fill(0x31), 0xf7];
    expect(cut(...long(SYSEX_BYTES_MAX)).messages).toHaveLength(1);
    expect(cut(...long(SYSEX_BYTES_MAX + 1), ...GO)).toEqual({
      messages: ['f07f0102010131f7'],
      dropped: { oversize: 1 },
      realtime: 0,
    });
    expect(cut(...long(100_000), ...GO).messages).toHaveLength(1);
  });

  test('is cut the same at every point that it may be split at', () => {
    const all = [0x90, 60, 1, 61, 2, ...GO.slice(0, 4), 0xf8, ...GO.slice(4), 0xf4, 1, 0xf1, 5, 0xe0, 1, 2, 3, 0xf0, 1];
    const whole = cut(...all);
    for (let at = 0; at <= all.length; at++) {
      const stream = new MidiStream();
      const pieces = [all.slice(0, at), all.slice(at)].flatMap((piece) => stream.push(Uint8Array.from(piece)));
      expect(hexOf(pieces), `split at ${at}`).toEqual(whole.messages);
    }
    const bytewise = new MidiStream();
    expect(hexOf(all.flatMap((byte) => bytewise.push(Uint8Array.of(byte))))).toEqual(whole.messages);
  });

  test('what it hands out stays as it was', () => {
    const stream = new MidiStream();
    const [first] = stream.push(Uint8Array.of(0x90, 60, 1));
    stream.push(Uint8Array.of(0x91, 2, 3));
    expect(hexOf([first ?? Uint8Array.of()])).toEqual(['903c01']);
  });
});
