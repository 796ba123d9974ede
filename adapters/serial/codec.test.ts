import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CUT_MS,
  decodeLine,
  encodeText,
  Framer,
  type Framing,
  framingOf,
  parseDelimiter,
  problemOfText,
} from './codec.js';
import { compileMatch, groupsOf, matches } from './patterns.js';

const lines = (delimiter = '\n', lineBytesMax = 1024): Framing => framingOf({ delimiter, lineBytesMax });
const usual = framingOf({ lineBytesMax: 1024 });
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const texts = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString('latin1'));
/** All frames of a stream that comes in these pieces, 1 ms apart. */
const cut = (framing: Framing, ...pieces: string[]): string[] => {
  const framer = new Framer(framing);
  return pieces.flatMap((piece, n) => texts(framer.push(bytes(piece), n)));
};

describe('lines', () => {
  test.each([
    ['\\n', 'GO\nBACK\n', ['GO', 'BACK']],
    ['\\r\\n', 'GO\r\nB\rA\nC\r\n', ['GO', 'B\rA\nC']],
    ['\\x03', '\x02GO\x03\x02STOP\x03', ['\x02GO', '\x02STOP']],
    ['--', 'a-b--c---', ['a-b', 'c']],
    ['aab', 'xaaaab.aab', ['xaa', '.']],
  ])('cut at %s are the same at every split point', (delimiter, stream, expected) => {
    for (let at = 0; at <= stream.length; at++) {
      expect(cut(lines(delimiter), stream.slice(0, at), stream.slice(at))).toEqual(expected);
    }
    expect(cut(lines(delimiter), ...stream)).toEqual(expected);
  });

  test('a return before the newline is cut, unless the delimiter was chosen otherwise', () => {
    expect(cut(usual, 'GO\r\n', 'GO\n', '\r\n', '\n', 'A\rB\r\n')).toEqual(['GO', 'GO', 'A\rB']);
    expect(cut(lines('\\r'), 'GO\rGO\r')).toEqual(['GO', 'GO']);
  });

  test('a line that is too long is dropped and counted once, and the next one works, wherever the stream is split', () => {
    const stream = `${'x'.repeat(9)}\n${'y'.repeat(8)}\r\n${'z'.repeat(200)}\nGO\n`;
    for (let at = 0; at <= stream.length; at++) {
      const framer = new Framer(framingOf({ lineBytesMax: 8 }));
      const frames = [stream.slice(0, at), stream.slice(at)].flatMap((piece) => texts(framer.push(bytes(piece), 0)));
      expect(frames).toEqual(['yyyyyyyy', 'GO']);
      expect(framer.dropped).toEqual({ oversize: 2, partial: 0 });
    }
  });
});

describe('frames of a fixed length', () => {
  test('come whole at every split point', () => {
    for (let at = 0; at <= 6; at++) {
      const stream = 'abcdef';
      expect(cut(framingOf({ frameBytes: 3, lineBytesMax: 1024 }), stream.slice(0, at), stream.slice(at))).toEqual([
        'abc',
        'def',
      ]);
    }
  });

  test('a lost byte costs one frame only: after a pause a new one begins', () => {
    const framer = new Framer(framingOf({ frameBytes: 3, idleMs: 50, lineBytesMax: 1024 }));
    expect(framer.push(bytes('ab'), 0)).toEqual([]);
    expect(texts(framer.push(bytes('cde'), 49))).toEqual(['abc']);
    expect(texts(framer.push(bytes('xyz'), 99))).toEqual(['xyz']);
    expect(framer.dropped.partial).toBe(1);
  });
});

describe('a port that is opened in the middle of a frame', () => {
  test.each([0, 1, 2])('of three bytes, after %i of them, makes no frame of two halves', (at) => {
    const framer = new Framer(framingOf({ frameBytes: 3, lineBytesMax: 1024 }), 0);
    expect(framer.push(bytes('abc'.slice(at)), 0)).toEqual([]);
    expect(framer.push(bytes('defghi'), 1)).toEqual([]);
    expect(texts(framer.push(bytes('xyz'), 1 + CUT_MS))).toEqual(['xyz']);
    expect(framer.dropped.partial).toBe(1);
  });

  test('whatever was said before it and in whatever pieces it comes, no line is made of the end of another', () => {
    const text = fc.string({ unit: fc.constantFrom('N', 'O', 'G', '\0', '\r', '\xff'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(4), { maxLength: 40 }),
        (said, sizes) => {
          const stream = said.map((line) => `${line}\n`).join('');
          const framer = new Framer(usual, 0);
          const frames: string[] = [];
          for (let at = 0, n = 0; at < stream.length; n += 1) {
            const size = (sizes[n] ?? 4) + 1;
            frames.push(...texts(framer.push(bytes(stream.slice(at, at + size)), 0)));
            at += size;
          }
          const whole = said.slice(1).map((line) => line.replace(/\r$/, ''));
          expect(frames).toEqual(whole.filter((line) => line !== ''));
        },
      ),
    );
  });
});

test('noise beside a line is left out, and in latin1 ÿ is a letter', () => {
  const frame = Uint8Array.of(0xff, 0x11, 0x47, 0x4f, 0x13, 0x00, 0xff);
  expect(decodeLine(frame, 'utf8')).toBe('GO');
  expect(decodeLine(frame, 'latin1')).toBe('ÿ\x11GO\x13\0ÿ');
  expect(decodeLine(frame, 'hex')).toBe('ff11474f1300ff');
  expect(decodeLine(Uint8Array.of(0x47, 0, 0x4f), 'utf8')).toBe('G\0O');
});

describe('frames that a silence ends', () => {
  test('wait for it, and hold on while bytes come', () => {
    const framer = new Framer(framingOf({ idleMs: 20, lineBytesMax: 1024 }));
    expect(framer.idleAtMs).toBeUndefined();
    framer.push(bytes('G'), 0);
    framer.push(bytes('O'), 15);
    expect(framer.idleAtMs).toBe(35);
    expect(framer.endIdle(34)).toEqual([]);
    expect(texts(framer.endIdle(35))).toEqual(['GO']);
    expect(framer.idleAtMs).toBeUndefined();
  });

  test('a late look finds the same frames', () => {
    const framer = new Framer(framingOf({ idleMs: 20, lineBytesMax: 4 }));
    framer.push(bytes('GO'), 0);
    expect(texts(framer.push(bytes('toolong'), 100))).toEqual(['GO']);
    expect(framer.endIdle(200)).toEqual([]);
    expect(framer.dropped.oversize).toBe(1);
    framer.push(bytes('GO'), 300);
    expect(texts(framer.endIdle(320))).toEqual(['GO']);
  });
});

describe('a delimiter', () => {
  test('is what its escapes say', () => {
    expect([...parseDelimiter(String.raw`\r\n`)]).toEqual([13, 10]);
    expect([...parseDelimiter(String.raw`\x1b\t\0\\`)]).toEqual([0x1b, 9, 0, 0x5c]);
    expect([...parseDelimiter('\n')]).toEqual([10]);
    expect([...parseDelimiter('é')]).toEqual([0xc3, 0xa9]);
  });

  test.each(['', '\\', '\\q', '\\x1', 'ninebytes'])('%j is refused', (text) => {
    expect(() => parseDelimiter(text)).toThrow(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
  });
});

describe('a command', () => {
  const options = { encoding: 'utf8', framing: usual } as const;
  test('is its line and the delimiter, or its bytes and nothing more', () => {
    expect(encodeText({ line: 'LED 1' }, options).toString()).toBe('LED 1\n');
    expect(encodeText({ bytes: '02 31 FF' }, options)).toEqual(Buffer.from([2, 0x31, 255]));
    expect(encodeText({ line: '4f 4B' }, { ...options, encoding: 'hex' }).toString()).toBe('OK\n');
    expect(encodeText({ line: 'ä' }, { ...options, encoding: 'latin1' })).toEqual(Buffer.from([0xe4, 10]));
    const framing = framingOf({ frameBytes: 2, lineBytesMax: 10 });
    expect(encodeText({ line: 'OK' }, { ...options, framing }).toString()).toBe('OK');
  });

  test('that could be taken for two, or cannot be written, is refused', () => {
    const malformed = expect.objectContaining({ code: 'CODEC_MALFORMED' });
    expect(() => encodeText({ line: 'GO\nGO' }, options)).toThrow(malformed);
    expect(() => encodeText({ line: '€' }, { ...options, encoding: 'latin1' })).toThrow(malformed);
    expect(() => encodeText({ line: 'GO' }, { ...options, encoding: 'hex' })).toThrow(malformed);
    for (const command of [
      {},
      { line: 'a', bytes: '00' },
      { bytes: '0' },
      { bytes: 'zz' },
      { bytes: '' },
      { line: 5 },
    ]) {
      expect(problemOfText(command)).toBeDefined();
      expect(() => encodeText(command, options)).toThrow(malformed);
    }
  });
});

describe('a rule', () => {
  const input = (line: string, ...sources: string[]) => ({
    line,
    bytes: Buffer.from(line).toString('hex'),
    ...groupsOf(line, sources.map(compileMatch)),
  });

  test('fits by the whole line, its beginning, its bytes or an expression', () => {
    expect(matches({ line: 'GO' }, input('GO'))).toBe(true);
    expect(matches({ line: 'GO' }, input('GO!'))).toBe(false);
    expect(matches({ line: 'GO' }, input('go'))).toBe(false);
    expect(matches({ prefix: 'CUE ' }, input('CUE 12'))).toBe(true);
    expect(matches({ prefix: 'CUE ' }, input('CUE'))).toBe(false);
    expect(matches({ bytes: '47 4F' }, input('GO'))).toBe(true);
    expect(matches({ bytes: '47' }, input('GO'))).toBe(false);
    expect(matches({}, input('GO'))).toBe(false);
  });

  test('an expression gives its groups, and a line belongs to the first one that it fits', () => {
    const sources = [String.raw`^CUE (\d+)(?:\.(?<point>\d+))?$`, '^CUE'];
    const cue = input('CUE 12.5', ...sources);
    expect(cue).toMatchObject({ match: sources[0], groups: { 0: '12', 1: '5', point: '5' } });
    expect(sources.map((match) => matches({ match }, cue))).toEqual([true, false]);
    expect(input('CUE 12', ...sources)).toHaveProperty('groups', { 0: '12' });
    expect(sources.map((match) => matches({ match }, input('CUE X', ...sources)))).toEqual([false, true]);
    expect(input(`CUE ${'1'.repeat(128)}`, ...sources)).not.toHaveProperty('match');
  });

  test.each(['(a+)+$', '(a|a)*b', '(?:x*y?)+', '((a)+){2,}', String.raw`(\w)\1`, '(', '.*.*.*.*', '[', 'a?'.repeat(9)])(
    'the expression %s is not taken',
    (source) => {
      expect(compileMatch(source)).toHaveProperty('problem');
    },
  );

  test.each([String.raw`^CUE (\d+)$`, '(GO|BACK)', '(ab){3}', '[(+*]+', String.raw`\(a+\)+`, '(?<n>[0-9]{1,4})', 'a{'])(
    'the expression %s is taken',
    (source) => {
      expect(compileMatch(source)).toHaveProperty('expression');
    },
  );
});
