/** Whether more than one MIDI time code comes through one port: two sources, or one that arrives twice. Pure. */

const PIECES = 8;
/** So long is counted before it is judged, in milliseconds. */
const WINDOW_MS = 1000;
/** The fastest time code has 120 quarter frames a second (30 frames), two of the slowest have 192. */
const PIECES_MAX = 140;
/** Of one that runs too fast, each piece goes on as the two before it did but where it turns round; of two, many do not. */
const DISORDER_SHARE = 0.1;
/** Of one that comes twice, each second piece 0 has other bits than the last piece 0, and hardly any other piece has; of two, more. */
const CHANGES_SHARE = 0.1;

/** twice: each quarter frame comes twice. two: those of two sources, in turn. */
export type Mixture = 'twice' | 'two';

export class MtcMixture {
  #now: Mixture | undefined;
  /** Since when pieces are counted; undefined: none came since the last window. */
  #sinceMs: number | undefined;
  #counts = { pieces: 0, disorder: 0, changes: 0 };
  #last: number | undefined;
  /** From the piece before to the last one: 1 forward, 7 in reverse. */
  #step: number | undefined;
  /** What each piece told last. */
  readonly #nibbles: (number | undefined)[] = new Array(PIECES).fill(undefined);

  /** What comes, as it was judged last: within 2 s after it begins, and after it ends. */
  get now(): Mixture | undefined {
    return this.#now;
  }

  /** When `tick` wants to be called if nothing comes until then, in milliseconds; undefined: not at all. */
  get nextAtMs(): number | undefined {
    return this.#now !== undefined && this.#sinceMs !== undefined ? this.#sinceMs + WINDOW_MS : undefined;
  }

  /** A quarter frame came: its number, 0 to 7, and its four bits. */
  take(piece: number, nibble: number, nowMs: number): void {
    this.tick(nowMs);
    this.#sinceMs ??= nowMs;
    const step = (piece - (this.#last ?? piece) + PIECES) % PIECES;
    const isInOrder = step === this.#step && (step === 1 || step === PIECES - 1);
    this.#counts.pieces += 1;
    if (!isInOrder) this.#counts.disorder += 1;
    if (nibble !== (this.#nibbles[piece] ?? nibble)) this.#counts.changes += 1;
    this.#last = piece;
    this.#step = step;
    this.#nibbles[piece] = nibble;
    this.#now ??= this.#judge();
  }

  /** Time went by. */
  tick(nowMs: number): void {
    if (this.#sinceMs === undefined || nowMs < this.#sinceMs + WINDOW_MS) return;
    // The kind that was told stays: where two codes slide past each other, they look like one for a while.
    const judged = this.#judge();
    this.#now = judged && (this.#now ?? judged);
    this.#counts = { pieces: 0, disorder: 0, changes: 0 };
    this.#sinceMs = this.#now === undefined ? undefined : nowMs;
  }

  #judge(): Mixture | undefined {
    const { pieces, disorder, changes } = this.#counts;
    if (pieces <= PIECES_MAX || disorder < pieces * DISORDER_SHARE) return undefined;
    return changes < pieces * CHANGES_SHARE ? 'twice' : 'two';
  }
}
