/**
 * Pixels → a baseline JPEG, 4:4:4, as the newer models want their pictures. Pure. Plain JavaScript that keeps its tables:
 * jpeg-js makes them anew for each picture, which takes far longer than the picture, and jpeg-turbo is native code.
 * @see ITU-T T.81; the tables are those of its annex K
 */

/** In percent, on the scale that everybody uses. Letters keep sharp edges. */
const QUALITY = 92;

/** The place of each coefficient in the order in which they are written (T.81, figure A.6). */
const ORDER = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
/** Of the first four rows and columns; all others are 99. */
const CHROMINANCE = [17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99];

/** A Huffman table: how many codes of each length from 1 to 16 there are, and what they mean. */
interface Table {
  counts: Uint8Array;
  values: Uint8Array;
  /** For each value its code and the code's length. */
  codes: Uint16Array;
  lengths: Uint8Array;
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** T.81, annex C. */
function tableOf(counts: Uint8Array, values: Uint8Array): Table {
  const codes = new Uint16Array(256);
  const lengths = new Uint8Array(256);
  let code = 0;
  let next = 0;
  counts.forEach((count, index) => {
    for (const value of values.subarray(next, next + count)) {
      codes[value] = code;
      lengths[value] = index + 1;
      code += 1;
    }
    next += count;
    code <<= 1;
  });
  return { counts, values, codes, lengths };
}

const DC_VALUES = bytes('000102030405060708090a0b');
const DC = [
  tableOf(bytes('00010501010101010100000000000000'), DC_VALUES),
  tableOf(bytes('00030101010101010101010000000000'), DC_VALUES),
] as const;
const AC = [
  tableOf(
    bytes('0002010303020403050504040000017d'),
    bytes(
      '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a' +
        '3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a929394' +
        '95969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8' +
        'e9eaf1f2f3f4f5f6f7f8f9fa',
    ),
  ),
  tableOf(
    bytes('00020102040403040705040400010277'),
    bytes(
      '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728' +
        '292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92' +
        '939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7' +
        'e8e9eaf2f3f4f5f6f7f8f9fa',
    ),
  ),
] as const;

const scaled = (value: number): number =>
  Math.min(255, Math.max(1, Math.floor((value * (200 - 2 * QUALITY) + 50) / 100)));
const STEPS = [
  LUMINANCE.map(scaled),
  LUMINANCE.map((_, i) => scaled(i % 8 < 4 && i < 32 ? (CHROMINANCE[(i >> 3) * 4 + (i % 8)] ?? 99) : 99)),
].map((steps) => Float64Array.from(steps));

/** The cosines of the transform: COSINES[frequency * 8 + place]. */
const COSINES = Float64Array.from({ length: 64 }, (_, i) => {
  const frequency = i >> 3;
  const scale = frequency === 0 ? Math.sqrt(1 / 8) : 0.5;
  return scale * Math.cos(((2 * (i % 8) + 1) * frequency * Math.PI) / 16);
});

/** @param rgba  four bytes a pixel, row by row; the fourth is not looked at. */
export function encodeJpeg(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Bits(width * height + 1024);
  writeHead(out, width, height);
  const planes = planesOf(rgba, width, height);
  const block = new Float64Array(64);
  const half = new Float64Array(64);
  const before = [0, 0, 0];
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      planes.forEach((plane, component) => {
        const isFlat = cutOut(plane, width, height, left, top, block);
        const kind = component === 0 ? 0 : 1;
        before[component] = isFlat
          ? writeFlat(out, (block[0] ?? 0) * 8, kind, before[component] ?? 0)
          : writeBlock(out, transformed(block, half), kind, before[component] ?? 0);
      });
    }
  }
  return out.end();
}

/** Brightness and two colour differences, each around zero (JFIF 1.02, "Color space"). */
function planesOf(rgba: Uint8Array, width: number, height: number): readonly Float64Array[] {
  const planes = [0, 1, 2].map(() => new Float64Array(width * height));
  const [luma, blue, red] = planes as [Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = [rgba[i * 4] ?? 0, rgba[i * 4 + 1] ?? 0, rgba[i * 4 + 2] ?? 0];
    luma[i] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
    blue[i] = -0.168736 * r - 0.331264 * g + 0.5 * b;
    red[i] = 0.5 * r - 0.418688 * g - 0.081312 * b;
  }
  return planes;
}

/** Eight by eight samples; beyond the edge the last ones go on. @returns whether all are the same */
function cutOut(
  plane: Float64Array,
  width: number,
  height: number,
  left: number,
  top: number,
  block: Float64Array,
): boolean {
  const first = plane[top * width + left];
  let isFlat = true;
  for (let i = 0; i < 64; i++) {
    const y = Math.min(height - 1, top + (i >> 3));
    const x = Math.min(width - 1, left + (i & 7));
    const sample = plane[y * width + x] ?? 0;
    if (sample !== first) isFlat = false;
    block[i] = sample;
  }
  return isFlat;
}

/** The cosine transform, first along the rows and then along the columns. */
function transformed(block: Float64Array, half: Float64Array): Float64Array {
  alongRows(block, half);
  alongRows(half, block);
  return block;
}

/** @param to  gets the result with rows and columns swapped. */
function alongRows(from: Float64Array, to: Float64Array): void {
  for (let row = 0; row < 8; row++) {
    for (let frequency = 0; frequency < 8; frequency++) {
      let sum = 0;
      for (let i = 0; i < 8; i++) sum += (from[row * 8 + i] ?? 0) * (COSINES[frequency * 8 + i] ?? 0);
      to[frequency * 8 + row] = sum;
    }
  }
}

const sizeOf = (value: number): number => 32 - Math.clz32(Math.abs(value));

function writeFlat(out: Bits, sum: number, kind: 0 | 1, before: number): number {
  const value = Math.round(sum / (STEPS[kind]?.[0] ?? 1));
  writeDc(out, value - before, DC[kind]);
  out.code(AC[kind], 0);
  return value;
}

/** T.81, F.1.2. @returns its first coefficient, from which the next block's is told */
function writeBlock(out: Bits, block: Float64Array, kind: 0 | 1, before: number): number {
  const steps = STEPS[kind] ?? block;
  const at = (i: number) => Math.round((block[i] ?? 0) / (steps[i] ?? 1));
  const first = at(0);
  writeDc(out, first - before, DC[kind]);
  let zeros = 0;
  for (let i = 1; i < 64; i++) {
    const value = at(ORDER[i] ?? 0);
    if (value === 0) {
      zeros += 1;
      continue;
    }
    for (; zeros > 15; zeros -= 16) out.code(AC[kind], 0xf0);
    const size = sizeOf(value);
    out.code(AC[kind], (zeros << 4) | size);
    out.write(value < 0 ? value - 1 : value, size);
    zeros = 0;
  }
  if (zeros > 0) out.code(AC[kind], 0);
  return first;
}

function writeDc(out: Bits, difference: number, table: Table): void {
  const size = sizeOf(difference);
  out.code(table, size);
  out.write(difference < 0 ? difference - 1 : difference, size);
}

/** Everything before the picture's own data (T.81, annex B; JFIF 1.02). */
function writeHead(out: Bits, width: number, height: number): void {
  out.raw([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  STEPS.forEach((steps, kind) => {
    out.raw([0xff, 0xdb, 0, 67, kind, ...Array.from(ORDER, (place) => steps[place] ?? 1)]);
  });
  const components = [1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1];
  out.raw([0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, ...components]);
  for (const [type, tables] of [DC, AC].entries()) {
    for (const [kind, { counts, values }] of tables.entries()) {
      out.raw([0xff, 0xc4, 0, 19 + values.length, (type << 4) | kind, ...counts, ...values]);
    }
  }
  out.raw([0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

/** Bits in a row, as JPEG stuffs them into bytes. */
class Bits {
  #bytes: Uint8Array;
  #length = 0;
  #held = 0;
  #count = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  raw(bytes: readonly number[]): void {
    for (const byte of bytes) this.#push(byte);
  }

  code({ codes, lengths }: Table, value: number): void {
    this.write(codes[value] ?? 0, lengths[value] ?? 0);
  }

  /** The lowest `count` bits, at most 16. */
  write(value: number, count: number): void {
    this.#held = (this.#held << count) | (value & ((1 << count) - 1));
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      const byte = (this.#held >> this.#count) & 255;
      this.#push(byte);
      // A byte of ones would begin a marker.
      if (byte === 255) this.#push(0);
    }
    this.#held &= (1 << this.#count) - 1;
  }

  /** Fills up with ones, and says that this is all. */
  end(): Uint8Array {
    if (this.#count > 0) this.write(0xff, 8 - this.#count);
    this.raw([0xff, 0xd9]);
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }
}
