/** Lamps: commands → what the library is told, and what a panel can show. Pure; the bytes are the library's. */
import type { Command } from '../../src/adapter-sdk/adapter.js';
import type { PanelKind } from './products.js';

export interface Rgb {
  r: number;
  g: number;
  b: number;
}

/** What a command asks for. */
export type Wish =
  | { lamp: number | 'all'; colour: Rgb; flash: boolean; forMs?: number }
  | { lamp: 'green' | 'red'; on: boolean; flash: boolean; forMs?: number };

export const OFF: Rgb = { r: 0, g: 0, b: 0 };

/** As they look on these lamps: amber of light is redder than amber of paint. */
const COLOURS: Readonly<Record<string, Rgb>> = {
  off: OFF,
  red: { r: 255, g: 0, b: 0 },
  amber: { r: 255, g: 64, b: 0 },
  yellow: { r: 255, g: 128, b: 0 },
  green: { r: 0, g: 255, b: 0 },
  turquoise: { r: 0, g: 255, b: 129 },
  blue: { r: 0, g: 0, b: 255 },
  purple: { r: 150, g: 0, b: 150 },
  white: { r: 255, g: 255, b: 255 },
};

/** A name, or #rrggbb. @returns undefined for what is neither */
export function readColour(text: unknown): Rgb | undefined {
  if (typeof text !== 'string') return undefined;
  if (Object.hasOwn(COLOURS, text)) return COLOURS[text];
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (!hex) return undefined;
  const [r = 0, g = 0, b = 0] = hex.slice(1).map((part) => Number.parseInt(part, 16));
  return { r, g, b };
}

/** What a command asks for, or why it asks for nothing, in the technician's words. */
export function readCommand(command: Command): Wish | { problem: string } {
  const { light, colour, indicator, on, flash = false, forMs } = command;
  const problem = (words: string) => ({ problem: words });
  if ((light === undefined) === (indicator === undefined)) return problem('name light, or indicator');
  if (typeof flash !== 'boolean') return problem('flash is true or false');
  if (forMs !== undefined && !(Number.isInteger(forMs) && Number(forMs) > 0 && Number(forMs) <= 3_600_000)) {
    return problem('forMs is a whole number from 1 to 3600000');
  }
  const more = { flash, ...(forMs !== undefined && { forMs: Number(forMs) }) };
  if (indicator !== undefined) {
    if (indicator !== 'green' && indicator !== 'red') return problem('indicator is green or red');
    if (colour !== undefined) return problem('an indicator has no colour but its own; say on: true');
    return typeof on === 'boolean' ? { lamp: indicator, on, ...more } : problem('say on: true or on: false');
  }
  if (on !== undefined) return problem('a light has a colour instead of on; off is one');
  const rgb = readColour(colour);
  if (!rgb) return problem('colour is a name, such as green or off, or #rrggbb');
  if (light !== 'all' && !(Number.isInteger(light) && Number(light) >= 1 && Number(light) <= 254)) {
    return problem('light is the number of a button, or all');
  }
  return { lamp: light === 'all' ? light : Number(light), colour: rgb, ...more };
}

/** Why such a panel cannot show it; undefined when it can. */
export function problemOfWish(wish: Wish, { name, lamps, light }: PanelKind): string | undefined {
  if (!('colour' in wish)) return undefined;
  const { lamp, colour } = wish;
  if (light === 'none') return `${name} has no lamps under its buttons; it may have an indicator`;
  if (lamp !== 'all' && !lamps.includes(lamp)) return `${name} has no lamp under a button ${lamp}`;
  if (light === 'blue' && (colour.r > 0 || colour.g > 0)) return `the lamps of ${name} are blue only`;
  // The library would show red for green.
  if (light === 'redAndBlue' && colour.g > 0) {
    return `the lamps of ${name} are red and blue only: say red, blue, purple or off`;
  }
  return undefined;
}

export const isLit = ({ r, g, b }: Rgb): boolean => r + g + b > 0;

/** `light 3 green flashing for 2 s`, for logs and pages. */
export function summarise({ light, colour, indicator, on, flash, forMs }: Command): string {
  const what = indicator === undefined ? `light ${light} ${colour}` : `indicator ${indicator} ${on ? 'on' : 'off'}`;
  return `${what}${flash ? ' flashing' : ''}${forMs === undefined ? '' : ` for ${Number(forMs) / 1000} s`}`;
}
