/** How QLab reads what is written to it. Pure. @see QLab's OSC dictionary, "OSC Booleans in QLab" and "+/-?" */
import type { OscArgument } from './codec.js';

export type Value = boolean | number | string;

/** What may be written to an address: a truth, a number within limits, or a text of at most so many characters. */
export type Kind =
  | { is: 'truth' }
  | { is: 'number'; least?: number; most?: number; isWhole?: boolean }
  | { is: 'text'; most?: number };

export const TRUTH: Kind = { is: 'truth' };
export const TEXT: Kind = { is: 'text' };
export const POSITIVE: Kind = { is: 'number', least: 0 };
/** Seconds, from 0 to what a timer can wait. */
export const SECONDS: Kind = { is: 'number', least: 0, most: 2_000_000 };

/** Numbers that are not 0, and texts that begin with y, t or 1 to 9, are true; 0, n and f are false; nothing else is either. */
export function truthOf(argument: OscArgument | undefined): boolean | undefined {
  if (typeof argument === 'boolean') return argument;
  if (typeof argument === 'number') return argument !== 0;
  if (typeof argument !== 'string') return undefined;
  if (/^[yt1-9]/i.test(argument)) return true;
  return /^[nf0]/i.test(argument) ? false : undefined;
}

/** What an argument means to an address of a kind. @returns undefined where it means nothing. */
export function meaningOf(kind: Kind, argument: OscArgument | undefined): Value | undefined {
  if (kind.is === 'truth') return truthOf(argument);
  if (kind.is === 'text') {
    const isText = typeof argument === 'string' || typeof argument === 'number';
    return isText && String(argument).length <= (kind.most ?? Number.POSITIVE_INFINITY) ? String(argument) : undefined;
  }
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, isWhole = false } = kind;
  const isText = typeof argument === 'string' && argument.trim() !== '';
  const number = typeof argument === 'number' || isText ? Number(argument) : Number.NaN;
  const fits = Number.isFinite(number) && number >= least && number <= most && (!isWhole || Number.isInteger(number));
  return fits ? number : undefined;
}

/** How an address ends that changes what is there instead of setting it. */
export type Change = 'toggle' | '+' | '-';

/** Splits the change off an address: `preWait/+`, `preWait/+/1` (from 5.5 on), `armed/toggle`. */
export function readChange(path: string): { name: string; change?: Change; delta?: string } {
  const found = /^(.+)\/(?:(toggle)|([+-])(?:\/([0-9.]+))?)$/.exec(path);
  if (!found) return { name: path };
  const [, name = '', toggle, sign, delta] = found;
  return { name, change: toggle === undefined ? (sign as '+' | '-') : 'toggle', ...(delta ? { delta } : {}) };
}

/**
 * What is written by a message, from what is there now. A sum that leaves the limits ends at them; among a few choices it
 * goes on at the other end (from 5.5 on).
 * @returns undefined where the message means nothing to this kind.
 */
export function written(
  kind: Kind,
  now: unknown,
  { change, delta }: { change?: Change; delta?: string },
  argument: OscArgument | undefined,
): Value | undefined {
  if (change === 'toggle' || (change === undefined && kind.is === 'truth' && argument === 'toggle')) {
    return kind.is === 'truth' ? now !== true : undefined;
  }
  if (change === undefined) return meaningOf(kind, argument);
  const by = meaningOf({ is: 'number' }, delta ?? argument);
  if (kind.is !== 'number' || typeof now !== 'number' || typeof by !== 'number') return undefined;
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, isWhole = false } = kind;
  const sum = now + (change === '+' ? by : -by);
  const choices = isWhole ? most - least + 1 : Number.POSITIVE_INFINITY;
  if (Number.isFinite(choices)) return meaningOf(kind, least + ((((sum - least) % choices) + choices) % choices));
  return meaningOf(kind, Math.min(most, Math.max(least, sum)));
}
