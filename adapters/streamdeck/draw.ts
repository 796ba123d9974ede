/** What a key shows → its pixels. Pure: the same look gives the same bytes on every machine. */
import { Canvas, canWrite, type Rgb, widthOf } from './font/raster.js';

/** Which colour, in the words of the bridge file. */
export type Colour = 'white' | 'grey' | 'red' | 'amber' | 'green' | 'blue';

/** What a key shows. */
export interface Look {
  /** lit: the whole key shines. frame: dark, with a frame of its colour. plain: dark. */
  kind: 'lit' | 'frame' | 'plain';
  colour: Colour;
  /** What it is, small, at the top. */
  heading?: string;
  /** What it is about, as large as it fits: a number, or a few words. */
  big?: string;
  /** One line below; without a heading two where it is long. */
  small?: string;
}

/** A key that shows nothing. */
export const DARK: Look = { kind: 'plain', colour: 'grey' };

/** Bright fields carry black letters: the most contrast, and green and amber stay what they are. */
const LIT: Readonly<Record<Colour, { back: Rgb; ink: Rgb }>> = {
  white: { back: [225, 225, 225], ink: [0, 0, 0] },
  grey: { back: [70, 70, 70], ink: [255, 255, 255] },
  red: { back: [205, 0, 0], ink: [255, 255, 255] },
  amber: { back: [255, 165, 0], ink: [0, 0, 0] },
  green: { back: [0, 190, 70], ink: [0, 0, 0] },
  blue: { back: [0, 80, 200], ink: [255, 255, 255] },
};
const INK: Readonly<Record<Colour, Rgb>> = {
  white: [240, 240, 240],
  grey: [150, 150, 150],
  red: [255, 80, 70],
  amber: [255, 175, 30],
  green: [60, 220, 110],
  blue: [110, 170, 255],
};
const BLACK: Rgb = [0, 0, 0];

/** Parts of the key's height. */
const MARGIN = 0.06;
const HEADING = 0.15;
const SMALL = 0.13;
const BIG_MOST = 0.46;
const WORD_MOST = 0.3;
const GAP = 0.07;
const FRAME = 0.035;

/** @returns the key's pixels: red, green, blue, row by row from the top left. */
export function draw(look: Look, width: number, height: number): Uint8Array {
  const { kind, colour } = look;
  const { back, ink } = kind === 'lit' ? LIT[colour] : { back: BLACK, ink: INK[colour] };
  const canvas = new Canvas(width, height, back);
  if (kind === 'frame') {
    const line = Math.max(2, Math.round(height * FRAME));
    canvas.fill(0, 0, width, height, ink);
    canvas.fill(line, line, width - 2 * line, height - 2 * line, BLACK);
  }
  const text = { canvas, ink, width: width * (1 - 2 * MARGIN) - (kind === 'frame' ? width * FRAME * 2 : 0) };
  let top = height * (MARGIN + 0.04);
  let bottom = height * (1 - MARGIN - 0.03);
  const { heading, big, small } = look;
  if (heading) {
    writeRow(text, heading, top, height * HEADING);
    top += height * (HEADING + GAP);
  }
  if (small) {
    const capHeight = height * SMALL;
    // Under a heading the number keeps its size, whatever the cue is called.
    const rows = wrapped(small, capHeight, text.width, heading ? 1 : 2);
    const rowHeight = capHeight * 1.45;
    // A single line leaves its room to what is large.
    let rowTop = bottom - capHeight * 0.15 - capHeight - (rows.length - 1) * rowHeight;
    bottom = rowTop - height * GAP;
    for (const row of rows) {
      writeRow(text, row, rowTop, capHeight);
      rowTop += rowHeight;
    }
  }
  if (big) writeBig(text, big, top, bottom, height);
  return canvas.pixels;
}

interface Text {
  canvas: Canvas;
  ink: Rgb;
  /** What a row may be wide, in pixels. */
  width: number;
}

/** One row in the middle, smaller where it would not fit. @param top  of its capitals. */
function writeRow({ canvas, ink, width }: Text, row: string, top: number, capHeight: number): void {
  const fitting = Math.min(1, width / widthOf(row, capHeight));
  const used = capHeight * fitting;
  const left = (canvas.width - widthOf(row, used)) / 2;
  canvas.write(row, left, top + used + (capHeight - used) / 2, used, ink);
}

/** In the middle of the room, in the number of rows in which it becomes largest. */
function writeBig(text: Text, big: string, top: number, bottom: number, height: number): void {
  const room = bottom - top;
  const most = height * (/\p{L}{2}/u.test(big) ? WORD_MOST : BIG_MOST);
  let best: { rows: readonly string[]; capHeight: number } = { rows: [], capHeight: 0 };
  for (const rows of layouts(big)) {
    const widest = Math.max(...rows.map((row) => widthOf(row, 1)));
    const tall = rows.length + (rows.length - 1) * 0.4;
    const capHeight = Math.min(most, text.width / widest, room / tall);
    if (capHeight > best.capHeight * 1.05) best = { rows, capHeight };
  }
  const { rows, capHeight } = best;
  let rowTop = top + (room - capHeight * (rows.length * 1.4 - 0.4)) / 2;
  for (const row of rows) {
    writeRow(text, row, rowTop, capHeight);
    rowTop += capHeight * 1.4;
  }
}

/** The ways of breaking words into at most three rows; a line break in the text is kept. */
function layouts(text: string): string[][] {
  const given = text.split('\n').slice(0, 3);
  if (given.length > 1) return [given];
  const words = text.split(' ').filter(Boolean);
  const ways: string[][] = [[text]];
  for (let one = 1; one < words.length; one++) {
    ways.push([words.slice(0, one).join(' '), words.slice(one).join(' ')]);
    for (let two = one + 1; two < words.length; two++) {
      ways.push([words.slice(0, one), words.slice(one, two), words.slice(two)].map((row) => row.join(' ')));
    }
  }
  return ways;
}

/** Words in rows; what is too much for the last one is cut. */
function wrapped(text: string, capHeight: number, width: number, rowsMax: number): string[] {
  const words = text.split(/\s+/).filter(Boolean);
  const rows: string[] = [];
  while (words.length > 0) {
    let count = rows.length === rowsMax - 1 ? words.length : 1;
    while (count < words.length && widthOf(words.slice(0, count + 1).join(' '), capHeight) <= width) count += 1;
    rows.push(cut(words.splice(0, count).join(' '), capHeight, width));
  }
  return rows;
}

/** The smallest that a row may become before it is cut instead, and says so by three dots. */
const SQUEEZE = 0.85;

function cut(row: string, capHeight: number, width: number): string {
  if (widthOf(row, capHeight * SQUEEZE) <= width) return row;
  const letters = [...row];
  while (letters.length > 1 && widthOf(`${letters.join('').trimEnd()}…`, capHeight) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** For a display that cannot write a text: the characters that are shown as boxes. */
export const unwritable = (text: string): string[] =>
  [...new Set(text)].filter((each) => each !== '\n' && !canWrite(each));

/** Several looks side by side, each as wide as the others. @returns pixels as `draw` does. */
export function spread(looks: readonly Look[], width: number, height: number): Uint8Array {
  const whole = new Canvas(width, height, BLACK);
  looks.forEach((look, i) => {
    const left = Math.round((i * width) / looks.length);
    const part = Math.round(((i + 1) * width) / looks.length) - left;
    const pixels = draw(look, part, height);
    for (let y = 0; y < height; y++) {
      whole.pixels.set(pixels.subarray(y * part * 3, (y + 1) * part * 3), (y * width + left) * 3);
    }
  });
  return whole.pixels;
}
