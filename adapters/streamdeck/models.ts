/** The models, as far as the bridge file speaks of them. A test compares this table with the library's. */

export interface Model {
  /** As it is sold. */
  name: string;
  /** How many buttons; they are counted from 0, from the top left, row by row. */
  buttons: number;
  /** Buttons a row. */
  columns: number;
  /** Buttons that show a picture, from 0 on; the others show a colour (Neo) or nothing (Pedal). */
  pictures: number;
  dials: number;
  /** Has a strip beside the buttons that shows something: touched on the Plus, only seen on the Neo. */
  strip?: 'touch' | 'seen';
}

const deck = (name: string, columns: number, rows: number): Model => ({
  name,
  buttons: columns * rows,
  columns,
  pictures: columns * rows,
  dials: 0,
});

/** By the library's names. */
export const MODELS = {
  original: deck('Stream Deck (2017)', 5, 3),
  originalv2: deck('Stream Deck (2019)', 5, 3),
  'original-mk2': deck('Stream Deck MK.2', 5, 3),
  'original-mk2-scissor': deck('Stream Deck MK.2 Scissor Keys', 5, 3),
  mini: deck('Stream Deck Mini', 3, 2),
  xl: deck('Stream Deck XL', 8, 4),
  pedal: { ...deck('Stream Deck Pedal', 3, 1), pictures: 0 },
  plus: { ...deck('Stream Deck +', 4, 2), dials: 4, strip: 'touch' },
  'plus-xl': { ...deck('Stream Deck + XL', 9, 4), dials: 6, strip: 'touch' },
  neo: { ...deck('Stream Deck Neo', 4, 2), buttons: 10, strip: 'seen' },
  studio: { ...deck('Stream Deck Studio', 16, 2), dials: 2 },
  '6-module': deck('Stream Deck Module 6', 3, 2),
  '15-module': deck('Stream Deck Module 15', 5, 3),
  '32-module': deck('Stream Deck Module 32', 8, 4),
  'galleon-k100': { ...deck('Galleon K100 SD', 3, 4), dials: 2, strip: 'touch' },
} as const satisfies Readonly<Record<string, Model>>;

/** @returns undefined for a model that this table does not know, such as one of a newer library. */
export const modelOf = (id: unknown): Model | undefined =>
  typeof id === 'string' && Object.hasOwn(MODELS, id) ? MODELS[id as keyof typeof MODELS] : undefined;
