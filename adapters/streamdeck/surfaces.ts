/** What of an open Stream Deck can be painted: its buttons and its strip. */
import { type Colour, DARK, draw, type Look, spread } from './draw.js';
import type { StreamDeck } from './driver.js';

/** One part that is painted as a whole. */
export interface Surface {
  /** `0`, `1`, … for the buttons, `strip`. */
  readonly id: string;
  /** Resolves when the device has taken it. Rejects when the device is gone. */
  paint(looks: readonly Look[]): Promise<void>;
  clear(): Promise<void>;
}

/** Pictures ready to be sent that are kept, for all buttons together; one is 2 to 25 kB. */
const KEPT_MAX = 128;

/** @returns the surfaces in the order of the device's own numbers; the strip last. */
export function surfacesOf(deck: StreamDeck): Surface[] {
  const kept = new Map<string, Promise<Sendable>>();
  return deck.CONTROLS.flatMap((control): Surface[] => {
    if (control.type === 'lcd-segment') return [stripOf(deck, control)];
    if (control.type !== 'button' || control.feedbackType === 'none') return [];
    const { index } = control;
    const clear = () => deck.clearKey(index);
    if (control.feedbackType === 'rgb')
      return [{ id: String(index), clear, paint: ([look]) => shine(deck, index, look) }];
    const { width, height } = control.pixelSize;
    return [
      {
        id: String(index),
        clear,
        async paint([look = DARK]) {
          const key = `${index} ${JSON.stringify(look)}`;
          const ready = kept.get(key) ?? deck.prepareFillKeyBuffer(index, draw(look, width, height), { format: 'rgb' });
          // The newest goes to the end, so that the first is the one that was not wanted for the longest time.
          kept.delete(key);
          kept.set(key, ready);
          for (const oldest of kept.keys()) {
            if (kept.size <= KEPT_MAX) break;
            kept.delete(oldest);
          }
          await deck.sendPreparedBuffer(await ready);
        },
      },
    ];
  });
}

type Sendable = Awaited<ReturnType<StreamDeck['prepareFillKeyBuffer']>>;
type Segment = Extract<StreamDeck['CONTROLS'][number], { type: 'lcd-segment' }>;

function stripOf(deck: StreamDeck, { id, pixelSize: { width, height } }: Segment): Surface {
  return {
    id: 'strip',
    paint: (looks) => deck.fillLcd(id, spread(looks, width, height), { format: 'rgb' }),
    clear: () => deck.clearLcdSegment(id),
  };
}

/** A button without a picture has its colour only, dim where a frame would be. */
const GLOW: Readonly<Record<Colour, readonly [number, number, number]>> = {
  white: [255, 255, 255],
  grey: [60, 60, 60],
  red: [255, 0, 0],
  amber: [255, 120, 0],
  green: [0, 255, 60],
  blue: [0, 60, 255],
};

function shine(deck: StreamDeck, index: number, look: Look = DARK): Promise<void> {
  const isEmpty = look.big === undefined && look.kind === 'plain';
  const share = look.kind === 'lit' ? 1 : isEmpty ? 0 : 0.25;
  const [red, green, blue] = GLOW[look.colour];
  return deck.fillKeyColor(index, Math.round(red * share), Math.round(green * share), Math.round(blue * share));
}
