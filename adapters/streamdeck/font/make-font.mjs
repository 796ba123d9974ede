/**
 * Makes font-data.ts: the outlines of Roboto Condensed Bold as data, so that no machine needs fonts.
 *
 *     npm pack @fontsource/roboto-condensed && tar xzf fontsource-roboto-condensed-*.tgz
 *     node adapters/streamdeck/font/make-font.mjs package/files package/LICENSE > adapters/streamdeck/font/font-data.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

const [folder, licence] = process.argv.slice(2);
/** Units of an em in the data; the font's own 2048 are finer than any key can show. */
const EM = 512;
const PARTS = ['latin', 'latin-ext', 'greek', 'cyrillic', 'cyrillic-ext'];
const WANTED = [
  [0x20, 0x7e],
  [0xa1, 0x17f],
  [0x218, 0x21b],
  [0x386, 0x3ce],
  [0x401, 0x45f],
  [0x490, 0x491],
  [0x1e9e, 0x1e9e],
  [0x2013, 0x2026],
  [0x20ac, 0x20ac],
  [0x2190, 0x2193],
  [0x2212, 0x2212],
];

/** WOFF 1.0: a table of compressed parts of the TrueType font. */
function tablesOf(file) {
  const count = file.readUInt16BE(12);
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const at = 44 + i * 20;
      const [offset, packed, length] = [4, 8, 12].map((d) => file.readUInt32BE(at + d));
      const bytes = file.subarray(offset, offset + packed);
      return [file.toString('latin1', at, at + 4), packed < length ? inflateSync(bytes) : bytes];
    }),
  );
}

/** Character → glyph, from a cmap of format 4. */
function characters(cmap) {
  const found = new Map();
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const at = cmap.readUInt32BE(4 + i * 8 + 4);
    if (cmap.readUInt16BE(at) !== 4) continue;
    const segments = cmap.readUInt16BE(at + 6) / 2;
    for (let s = 0; s < segments; s++) {
      const end = cmap.readUInt16BE(at + 14 + s * 2);
      const startAt = at + 16 + segments * 2 + s * 2;
      const start = cmap.readUInt16BE(startAt);
      const delta = cmap.readUInt16BE(startAt + segments * 2);
      const rangeAt = startAt + segments * 4;
      const range = cmap.readUInt16BE(rangeAt);
      for (let code = start; code <= end && code < 0xffff; code++) {
        let glyph = code;
        if (range !== 0) glyph = cmap.readUInt16BE(rangeAt + range + (code - start) * 2);
        if (range === 0 || glyph !== 0) glyph = (glyph + delta) & 0xffff;
        if (glyph !== 0) found.set(code, glyph);
      }
    }
  }
  return found;
}

/** A glyph's contours as lists of { x, y, on } in the font's units. */
function contoursOf(tables, glyph) {
  const isLong = tables.head.readInt16BE(50) === 1;
  const place = (i) => (isLong ? tables.loca.readUInt32BE(i * 4) : tables.loca.readUInt16BE(i * 2) * 2);
  const [from, to] = [place(glyph), place(glyph + 1)];
  if (from === to) return [];
  const g = tables.glyf.subarray(from, to);
  const count = g.readInt16BE(0);
  if (count < 0) return partsOf(tables, g);
  const ends = Array.from({ length: count }, (_, i) => g.readUInt16BE(10 + i * 2));
  const points = (ends.at(-1) ?? -1) + 1;
  let at = 10 + count * 2;
  at += 2 + g.readUInt16BE(at);
  const flags = [];
  while (flags.length < points) {
    const flag = g[at++];
    flags.push(flag);
    if (flag & 8) for (let repeat = g[at++]; repeat > 0; repeat--) flags.push(flag);
  }
  const axis = (short, same) => {
    let value = 0;
    return flags.map((flag) => {
      if (flag & short) value += flag & same ? g[at++] : -g[at++];
      else if (!(flag & same)) {
        value += g.readInt16BE(at);
        at += 2;
      }
      return value;
    });
  };
  const xs = axis(2, 16);
  const ys = axis(4, 32);
  return ends.map((end, i) => {
    const start = i === 0 ? 0 : ends[i - 1] + 1;
    return Array.from({ length: end - start + 1 }, (_, n) => ({
      x: xs[start + n],
      y: ys[start + n],
      on: (flags[start + n] & 1) === 1,
    }));
  });
}

/** A composite glyph: a letter and its accent. */
function partsOf(tables, g) {
  const contours = [];
  for (let at = 10, more = true; more; ) {
    const flags = g.readUInt16BE(at);
    const part = g.readUInt16BE(at + 2);
    at += 4;
    const isWide = flags & 1;
    const [dx, dy] = isWide ? [g.readInt16BE(at), g.readInt16BE(at + 2)] : [g.readInt8(at), g.readInt8(at + 1)];
    at += isWide ? 4 : 2;
    let [a, b, c, d] = [1, 0, 0, 1];
    const fixed = () => {
      at += 2;
      return g.readInt16BE(at - 2) / 16384;
    };
    if (flags & 8) a = d = fixed();
    else if (flags & 64) [a, d] = [fixed(), fixed()];
    else if (flags & 128) [a, b, c, d] = [fixed(), fixed(), fixed(), fixed()];
    for (const contour of contoursOf(tables, part)) {
      contours.push(contour.map(({ x, y, on }) => ({ x: a * x + c * y + dx, y: b * x + d * y + dy, on })));
    }
    more = (flags & 32) !== 0;
  }
  return contours;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** A signed number as in source maps: five bits a character, the sign in the lowest. */
function vlq(value) {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

function line(tables, glyph) {
  const scale = EM / tables.head.readUInt16BE(18);
  const metrics = tables.hhea.readUInt16BE(34);
  const advance = Math.round(tables.hmtx.readUInt16BE(Math.min(glyph, metrics - 1) * 4) * scale);
  let [x, y] = [0, 0];
  const contours = contoursOf(tables, glyph).map((points) =>
    points
      .map((point) => {
        const next = { x: Math.round(point.x * scale), y: Math.round(point.y * scale) };
        const text = vlq((next.x - x) * 2 + (point.on ? 1 : 0)) + vlq(next.y - y);
        [x, y] = [next.x, next.y];
        return text;
      })
      .join(''),
  );
  return [advance, ...contours].join(' ');
}

const glyphs = new Map();
let capHeight = 0;
for (const part of PARTS) {
  const tables = tablesOf(readFileSync(join(folder, `roboto-condensed-${part}-700-normal.woff`)));
  const known = characters(tables.cmap);
  if (part === 'latin') {
    glyphs.set('missing', line(tables, 0));
    capHeight = Math.round((tables['OS/2'].readInt16BE(88) * EM) / tables.head.readUInt16BE(18));
  }
  for (const [from, to] of WANTED) {
    for (let code = from; code <= to; code++) {
      const glyph = known.get(code);
      const name = String.fromCodePoint(code);
      if (glyph !== undefined && !glyphs.has(name)) glyphs.set(name, line(tables, glyph));
    }
  }
}

const words = readFileSync(licence, 'utf8')
  .trim()
  .split(/\r?\n/)
  .map((text) => ` * ${text}`.trimEnd());
console.log(`/**
 * Outlines of Roboto Condensed Bold, made by make-font.mjs from @fontsource/roboto-condensed. This file alone is under
 * the licence that follows.
 *
${words.join('\n').replaceAll('*/', '* /')}
 */

/** Units of an em. */
export const EM = ${EM};
/** The height of a capital and of a digit, in units of the em. */
export const CAP_HEIGHT = ${capHeight};

/**
 * For each character its advance and its contours, separated by spaces. A contour is a row of points, each the step from
 * the one before in x (doubled, plus one when the point is on the curve) and y, as numbers of a source map. Two points
 * off the curve have one on it half-way between them, as in TrueType.
 */
export const GLYPHS: Readonly<Record<string, string>> = {
${[...glyphs].map(([name, data]) => `  ${JSON.stringify(name)}: '${data}',`).join('\n')}
};`);
