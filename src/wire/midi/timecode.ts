/** MIDI time code: four rates, frames, and the five bytes `hr mn sc fr ff` of MSC and MMC. Pure. */

/** The rates by their two bits. `29.97df`: drop-frame; the numbers 00 and 01 of most minutes do not exist. */
export const RATES = ['24', '25', '29.97df', '30'] as const;
export type Rate = (typeof RATES)[number];

/** A rate as people write it: `25` may be a number. @returns undefined when it is none */
export const rateOf = (written: unknown): Rate | undefined => RATES.find((rate) => rate === String(written));

/** How many frame numbers a second has. */
const NUMBERS: Readonly<Record<Rate, number>> = { '24': 24, '25': 25, '29.97df': 30, '30': 30 };
/** Frames that really pass in a second. */
const FRAMES_PER_SECOND: Readonly<Record<Rate, number>> = { '24': 24, '25': 25, '29.97df': 30_000 / 1001, '30': 30 };

export interface Timecode {
  rate: Rate;
  hours: number;
  minutes: number;
  seconds: number;
  frames: number;
  /** Hundredths of a frame, 0 to 99. */
  hundredths?: number;
}

const DAY_MS = 86_400_000;

const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** Whether every part is in its range. Frames that drop-frame leaves out are not looked at. */
export const isTimecode = ({ rate, hours, minutes, seconds, frames, hundredths = 0 }: Timecode): boolean =>
  isWithin(hours, 0, 23) &&
  isWithin(minutes, 0, 59) &&
  isWithin(seconds, 0, 59) &&
  isWithin(frames, 0, NUMBERS[rate] - 1) &&
  isWithin(hundredths, 0, 99);

/** Drop-frame leaves out frames 00 and 01 at the start of every minute that is not a tenth. */
export const isDropped = ({ rate, minutes, seconds, frames }: Timecode): boolean =>
  rate === '29.97df' && frames < 2 && seconds === 0 && minutes % 10 !== 0;

/** Whether it is one of the last two frames of its second. */
export const endsSecond = ({ rate, frames }: Timecode): boolean => frames >= NUMBERS[rate] - 2;

/** Frames since 00:00:00:00. */
export function frameCount({ rate, hours, minutes, seconds, frames }: Timecode): number {
  const count = ((hours * 60 + minutes) * 60 + seconds) * NUMBERS[rate] + frames;
  if (rate !== '29.97df') return count;
  const allMinutes = hours * 60 + minutes;
  return count - 2 * (allMinutes - Math.floor(allMinutes / 10));
}

/** How many frames a day of time code has. */
export const framesPerDay = (rate: Rate): number =>
  frameCount({ rate, hours: 23, minutes: 59, seconds: 59, frames: NUMBERS[rate] - 1 }) + 1;

/** The timecode so many frames after 00:00:00:00; it goes round at midnight, both ways. */
export function fromFrameCount(rate: Rate, count: number): Timecode {
  const day = framesPerDay(rate);
  let left = ((Math.trunc(count) % day) + day) % day;
  if (rate === '29.97df') {
    // Ten minutes are 17 982 frames: one of 1 800 and nine of 1 798.
    const tens = Math.floor(left / 17_982);
    const rest = left % 17_982;
    left += 18 * tens + (rest < 1800 ? 0 : 2 * (Math.floor((rest - 1800) / 1798) + 1));
  }
  const numbers = NUMBERS[rate];
  const allSeconds = Math.floor(left / numbers);
  return {
    rate,
    hours: Math.floor(allSeconds / 3600),
    minutes: Math.floor(allSeconds / 60) % 60,
    seconds: allSeconds % 60,
    frames: left % numbers,
  };
}

/** How long so many frames take, in milliseconds. */
export const framesToMs = (rate: Rate, frames: number): number => (frames * 1000) / FRAMES_PER_SECOND[rate];
export const msToFrames = (rate: Rate, ms: number): number => (ms * FRAMES_PER_SECOND[rate]) / 1000;

const two = (value: number): string => String(value).padStart(2, '0');

/** `HH:MM:SS:FF`, and `.hh` where there are hundredths of a frame. */
export function frameText({ hours, minutes, seconds, frames, hundredths = 0 }: Timecode): string {
  const text = [hours, minutes, seconds, frames].map(two).join(':');
  return hundredths === 0 ? text : `${text}.${two(hundredths)}`;
}

/** `HH:MM:SS.mmm` of a day, the hundredths of a frame rounded to a millisecond. */
export function clockText(timecode: Timecode): string {
  const frames = frameCount(timecode) + (timecode.hundredths ?? 0) / 100;
  const ms = Math.min(Math.round(framesToMs(timecode.rate, frames)), DAY_MS - 1);
  const allSeconds = Math.floor(ms / 1000);
  const parts = [Math.floor(allSeconds / 3600), Math.floor(allSeconds / 60) % 60, allSeconds % 60].map(two);
  return `${parts.join(':')}.${String(ms % 1000).padStart(3, '0')}`;
}

/**
 * Reads `HH:MM:SS:FF`, `HH:MM:SS:FF.hh` or `HH:MM:SS.mmm`.
 * @returns undefined when it is none of them, or out of range at this rate.
 */
export function parseTimecode(text: string, rate: Rate): Timecode | undefined {
  const clock = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?$/.exec(text);
  if (clock) {
    const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1, 4).map(Number);
    if (!isTimecode({ rate, hours, minutes, seconds, frames: 0 })) return undefined;
    const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number((clock[4] ?? '').padEnd(3, '0'));
    const all = Math.round(msToFrames(rate, ms) * 100);
    const timecode = fromFrameCount(rate, Math.floor(all / 100));
    return all % 100 === 0 ? timecode : { ...timecode, hundredths: all % 100 };
  }
  const framed = /^(\d\d):(\d\d):(\d\d):(\d\d)(?:\.(\d\d))?$/.exec(text);
  if (!framed) return undefined;
  const [hours = 0, minutes = 0, seconds = 0, frames = 0, hundredths = 0] = framed
    .slice(1)
    .map((part) => Number(part ?? 0));
  const timecode: Timecode = { rate, hours, minutes, seconds, frames, ...(hundredths > 0 && { hundredths }) };
  return isTimecode(timecode) ? timecode : undefined;
}

/** How many bytes a time takes in MSC and MMC. */
export const TIME_BYTES = 5;

/** The five bytes `hr mn sc fr ff` (MMC "Standard Specification"), not a subframe status. */
export function encodeTime({ rate, hours, minutes, seconds, frames, hundredths = 0 }: Timecode): number[] {
  return [(RATES.indexOf(rate) << 5) | hours, minutes, seconds, frames, hundredths];
}

/**
 * Reads five time bytes; the colour frame and blank bits are passed over, and so is a fifth byte that is a status.
 * @returns undefined when a part is out of range, or the time is negative.
 */
export function decodeTime(bytes: Uint8Array): Timecode | undefined {
  const [hr, mn, sc, fr, ff] = bytes;
  if (hr === undefined || mn === undefined || sc === undefined || fr === undefined || ff === undefined)
    return undefined;
  const rate = RATES[(hr >> 5) & 3];
  const isNegative = (fr & 0x40) !== 0;
  const isStatus = (fr & 0x20) !== 0;
  if (rate === undefined || isNegative) return undefined;
  const hundredths = isStatus ? 0 : ff;
  const timecode: Timecode = {
    rate,
    hours: hr & 0x1f,
    minutes: mn & 0x3f,
    seconds: sc & 0x3f,
    frames: fr & 0x1f,
    ...(hundredths > 0 && { hundredths }),
  };
  return isTimecode(timecode) ? timecode : undefined;
}
