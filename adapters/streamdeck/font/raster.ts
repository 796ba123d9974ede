/** Text → pixels, with no font on the machine and no native code. Pure. */
import { CAP_HEIGHT, GLYPHS } from './font-data.js';

/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

interface Glyph {
  /** To the next character, in em units. */
  advance: number;
  /** Quadratic curves as x, y pairs in em units, y upwards: start, control, end. A straight line has its control half-way. */
  curves: readonly number[];
}

const decoded = new Map<string, Glyph>();
const CODES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The numbers of a source map's mapping. */
function numbersOf(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const code of text) {
    const digit = CODES.indexOf(code);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

interface Point {
  x: number;
  y: number;
  isOn: boolean;
}

const between = (one: Point, other: Point): Point => ({
  x: (one.x + other.x) / 2,
  y: (one.y + other.y) / 2,
  isOn: true,
});

function curvesOf(points: readonly Point[]): number[] {
  const firstOn = points.findIndex(({ isOn }) => isOn);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return [];
  // A contour of curves only begins half-way between two of its points.
  const around =
    firstOn < 0 ? [between(first, last), ...points] : [...points.slice(firstOn), ...points.slice(0, firstOn)];
  const start = around[0] ?? first;
  const curves: number[] = [];
  let from = start;
  let control: Point | undefined;
  for (const point of [...around.slice(1), start]) {
    if (!point.isOn && !control) {
      control = point;
      continue;
    }
    const to = !point.isOn && control ? between(control, point) : point;
    const bend = control ?? between(from, to);
    curves.push(from.x, from.y, bend.x, bend.y, to.x, to.y);
    control = point.isOn ? undefined : point;
    from = to;
  }
  if (control) curves.push(from.x, from.y, control.x, control.y, start.x, start.y);
  return curves;
}

function glyphOf(character: string): Glyph {
  const known = decoded.get(character);
  if (known) return known;
  const [advance = '0', ...contours] = (GLYPHS[character] ?? GLYPHS.missing ?? '').split(' ');
  let [x, y] = [0, 0];
  const curves = contours.flatMap((contour) => {
    const numbers = numbersOf(contour);
    const points: Point[] = [];
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      const step = numbers[i] ?? 0;
      x += step >> 1;
      y += numbers[i + 1] ?? 0;
      points.push({ x, y, isOn: (step & 1) !== 0 });
    }
    return curvesOf(points);
  });
  const glyph = { advance: Number(advance), curves };
  decoded.set(character, glyph);
  return glyph;
}

/** Every character of the font. */
export const canWrite = (character: string): boolean => character in GLYPHS;

/** How wide a text is, in pixels. @param capHeight  of its capitals and digits, in pixels. */
export function widthOf(text: string, capHeight: number): number {
  let units = 0;
  for (const character of text) units += glyphOf(character).advance;
  return (units * capHeight) / CAP_HEIGHT;
}

/** A picture to paint on. Its pixels are red, green, blue, row by row from the top left. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;

  constructor(width: number, height: number, back: Rgb) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, back);
  }

  /** A rectangle of whole pixels. What lies outside of the picture is left out. */
  fill(left: number, top: number, width: number, height: number, [red, green, blue]: Rgb): void {
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); y++) {
      for (let x = Math.max(0, left); x < Math.min(this.width, left + width); x++) {
        const at = (y * this.width + x) * 3;
        this.pixels[at] = red;
        this.pixels[at + 1] = green;
        this.pixels[at + 2] = blue;
      }
    }
  }

  /** @param left, baseline  where the text begins. @param capHeight  of its capitals and digits, in pixels. */
  write(text: string, left: number, baseline: number, capHeight: number, ink: Rgb): void {
    const { width, height } = this;
    const scale = capHeight / CAP_HEIGHT;
    // What ends at the right edge goes into columns of its own.
    const stride = width + 2;
    const areas = new Float32Array(stride * (height + 1));
    let pen = left;
    for (const character of text) {
      const { advance, curves } = glyphOf(character);
      for (let i = 0; i < curves.length; i += 6) {
        const at = (n: number) => curves[i + n] ?? 0;
        const px = (n: number) => Math.min(width, Math.max(0, pen + at(n) * scale));
        const py = (n: number) => Math.min(height, Math.max(0, baseline - at(n) * scale));
        curve(areas, stride, px(0), py(1), px(2), py(3), px(4), py(5));
      }
      pen += advance * scale;
    }
    this.#blend(areas, ink);
  }

  #blend(areas: Float32Array, [red, green, blue]: Rgb): void {
    const { pixels, width, height } = this;
    const mix = (at: number, colour: number, cover: number) => {
      const under = pixels[at] ?? 0;
      pixels[at] = Math.round(under + (colour - under) * cover);
    };
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let x = 0; x < width; x++) {
        sum += areas[y * (width + 2) + x] ?? 0;
        const cover = Math.min(1, Math.abs(sum));
        if (cover < 0.004) continue;
        const at = (y * width + x) * 3;
        mix(at, red, cover);
        mix(at + 1, green, cover);
        mix(at + 2, blue, cover);
      }
    }
  }
}

/** A quadratic curve as straight lines, none of which is off by more than a tenth of a pixel. */
function curve(
  areas: Float32Array,
  stride: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): void {
  const bend = Math.abs(x0 - 2 * x1 + x2) + Math.abs(y0 - 2 * y1 + y2);
  const steps = Math.min(16, Math.ceil(Math.sqrt(bend * 2.5)) || 1);
  let [fromX, fromY] = [x0, y0];
  for (let i = 1; i <= steps; i++) {
    const t = i / steps;
    const u = 1 - t;
    const x = u * u * x0 + 2 * u * t * x1 + t * t * x2;
    const y = u * u * y0 + 2 * u * t * y1 + t * t * y2;
    line(areas, stride, fromX, fromY, x, y);
    [fromX, fromY] = [x, y];
  }
}

/**
 * Adds a line's signed area to the pixels that it crosses, so that the sum along a row is how much of a pixel is inside.
 * Every area is exact: no samples, no noise.
 */
function line(areas: Float32Array, stride: number, x0: number, y0: number, x1: number, y1: number): void {
  if (y0 === y1) return;
  const sign = y0 < y1 ? 1 : -1;
  const [topX, topY, endX, endY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
  const slope = (endX - topX) / (endY - topY);
  let x = topX;
  for (let row = Math.floor(topY); row < Math.ceil(endY); row++) {
    const tall = Math.min(row + 1, endY) - Math.max(row, topY);
    const nextX = x + slope * tall;
    const [left, right] = x < nextX ? [x, nextX] : [nextX, x];
    const area = sign * tall;
    const base = row * stride;
    for (let column = Math.floor(left); column < Math.max(Math.ceil(right), Math.floor(left) + 1); column++) {
      const enter = Math.max(left, column);
      const leave = Math.min(right, column + 1);
      const share = right > left ? ((leave - enter) / (right - left)) * area : area;
      const middle = (enter + leave) / 2 - column;
      areas[base + column] = (areas[base + column] ?? 0) + share * (1 - middle);
      areas[base + column + 1] = (areas[base + column + 1] ?? 0) + share * middle;
    }
    x = nextX;
  }
}
