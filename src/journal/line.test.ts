import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entries, entryOf } from '../../test/support/journal-rig.js';
import { cutCrcs, LineBuffer, readLine, skipLines } from './line.js';

test('a line is JSON with its crc as the last member, and the JSON is had back to the byte', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 20 }), (texts) => {
      const buffer = new LineBuffer(64);
      const jsons = texts.map((text, i) => entryOf(i + 1, text).json);
      const lengths = jsons.map((json) => buffer.add(json));
      const lines = buffer.view();
      expect(lines.length).toBe(lengths.reduce((sum, length) => sum + length, 0));
      let at = 0;
      for (const [i, json] of jsons.entries()) {
        const end = at + (lengths[i] as number) - 1;
        const line = lines.toString('utf8', at, end);
        expect(JSON.parse(line)).toEqual({
          ...JSON.parse(json.toString()),
          crc: crc32(json).toString(16).padStart(8, '0'),
        });
        expect(readLine(lines, at, end)).toBe(json.toString());
        expect(lines.toString('utf8', at, end)).toBe(line);
        at = end + 1;
      }
      const copy = Buffer.from(lines);
      expect(skipLines(copy, 1)).toBe(lengths[0]);
      expect(copy.subarray(0, cutCrcs(copy)).toString()).toBe(jsons.map((json) => `${json}\n`).join(''));
    }),
  );
});

test('a changed byte anywhere in a line is seen', () => {
  const buffer = new LineBuffer();
  const end = buffer.add(entryOf(7, 'ünïcode 🎭').json) - 1;
  const line = buffer.view();
  for (let at = 0; at < end; at += 1) {
    for (const flip of [1, 0x20, 0x80, 0xff]) {
      const bad = Buffer.from(line);
      bad[at] = (bad[at] as number) ^ flip;
      expect(readLine(bad, 0, end), `byte ${at} ^ ${flip}`).toBeUndefined();
    }
  }
});

test('what is no JSON object on one line never gets into the log', () => {
  const buffer = new LineBuffer();
  for (const text of ['', '{', '[]', '{"a":1}\n', '{\n}', 'x']) {
    expect(() => buffer.add(Buffer.from(text))).toThrow('one JSON object on one line');
  }
  expect(buffer.length).toBe(0);
});

test('the memory of a large batch is given back', () => {
  const buffer = new LineBuffer(1024);
  for (const { json } of entries(1, 100)) buffer.add(json);
  const large = buffer.view().buffer.byteLength;
  buffer.clear();
  expect(large).toBeGreaterThan(10_000);
  expect(buffer.view().buffer.byteLength).toBe(1024);
});
