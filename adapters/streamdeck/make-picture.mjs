/**
 * Makes keys.png for the README: what the buttons show, as they are drawn.
 *
 *     npm run build && node adapters/streamdeck/make-picture.mjs
 */
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { lookOf } from '../../dist/adapters/streamdeck/codec.js';
import { draw } from '../../dist/adapters/streamdeck/draw.js';

const SIZE = 80;
const GAP = 12;
const COLUMNS = 6;
const next = {
  number: '12',
  label: 'Blackout',
  standingBy: false,
  departments: ['lighting', 'sound'],
  acknowledged: [],
};
const standing = { ...next, standingBy: true, acknowledged: ['lighting'] };
const face = {
  title: 'Twelfth Night',
  state: 'ready',
  current: { number: '11.5', label: 'Overture ends' },
  next,
  timers: [{ id: 'act-1', label: 'Act one', mode: 'up', status: 'paused', valueMs: 754_000, anchorAt: null }],
  devices: { total: 4, troubled: [{ device: 'booth-qlab', status: 'down' }], counts: { down: 1 } },
  outputs: { sent: 0, acknowledged: 0, confirmed: 3, failed: 0, failedAt: [] },
};
const shown = [
  [{ show: 'go' }, face],
  [{ show: 'go' }, { ...face, next: standing }],
  [{ show: 'standby' }, { ...face, next: standing }],
  [{ show: 'current' }, face],
  [{ show: 'devices' }, face],
  [{ show: 'outputs' }, face],
  [{ show: 'go' }, { ...face, state: 'hold', emergency: { code: 'technical' } }],
  [{ show: 'go' }, { ...face, state: 'ended' }],
  [{ show: 'emergency' }, face],
  [{ show: 'timer' }, face],
  [{ show: 'devices' }, { ...face, devices: { total: 4, troubled: [], counts: {} } }],
  [{ text: 'BACK', colour: 'grey' }, face],
];
const width = COLUMNS * (SIZE + GAP) + GAP;
const height = Math.ceil(shown.length / COLUMNS) * (SIZE + GAP) + GAP;
const rows = Buffer.alloc(height * (width * 3 + 1), 30);
for (let y = 0; y < height; y++) rows[y * (width * 3 + 1)] = 0;
shown.forEach(([picture, show], i) => {
  const pixels = draw(lookOf(picture, show, 0), SIZE, SIZE);
  const left = GAP + (i % COLUMNS) * (SIZE + GAP);
  const top = GAP + Math.floor(i / COLUMNS) * (SIZE + GAP);
  for (let y = 0; y < SIZE; y++) {
    rows.set(pixels.subarray(y * SIZE * 3, (y + 1) * SIZE * 3), (top + y) * (width * 3 + 1) + 1 + left * 3);
  }
});

/** A part of a PNG: its length, its name, its data, its checksum. */
function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

const head = Buffer.alloc(13);
head.writeUInt32BE(width, 0);
head.writeUInt32BE(height, 4);
head.set([8, 2, 0, 0, 0], 8);
writeFileSync(
  new URL('./keys.png', import.meta.url),
  Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]),
);
