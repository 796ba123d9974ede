/** What was written to a Stream Deck, as a person sees it. */
import { decode } from 'jpeg-js';
import { draw, type Look } from '../../adapters/streamdeck/draw.js';

export interface Seen {
  width: number;
  height: number;
  /** Red, green, blue, row by row from the top left. */
  pixels: Uint8Array;
}

type Turn = (x: number, y: number, width: number, height: number) => [number, number];

/** How a model wants its pictures turned, as its own glass turns them back. */
const TURNS: Readonly<Record<string, Turn>> = {
  original: (x, y, width) => [width - 1 - x, y],
  mini: (x, y, width) => [width - 1 - y, x],
  '6-module': (x, y, width) => [width - 1 - y, x],
  'plus-xl': (x, y, width) => [width - 1 - y, x],
};
const UPSIDE_DOWN: Turn = (x, y, width, height) => [width - 1 - x, height - 1 - y];
const UPRIGHT: Turn = (x, y) => [x, y];
const UPRIGHT_MODELS = ['plus', 'studio', 'galleon-k100'];

/** @param image  a complete BMP or JPEG, as it came through the wire. */
export function seen(image: Buffer, model: string): Seen {
  const raw = read(image);
  const turn = TURNS[model] ?? (UPRIGHT_MODELS.includes(model) ? UPRIGHT : UPSIDE_DOWN);
  const pixels = new Uint8Array(raw.pixels.length);
  const { width, height } = raw;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = turn(x, y, width, height);
      pixels.set(raw.pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (toY * width + toX) * 3);
    }
  }
  return { width, height, pixels };
}

/** Whether nothing of it shines. */
export const isDark = (image: Buffer): boolean => read(image).pixels.every((value) => value === 0);

const read = (image: Buffer): Seen => (image.toString('latin1', 0, 2) === 'BM' ? fromBmp(image) : fromJpeg(image));

/** Rows in the order of the file: the decks take them so, whatever the format says. */
function fromBmp(image: Buffer): Seen {
  const [start, width, height] = [image.readUInt32LE(10), image.readInt32LE(18), image.readInt32LE(22)];
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const at = start + i * 3;
    pixels.set([image[at + 2] ?? 0, image[at + 1] ?? 0, image[at] ?? 0], i * 3);
  }
  return { width, height, pixels };
}

function fromJpeg(image: Buffer): Seen {
  const { width, height, data } = decode(image, { useTArray: true });
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, pixels };
}

/** How far a picture is from a look, on average, 0 to 255. JPEG alone makes less than 5. */
export function distance({ pixels, width, height }: Seen, look: Look): number {
  const drawn = draw(look, width, height);
  return drawn.reduce((sum, value, i) => sum + Math.abs(value - (pixels[i] ?? 0)), 0) / drawn.length;
}

/** The colour of its corner, where no letter is. */
export const ground = ({ pixels, width }: Seen): number[] => [
  ...pixels.subarray((width + 1) * 3 * 2, (width + 1) * 3 * 2 + 3),
];
