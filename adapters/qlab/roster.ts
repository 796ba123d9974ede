/** The cues of a workspace, as `/cueLists` tells them. Pure. */

export interface CueList {
  uniqueID: string;
  number: string;
  name: string;
  /** Carts have no playhead. */
  isCart: boolean;
}

export interface Roster {
  lists: readonly CueList[];
  /** The number of each cue and list by unique ID; '' for one without. */
  numbers: ReadonlyMap<string, string>;
  /** The numbers of carts and of the cues in them: GO does nothing there. */
  inCarts: ReadonlySet<string>;
}

/** Cues that are remembered; further ones are asked for one by one. */
const CUES_MAX = 50_000;
/** Groups within groups. */
const DEPTH_MAX = 64;

/** Reads the data of a reply to `/cueLists`; what is not as documented is left out. */
export function readRoster(data: unknown): Roster {
  const numbers = new Map<string, string>();
  const inCarts = new Set<string>();
  const read = (items: unknown, depth: number, isInCart: boolean): CueList[] => {
    if (!Array.isArray(items) || depth > DEPTH_MAX) return [];
    return items.flatMap((item: unknown) => {
      if (typeof item !== 'object' || item === null || numbers.size >= CUES_MAX) return [];
      const { uniqueID, number, name, listName, type, cues } = item as Readonly<Record<string, unknown>>;
      if (typeof uniqueID !== 'string' || uniqueID === '') return [];
      numbers.set(uniqueID, textOf(number));
      const isCart = type === 'Cart';
      if ((isInCart || isCart) && textOf(number) !== '') inCarts.add(textOf(number));
      read(cues, depth + 1, isInCart || isCart);
      return [{ uniqueID, number: textOf(number), name: textOf(name ?? listName), isCart }];
    });
  };
  return { lists: read(data, 0, false), numbers, inCarts };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** The list whose playhead counts. @param wanted  its unique ID, number or name; left out: the first that is no cart. */
export function chooseList({ lists }: Roster, wanted: string | undefined): CueList | undefined {
  const able = lists.filter(({ isCart }) => !isCart);
  if (wanted === undefined) return able[0];
  return able.find(({ uniqueID, number, name }) => uniqueID === wanted || number === wanted || name === wanted);
}
