import { expect, test } from 'vitest';
import { frameAll, frameLines, frameText } from './frame.js';

/** Reads unmasked text frames as RFC 6455, section 5.2 says. */
function textsOf(frames: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length; ) {
    expect(frames[at]).toBe(0x81);
    const short = frames[at + 1] ?? 0;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    const length =
      short === 126 ? frames.readUInt16BE(at + 2) : short === 127 ? Number(frames.readBigUInt64BE(at + 2)) : short;
    if (head === 4) expect(length).toBeGreaterThan(125);
    if (head === 10) expect(length).toBeGreaterThan(65_535);
    texts.push(frames.toString('utf8', at + head, at + head + length));
    at += head + length;
  }
  return texts;
}

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 70_000];
const TEXTS = LENGTHS.map((length) => 'x'.repeat(length));

test.each(LENGTHS)('a text of %i bytes is one frame with the shortest head', (length) => {
  expect(textsOf(frameText('x'.repeat(length)))).toEqual(['x'.repeat(length)]);
  expect(frameText(Buffer.alloc(length, 'x'))).toEqual(frameText('x'.repeat(length)));
});

test('a length is counted in bytes, not in letters', () => {
  expect(textsOf(frameText('für Ägypten 🎭'.repeat(20)))).toEqual(['für Ägypten 🎭'.repeat(20)]);
});

test('several texts are several frames in one buffer', () => {
  expect(textsOf(frameAll(TEXTS.map((text) => Buffer.from(text))))).toEqual(TEXTS);
});

test.each([1, 100, 70_000, 1_000_000])('lines become frames, one a line, in pieces of about %i bytes', (chunkBytes) => {
  const lines = Buffer.from(TEXTS.map((text) => `${text}\n`).join(''));
  const pieces = [...frameLines(lines, chunkBytes)];
  expect(pieces.flatMap(({ frames }) => textsOf(frames))).toEqual(TEXTS);
  for (const { frames, count } of pieces) {
    expect(textsOf(frames)).toHaveLength(count);
    expect(frames.length).toBeLessThan(chunkBytes + 70_011);
  }
});
