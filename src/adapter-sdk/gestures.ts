/** What is down, and time → press, release, hold, double, chord. Pure: a state machine that is told the time. */

/** Which button, or which buttons together: the names of a chord, in the order in which they were asked for. */
export type Who = { button: string } | { chord: readonly string[] };

/** What somebody did with it. A chord is pressed when the last of its buttons is, and released when the first is. */
export type Gesture = Who &
  ({ gesture: 'press' | 'double' } | { gesture: 'release'; heldMs: number } | { gesture: 'hold'; holdMs: number });

export interface GestureSettings {
  /** A button counts as let go of once it has been up without a break for so long; what bounces in between is one press. */
  debounceMs: number;
  /** The second press so soon after the first is also a double. */
  doubleMs: number;
  /** For each button or chord (`keyOf`) the lengths of hold that are asked for, in milliseconds. */
  holdsMs: ReadonlyMap<string, readonly number[]>;
  /** Buttons that mean something together, each at least two. */
  chords?: readonly (readonly string[])[];
  /** Between the first and the last press of a chord's buttons may lie so much. */
  chordMs?: number;
}

/**
 * What comes so soon after the opening may be a device that tells how it stands, not a press: it sets the state only.
 * A foot that stays on a pedal while it is plugged in does not fire.
 */
export const SETTLE_MS = 100;

/** One name for a chord, in whatever order its buttons are named; for a single button its own. No name holds a `+`. */
export const keyOf = (buttons: readonly string[]): string => [...new Set(buttons)].sort().join('+');

/** One that is, or was, pressed: a button, or a chord as if it were one. */
interface Pressable {
  readonly who: Who;
  /** As last reported. */
  isReportedDown: boolean;
  /** As it counts: after debouncing. */
  isDown: boolean;
  /** When it went down, while it is down and its press was told. */
  pressedAtMs: number | undefined;
  /** Holds that are still to come in this press, shortest first. */
  holdsLeftMs: readonly number[];
  /** The press that the next one may double. */
  firstPressAtMs: number;
}

interface Button extends Pressable {
  /** Since when a button that is down is reported up without a break. */
  upSinceMs: number | undefined;
  /** When it was let go of last. */
  wentUpMs?: number;
  /** The how manieth press of the device the last one of this button was. */
  lastPress: number;
}

interface Chord extends Pressable {
  readonly key: string;
  readonly members: readonly string[];
  /** The device's newest press when it was last complete: what was pressed until then is used up. */
  usedUpTo: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** One device from its opening on. Times are milliseconds on a clock that never steps, and must not go back. */
export class GestureMachine {
  #settings: GestureSettings;
  readonly #openedAtMs: number;
  readonly #buttons = new Map<string, Button>();
  #chords: readonly Chord[] = [];
  #isFirst = true;
  #presses = 0;

  constructor(settings: GestureSettings, openedAtMs: number) {
    this.#settings = settings;
    this.#openedAtMs = openedAtMs;
    this.ask(settings);
  }

  /** From now on other holds and chords are asked for. A press that has begun keeps its holds, a chord that goes on its state. */
  ask({ holdsMs, chords = [] }: Pick<GestureSettings, 'holdsMs' | 'chords'>): void {
    this.#settings = { ...this.#settings, holdsMs, chords };
    const byKey = new Map(chords.map((chord) => [keyOf(chord), [...new Set(chord)]]));
    this.#chords = [...byKey].map(
      ([key, members]) =>
        this.#chords.find((chord) => chord.key === key) ?? {
          ...untouched({ chord: members }),
          key,
          members,
          usedUpTo: this.#presses,
        },
    );
  }

  /** The buttons that are down as it counts, for pages and tests. */
  get down(): ReadonlySet<string> {
    return new Set([...this.#buttons].filter(([, { isDown }]) => isDown).map(([name]) => name));
  }

  /** When `tick` wants to be called next, should no report come before; undefined: never. */
  get nextAtMs(): number | undefined {
    const times = [...this.#buttons.values()].flatMap((button) => [this.#releaseAt(button), holdAt(button)]);
    return earliest([...times, ...this.#chords.map(holdAt)]);
  }

  /**
   * A report came in.
   * @param down  the buttons that are down, by name.
   * @returns what was done, in order. Holds that were due before come first, so that a late timer changes nothing.
   */
  report(nowMs: number, down: ReadonlySet<string>): Gesture[] {
    const gestures = this.tick(nowMs);
    const wasFirst = this.#isFirst;
    this.#isFirst = false;
    // Two at once in the first report: at least one was down before it, and nobody can tell which.
    const isState = nowMs - this.#openedAtMs < SETTLE_MS || (wasFirst && down.size > 1);
    for (const name of new Set([...this.#buttons.keys(), ...down])) {
      const button = this.#button(name);
      button.isReportedDown = down.has(name);
      if (isState) {
        button.isDown = button.isReportedDown;
        button.upSinceMs = undefined;
        lift(button);
      } else gestures.push(...this.#look(name, button, nowMs));
    }
    return [...gestures, ...this.#lookAtChords(nowMs)];
  }

  /** Time has passed. @returns what time alone brought. */
  tick(nowMs: number): Gesture[] {
    const gestures: Gesture[] = [];
    // One at a time, and each at its own time, so that the order is that of the clock and not that of the buttons.
    for (let at = this.nextAtMs; at !== undefined && at <= nowMs; at = this.nextAtMs) {
      for (const button of this.#buttons.values()) {
        gestures.push(...heldUntil(button, at));
        if (this.#releaseAt(button) === at) gestures.push(...letGo(button));
      }
      for (const chord of this.#chords) gestures.push(...heldUntil(chord, at));
      gestures.push(...this.#lookAtChords(at));
    }
    return gestures;
  }

  #button(name: string): Button {
    let button = this.#buttons.get(name);
    if (!button) {
      button = { ...untouched({ button: name }), upSinceMs: undefined, lastPress: 0 };
      this.#buttons.set(name, button);
    }
    return button;
  }

  /** A press counts at once. Up counts when it has lasted: without a debounce, at once as well. */
  #look(name: string, button: Button, nowMs: number): Gesture[] {
    if (!button.isReportedDown) {
      if (!button.isDown) return [];
      button.upSinceMs ??= nowMs;
      return this.#settings.debounceMs > 0 ? [] : letGo(button);
    }
    button.upSinceMs = undefined;
    if (button.isDown) return [];
    button.isDown = true;
    this.#presses += 1;
    button.lastPress = this.#presses;
    return this.#pressed(name, button, nowMs);
  }

  /** A chord has no edges of its own: it follows from its buttons, after each of them was told. */
  #lookAtChords(nowMs: number): Gesture[] {
    return this.#chords.flatMap((chord) => {
      const members = chord.members.map((name) => this.#buttons.get(name));
      chord.isReportedDown = members.every((member) => member?.isReportedDown);
      const isDown = chord.isDown ? members.every((member) => member?.isDown) : this.#isStruck(chord, members);
      if (isDown === chord.isDown) return [];
      chord.isDown = isDown;
      if (!isDown) return released(chord, Math.min(nowMs, ...members.map((member) => member?.wentUpMs ?? nowMs)));
      chord.usedUpTo = this.#presses;
      return this.#pressed(chord.key, chord, nowMs);
    });
  }

  /** All are down now, all were pressed within chordMs, and none of these presses made this chord before. */
  #isStruck({ usedUpTo }: Chord, members: readonly (Button | undefined)[]): boolean {
    if (!members.every((member) => member?.isReportedDown)) return false;
    const times = members.map((member) => (member && member.lastPress > usedUpTo ? member.pressedAtMs : undefined));
    const known = times.filter((time) => time !== undefined);
    if (known.length < times.length) return false;
    return Math.max(...known) - Math.min(...known) <= (this.#settings.chordMs ?? 0);
  }

  /** When a button that is reported up counts as let go of. */
  #releaseAt({ upSinceMs }: Button): number | undefined {
    return upSinceMs === undefined ? undefined : upSinceMs + this.#settings.debounceMs;
  }

  #pressed(key: string, what: Pressable, nowMs: number): Gesture[] {
    what.pressedAtMs = nowMs;
    what.holdsLeftMs = [...new Set(this.#settings.holdsMs.get(key) ?? [])].sort((a, b) => a - b);
    const isDouble = nowMs - what.firstPressAtMs <= this.#settings.doubleMs;
    what.firstPressAtMs = isDouble ? NEVER : nowMs;
    const press: Gesture = { ...what.who, gesture: 'press' };
    return isDouble ? [press, { ...what.who, gesture: 'double' }] : [press];
  }
}

const untouched = (who: Who): Pressable => ({
  who,
  isReportedDown: false,
  isDown: false,
  pressedAtMs: undefined,
  holdsLeftMs: [],
  firstPressAtMs: NEVER,
});

const lift = (what: Pressable): void => {
  what.pressedAtMs = undefined;
  what.holdsLeftMs = [];
};

/** A button has been up for long enough: it was let go of when that began. */
function letGo(button: Button): Gesture[] {
  const { upSinceMs } = button;
  if (upSinceMs === undefined) return [];
  button.isDown = false;
  button.upSinceMs = undefined;
  button.wentUpMs = upSinceMs;
  return released(button, upSinceMs);
}

/** One whose press was not told is not told to be released. */
function released(what: Pressable, nowMs: number): Gesture[] {
  const { who, pressedAtMs } = what;
  lift(what);
  return pressedAtMs === undefined ? [] : [{ ...who, gesture: 'release', heldMs: Math.round(nowMs - pressedAtMs) }];
}

/** The hold that is due at that time. */
function heldUntil(what: Pressable, at: number): Gesture[] {
  const [holdMs, ...left] = what.holdsLeftMs;
  if (holdMs === undefined || holdAt(what) !== at) return [];
  what.holdsLeftMs = left;
  return [{ ...what.who, gesture: 'hold', holdMs }];
}

/** No hold counts while the last report says up, be it a bounce: a foot that left is not holding. */
const holdAt = ({ isReportedDown, pressedAtMs, holdsLeftMs: [next] }: Pressable): number | undefined =>
  !isReportedDown || pressedAtMs === undefined || next === undefined ? undefined : pressedAtMs + next;

const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce(
    (first, time) => (first === undefined || (time !== undefined && time < first) ? time : first),
    undefined,
  );
