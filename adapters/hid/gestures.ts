/** Reports and time → press, release, hold, double. Pure: a state machine that is told the time. */

/** What somebody did with a button. */
export type Gesture =
  | { button: string; gesture: 'press' | 'double' }
  | { button: string; gesture: 'release'; heldMs: number }
  | { button: string; gesture: 'hold'; holdMs: number };

export interface GestureSettings {
  /** After an edge that counted, a button is not looked at for so long; then its true state counts. */
  debounceMs: number;
  /** The second press so soon after the first is also a double. */
  doubleMs: number;
  /** For each button the lengths of hold that are asked for, in milliseconds. */
  holdsMs: ReadonlyMap<string, readonly number[]>;
}

/**
 * What comes so soon after the opening may be a device that tells how it stands, not a press: it sets the state only.
 * A foot that stays on a pedal while it is plugged in does not fire.
 */
export const SETTLE_MS = 100;

interface Button {
  /** As last reported. */
  isReportedDown: boolean;
  /** As it counts: after debouncing. */
  isDown: boolean;
  /** Until then only the report is remembered. */
  quietUntilMs: number;
  /** When it went down, while it is down and its press was told. */
  pressedAtMs: number | undefined;
  /** Holds that are still to come in this press, shortest first. */
  holdsLeftMs: readonly number[];
  /** The press that the next one may double. */
  firstPressAtMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** One device from its opening on. Times are milliseconds on a clock that never steps, and must not go back. */
export class GestureMachine {
  readonly #settings: GestureSettings;
  readonly #openedAtMs: number;
  readonly #buttons = new Map<string, Button>();
  #isFirst = true;

  constructor(settings: GestureSettings, openedAtMs: number) {
    this.#settings = settings;
    this.#openedAtMs = openedAtMs;
  }

  /** The buttons that are down as it counts, for pages and tests. */
  get down(): ReadonlySet<string> {
    return new Set([...this.#buttons].filter(([, { isDown }]) => isDown).map(([name]) => name));
  }

  /** When `tick` wants to be called next, should no report come before; undefined: never. */
  get nextAtMs(): number | undefined {
    let next: number | undefined;
    for (const button of this.#buttons.values()) {
      for (const at of [settlesAt(button), holdAt(button)]) {
        if (at !== undefined && (next === undefined || at < next)) next = at;
      }
    }
    return next;
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
        button.pressedAtMs = undefined;
        button.holdsLeftMs = [];
      } else if (nowMs >= button.quietUntilMs) gestures.push(...this.#look(name, button, nowMs));
    }
    return gestures;
  }

  /** Time has passed. @returns what time alone brought. */
  tick(nowMs: number): Gesture[] {
    const gestures: Gesture[] = [];
    // One at a time, and each at its own time, so that the order is that of the clock and not that of the buttons.
    for (let at = this.nextAtMs; at !== undefined && at <= nowMs; at = this.nextAtMs) {
      for (const [name, button] of this.#buttons) {
        const holdMs = holdAt(button) === at ? button.holdsLeftMs[0] : undefined;
        if (holdMs !== undefined) {
          button.holdsLeftMs = button.holdsLeftMs.slice(1);
          gestures.push({ button: name, gesture: 'hold', holdMs });
        }
        if (settlesAt(button) === at) gestures.push(...this.#look(name, button, at));
      }
    }
    return gestures;
  }

  #button(name: string): Button {
    let button = this.#buttons.get(name);
    if (!button) {
      button = {
        isReportedDown: false,
        isDown: false,
        quietUntilMs: NEVER,
        pressedAtMs: undefined,
        holdsLeftMs: [],
        firstPressAtMs: NEVER,
      };
      this.#buttons.set(name, button);
    }
    return button;
  }

  /** Makes the reported state count. */
  #look(name: string, button: Button, nowMs: number): Gesture[] {
    if (button.isReportedDown === button.isDown) return [];
    button.isDown = button.isReportedDown;
    button.quietUntilMs = nowMs + this.#settings.debounceMs;
    if (!button.isDown) {
      const { pressedAtMs } = button;
      button.pressedAtMs = undefined;
      button.holdsLeftMs = [];
      if (pressedAtMs === undefined) return [];
      return [{ button: name, gesture: 'release', heldMs: Math.round(nowMs - pressedAtMs) }];
    }
    button.pressedAtMs = nowMs;
    button.holdsLeftMs = [...new Set(this.#settings.holdsMs.get(name) ?? [])].sort((a, b) => a - b);
    const isDouble = nowMs - button.firstPressAtMs <= this.#settings.doubleMs;
    button.firstPressAtMs = isDouble ? NEVER : nowMs;
    const press: Gesture = { button: name, gesture: 'press' };
    return isDouble ? [press, { button: name, gesture: 'double' }] : [press];
  }
}

/** When a report that came in the quiet time will count. */
const settlesAt = (button: Button): number | undefined =>
  button.isReportedDown === button.isDown ? undefined : button.quietUntilMs;

/** No hold counts while the last report says up, be it a bounce: a foot that left is not holding. */
const holdAt = ({ isReportedDown, pressedAtMs, holdsLeftMs: [next] }: Button): number | undefined =>
  !isReportedDown || pressedAtMs === undefined || next === undefined ? undefined : pressedAtMs + next;
