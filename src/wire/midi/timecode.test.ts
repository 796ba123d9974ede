import { describe, expect, test } from 'vitest';
import {
  clockText,
  decodeTime,
  encodeTime,
  frameCount,
  frameText,
  fromFrameCount,
  isDropped,
  parseTimecode,
  type Rate,
  type Timecode,
} from './timecode.js';

const at = (rate: Rate, hours: number, minutes: number, seconds: number, frames: number): Timecode => ({
  rate,
  hours,
  minutes,
  seconds,
  frames,
});

describe('drop-frame', () => {
  test('leaves out two numbers a minute, but not every tenth', () => {
    const next = (timecode: Timecode) => frameText(fromFrameCount('29.97df', frameCount(timecode) + 1));
    expect(next(at('29.97df', 0, 0, 59, 29))).toBe('00:01:00:02');
    expect(next(at('29.97df', 0, 9, 59, 29))).toBe('00:10:00:00');
    expect(next(at('29.97df', 0, 10, 59, 29))).toBe('00:11:00:02');
    expect(isDropped(at('29.97df', 0, 1, 0, 1))).toBe(true);
    expect(isDropped(at('29.97df', 0, 20, 0, 1))).toBe(false);
    expect(isDropped(at('30', 0, 1, 0, 1))).toBe(false);
  });

  test('an hour of it is an hour, to 4 milliseconds', () => {
    expect(clockText(at('29.97df', 1, 0, 0, 0))).toBe('00:59:59.996');
    expect(clockText(at('30', 1, 0, 0, 0))).toBe('01:00:00.000');
  });
});

test.each<[Rate, number]>([
  ['24', 24 * 86_400],
  ['25', 25 * 86_400],
  ['29.97df', 2_589_408],
  ['30', 30 * 86_400],
])('every frame of a day at %s counts once, and the day goes round', (rate, framesADay) => {
  const wrong: number[] = [];
  for (let count = 0; count < framesADay; count++) {
    const timecode = fromFrameCount(rate, count);
    if (isDropped(timecode) || frameCount(timecode) !== count) wrong.push(count);
  }
  expect(wrong).toEqual([]);
  expect(fromFrameCount(rate, framesADay)).toEqual(at(rate, 0, 0, 0, 0));
  expect(frameCount(fromFrameCount(rate, -1))).toBe(framesADay - 1);
});

describe('a written time', () => {
  test.each<[string, Rate, string | undefined, string | undefined]>([
    ['00:00:05:00', '30', '00:00:05:00', '00:00:05.000'],
    ['00:00:05.000', '30', '00:00:05:00', '00:00:05.000'],
    ['00:00:05.5', '25', '00:00:05:12.50', '00:00:05.500'],
    ['23:59:59:29.99', '30', '23:59:59:29.99', '23:59:59.999'],
    ['01:02:03', '24', '01:02:03:00', '01:02:03.000'],
    ['00:00:00:25', '25', undefined, undefined],
    ['24:00:00:00', '25', undefined, undefined],
    ['00:60:00.000', '25', undefined, undefined],
    ['5', '25', undefined, undefined],
    ['00:00:05:1', '25', undefined, undefined],
  ])('%s at %s frames', (text, rate, frames, clock) => {
    const timecode = parseTimecode(text, rate);
    expect([timecode && frameText(timecode), timecode && clockText(timecode)]).toEqual([frames, clock]);
  });
});

describe('five time bytes', () => {
  test('have the rate beside the hours, both ways', () => {
    const time = { ...at('25', 23, 59, 58, 24), hundredths: 99 };
    expect(encodeTime(time)).toEqual([0x37, 59, 58, 24, 99]);
    expect(decodeTime(Uint8Array.of(0x37, 59, 58, 24, 99))).toEqual(time);
  });

  test('lose the bits of colour frames and blank seconds', () => {
    expect(decodeTime(Uint8Array.of(0x20, 0x40 | 5, 0x40 | 6, 7, 0))).toEqual(at('25', 0, 5, 6, 7));
  });

  test('are no time when too few, or hundredths are a hundred', () => {
    expect(decodeTime(Uint8Array.of(0x20, 5, 6, 7))).toBeUndefined();
    expect(decodeTime(Uint8Array.of(0x20, 5, 6, 7, 100))).toBeUndefined();
  });
});
