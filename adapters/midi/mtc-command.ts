/** `send: { mtc: … }` of an output rule (config.schema.json, $defs send): runs, locates and stops time code. Pure. */

import { malformed } from '../../src/wire/midi/msc.js';
import {
  frameText,
  isDropped,
  parseTimecode,
  RATES,
  type Rate,
  rateOf,
  type Timecode,
} from '../../src/wire/midi/timecode.js';
import type { MidiDevice } from './generated/types.js';

/** `atWallMs`: when the code was there, in milliseconds since 1970; left out: now. */
export type MtcOrder =
  | { order: 'run'; timecode: Timecode; atWallMs?: number }
  | { order: 'locate'; timecode: Timecode }
  | { order: 'stop' };

const ORDERS = ['run', 'locate', 'stop'] as const;

/**
 * What a command asks of the device's time code. @param mtcOut  the device's; without it only what is wrong for every
 * device is found.
 * @throws CODEC_MALFORMED in the technician's words
 */
export function readMtcOrder(fields: unknown, mtcOut?: MidiDevice['mtcOut']): MtcOrder {
  if (typeof fields !== 'object' || fields === null) throw malformed('mtc: give one of run, locate, stop');
  const given = fields as Readonly<Record<string, unknown>>;
  const [order, ...more] = ORDERS.filter((name) => given[name] !== undefined);
  if (order === undefined || more.length > 0) throw malformed('mtc: give one of run, locate, stop');
  if (mtcOut?.timer !== undefined) {
    throw malformed(`the time code of this device is that of timer ${mtcOut.timer}: no rule can ${order} it`);
  }
  if (given.at !== undefined && order !== 'run') throw malformed(`mtc: at belongs to run, not to ${order}`);
  if (order === 'stop') return { order };
  const timecode = timeAt(given[order], rateOf(mtcOut?.rate));
  if (order === 'locate' || given.at === undefined) return { order, timecode };
  const atWallMs = typeof given.at === 'string' ? Date.parse(given.at) : Number.NaN;
  if (Number.isNaN(atWallMs)) throw malformed(`mtc: at must be a time such as $event.recordedAt, not ${given.at}`);
  return { order, timecode, atWallMs };
}

/** In a few words, such as `mtc run 01:00:00:00`. */
export const wordsOfOrder = (order: MtcOrder): string =>
  order.order === 'stop' ? 'mtc stop' : `mtc ${order.order} ${frameText(order.timecode)}`;

/** @param rate  left out: it has to be a time at some rate. */
function timeAt(text: unknown, rate: Rate | undefined): Timecode {
  const rates = rate === undefined ? RATES : [rate];
  const read = typeof text === 'string' ? rates.map((one) => parseTimecode(text, one)) : [];
  const found = read.filter((timecode) => timecode !== undefined);
  const timecode = found.findLast((one) => !isDropped(one));
  if (timecode) return { ...timecode, hundredths: 0 };
  if (found.length > 0) throw malformed(noSuchFrame(String(text)));
  const at = rate === undefined ? '' : ` at ${rate} frames`;
  throw malformed(`mtc: a time is HH:MM:SS:FF${at} or HH:MM:SS.mmm, not ${JSON.stringify(text)}`);
}

export const noSuchFrame = (text: string): string =>
  `${text} does not exist at 29.97df: drop-frame leaves frames 00 and 01 out in most minutes`;
