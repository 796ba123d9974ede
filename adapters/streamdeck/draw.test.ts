import { decode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { type Colour, DARK, draw, type Look, spread, unwritable } from './draw.js';
import { encodeJpeg } from './jpeg.js';

const GO: Look = { kind: 'lit', colour: 'green', heading: 'GO', big: '12', small: 'Blackout' };

/** Rows and columns that hold something darker than the ground of a lit green button. */
function inked(pixels: Uint8Array, width: number, fromRow = 0, toRow = pixels.length / width / 3) {
  const columns = new Set<number>();
  const rows = new Set<number>();
  for (let i = fromRow * width; i < toRow * width; i++) {
    if ((pixels[i * 3 + 1] ?? 0) > 100) continue;
    columns.add(i % width);
    rows.add(Math.floor(i / width));
  }
  return { left: Math.min(...columns), right: Math.max(...columns), top: Math.min(...rows), bottom: Math.max(...rows) };
}

describe.each([72, 80, 96, 112, 120, 160])('a button of %i pixels', (size) => {
  test('has its number as large as a third of it, in the middle, and everything inside', () => {
    const pixels = draw({ ...GO, small: '' }, size, size);
    const all = inked(pixels, size);
    expect(all.left).toBeGreaterThanOrEqual(2);
    expect(all.right).toBeLessThan(size - 2);
    const number = inked(pixels, size, Math.round(size * 0.32));
    expect(number.bottom - number.top).toBeGreaterThan(size / 3);
    expect(Math.abs((number.left + number.right) / 2 - size / 2)).toBeLessThan(size * 0.04);
  });

  test('a long number becomes smaller, never cut', () => {
    const { left, right } = inked(draw({ ...GO, big: '1001.25.75B' }, size, size), size);
    expect(left).toBeGreaterThanOrEqual(2);
    expect(right).toBeLessThan(size - 2);
  });
});

describe('letters', () => {
  test('different numbers look different, the same look is the same bytes', () => {
    const looks = Array.from({ length: 200 }, (_, n) => Buffer.from(draw({ ...GO, big: String(n) }, 72, 72)));
    expect(new Set(looks.map((pixels) => pixels.toString('latin1'))).size).toBe(200);
    expect(draw(GO, 72, 72)).toEqual(draw(GO, 72, 72));
  });

  test('are written in Latin, Greek and Cyrillic; the rest is a box, and said', () => {
    expect(unwritable('GO Ärger Říše Ștefan Œuvre ÇA „ß“ Ω Бюро Їжак – … →\n')).toEqual(['→']);
    expect(unwritable('日本')).toEqual(['日', '本']);
    expect(draw({ ...GO, big: '日' }, 72, 72)).not.toEqual(draw({ ...GO, big: ' ' }, 72, 72));
  });

  test('a label that is too long is cut with dots, and the number keeps its size', () => {
    const short = inked(draw(GO, 72, 72), 72, 24, 52);
    const long = inked(draw({ ...GO, small: 'Blackout and the long way home' }, 72, 72), 72, 24, 52);
    expect(long).toEqual(short);
  });

  test('nothing that a show may say makes it throw', () => {
    for (const text of ['', ' ', '\n\n\n\n', '\u{1f600}', 'a'.repeat(64), `${'a '.repeat(32)}`, '\u0000']) {
      for (const kind of ['lit', 'frame', 'plain'] as const) {
        expect(draw({ kind, colour: 'red', heading: text, big: text, small: text }, 72, 72)).toHaveLength(72 * 72 * 3);
      }
    }
  });
});

test('letters stand out: every colour has a contrast of more than 4.5 to 1', () => {
  const luminance = (r: number, g: number, b: number) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (x ?? 0) + 0.7152 * (y ?? 0) + 0.0722 * (z ?? 0);
  };
  for (const colour of ['white', 'grey', 'red', 'amber', 'green', 'blue'] as Colour[]) {
    for (const kind of ['lit', 'plain'] as const) {
      const pixels = draw({ kind, colour, big: 'III' }, 96, 96);
      const shades = Array.from({ length: 96 * 96 }, (_, i) =>
        luminance(pixels[i * 3] ?? 0, pixels[i * 3 + 1] ?? 0, pixels[i * 3 + 2] ?? 0),
      );
      const contrast = (Math.max(...shades) + 0.05) / (Math.min(...shades) + 0.05);
      expect(contrast, `${kind} ${colour}`).toBeGreaterThan(4.5);
    }
  }
});

test('a strip shows its parts side by side, over its whole width', () => {
  const pixels = spread([GO, DARK, { ...GO, colour: 'red' }], 800, 100);
  const at = (x: number) => [...pixels.subarray((5 * 800 + x) * 3, (5 * 800 + x) * 3 + 3)];
  expect([at(3), at(400), at(796)]).toEqual([
    [0, 190, 70],
    [0, 0, 0],
    [205, 0, 0],
  ]);
});

describe('a JPEG of ours', () => {
  const rgba = (pixels: Uint8Array) =>
    Uint8Array.from({ length: (pixels.length / 3) * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : (pixels[(i >> 2) * 3 + (i % 4)] ?? 0),
    );

  test.each([
    [72, 72],
    [96, 96],
    [120, 120],
    [144, 112],
    [248, 58],
    [800, 100],
    [1, 1],
    [17, 9],
  ])('of %i by %i pixels is read by another decoder, with the same picture', (width, height) => {
    const pixels = width > 20 ? draw(GO, width, height) : new Uint8Array(width * height * 3).fill(200);
    const { data, ...size } = decode(Buffer.from(encodeJpeg(rgba(pixels), width, height)), { useTArray: true });
    expect(size).toMatchObject({ width, height });
    const off = data.reduce(
      (sum, value, i) => sum + (i % 4 === 3 ? 0 : Math.abs(value - (pixels[(i >> 2) * 3 + (i % 4)] ?? 0))),
      0,
    );
    expect(off / pixels.length).toBeLessThan(3);
  });

  test('survives pictures that are nothing but noise', () => {
    let seed = 1;
    const noise = Uint8Array.from({ length: 40 * 40 * 3 }, () => {
      seed = (seed * 16807) % 2147483647;
      return seed & 255;
    });
    const { data } = decode(Buffer.from(encodeJpeg(rgba(noise), 40, 40)), { useTArray: true });
    const off = noise.reduce(
      (sum, value, i) => sum + Math.abs(value - (data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0)),
      0,
    );
    expect(off / noise.length).toBeLessThan(12);
  });
});
