/** A device's buttons: what is down goes in, what somebody did comes out, as the rules for it ask. */
import { Alarm } from '../kit/alarm.js';
import type { Clock } from '../kit/clock.js';
import type { Input, Pattern } from './adapter.js';
import { GestureMachine, keyOf } from './gestures.js';

/** The members of a device in the bridge file that are about its buttons; times in milliseconds. */
export interface ButtonSettings {
  debounceMs: number;
  /** How long a hold is where the rule does not say. */
  holdMs: number;
  doubleMs: number;
  chordMs: number;
}

/** From the device's opening to its end. It keeps the time of holds and of what a bounce hid. */
export class Buttons {
  readonly #settings: ButtonSettings;
  readonly #clock: Clock;
  readonly #machine: GestureMachine;
  readonly #tell: (input: Input) => void;
  readonly #alarm: Alarm;
  #isStopped = false;

  /** @param patterns  of all rules for the device. @param tell  hears each gesture as an input; see `matchesButton`. */
  constructor(settings: ButtonSettings, patterns: readonly Pattern[], clock: Clock, tell: (input: Input) => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#tell = tell;
    this.#alarm = new Alarm(clock, () => this.#tick());
    this.#machine = new GestureMachine({ ...settings, ...askedFor(patterns, settings.holdMs) }, clock.mono());
  }

  /** The rules are others: what they ask counts from the next press on. */
  follow(patterns: readonly Pattern[]): void {
    this.#machine.ask(askedFor(patterns, this.#settings.holdMs));
  }

  /** @param down  the names of all buttons that are down now. */
  report(down: ReadonlySet<string>): void {
    if (this.#isStopped) return;
    this.#tellAll(this.#machine.report(this.#clock.mono(), down));
    if (!this.#isStopped) this.#alarm.set(this.#machine.nextAtMs);
  }

  /** Nothing is told after it. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#alarm.clear();
  }

  #tellAll(gestures: ReturnType<GestureMachine['tick']>): void {
    for (const gesture of gestures) {
      if (this.#isStopped) return;
      const isUsual = gesture.gesture === 'hold' && gesture.holdMs === this.#settings.holdMs;
      this.#tell(isUsual ? { ...gesture, isUsualHold: true } : { ...gesture });
    }
  }

  /** Time alone brings something: a hold, or what a bounce hid. */
  #tick(): void {
    this.#tellAll(this.#machine.tick(this.#clock.mono()));
    if (!this.#isStopped) this.#alarm.set(this.#machine.nextAtMs);
  }
}

/** What a pattern is about: its buttons as text, one, or those of its chord; none where it is about something else. */
export function buttonsOf({ button, chord }: Pattern | Input): readonly string[] {
  if (button !== undefined) return [String(button)];
  return Array.isArray(chord) ? chord.map(String) : [];
}

/** Whether an input of `Buttons` fits a pattern with `button` or `chord`, `gesture` and `holdMs`. Pure. */
export function matchesButton(pattern: Pattern, input: Input): boolean {
  const { gesture = 'press', holdMs } = pattern;
  const buttons = buttonsOf(pattern);
  if (buttons.length === 0 || keyOf(buttons) !== keyOf(buttonsOf(input)) || gesture !== input.gesture) return false;
  if (gesture !== 'hold') return holdMs === undefined;
  // A hold without holdMs is the device's own.
  return holdMs === undefined ? input.isUsualHold === true : holdMs === input.holdMs;
}

/**
 * Whether an input of `Buttons` that no rule fits was a press in vain: of a button without a rule, or one that was let go
 * of before the only hold that is waited for. Pure.
 * @param holdMs  the device's own.
 */
export function isButtonPress(input: Input, patterns: readonly Pattern[], holdMs: number): boolean {
  const who = buttonsOf(input);
  if (who.length === 0) return true;
  const own = patterns.filter((pattern) => who.every((name) => buttonsOf(pattern).includes(name)));
  if (input.gesture === 'press') return own.length === 0;
  if (input.gesture !== 'release' || own.length === 0) return false;
  return own.every(
    (pattern) =>
      pattern.gesture === 'hold' &&
      pattern.chord === undefined &&
      Number(pattern.holdMs ?? holdMs) > Number(input.heldMs),
  );
}

/**
 * Why no input of the device's buttons could ever fit the pattern.
 * @param known  the names of its buttons; undefined: not known here.
 */
export function problemOfButton(pattern: Pattern, known: readonly string[] | undefined): string | undefined {
  const { button, chord, gesture = 'press', holdMs } = pattern;
  const buttons = buttonsOf(pattern);
  if (buttons.length === 0) return 'it names neither a button nor a chord, such as chord: [left, right]';
  if (button !== undefined && chord !== undefined) return 'it names a button and a chord; two rules can do that';
  if (chord !== undefined && new Set(buttons).size < 2) return 'a chord is of two buttons or more';
  if (holdMs !== undefined && gesture !== 'hold') return `holdMs wants gesture: hold, and this is a ${gesture}`;
  const missing = buttons.find((name) => known !== undefined && !known.includes(name));
  return missing === undefined ? undefined : `there is no button ${missing}, only ${listed(known ?? [])}`;
}

/** How many names one message tells. */
const NAMED_MAX = 24;
const listed = (names: readonly string[]): string =>
  names.length > NAMED_MAX
    ? `${names.slice(0, NAMED_MAX).join(', ')} and ${names.length - NAMED_MAX} more`
    : names.join(', ');

/**
 * Whether nobody can do what fits `pattern` without also doing what fits `other`, on the way there or back, though the
 * one is most likely meant instead of the other: a hold is a press first. Pure.
 * @param holdMs  the device's own.
 */
export function includesButton(pattern: Pattern, other: Pattern, holdMs: number): boolean {
  const mine = buttonsOf(pattern);
  const its = buttonsOf(other);
  const { gesture = 'press' } = pattern;
  const { gesture: itsGesture = 'press' } = other;
  const isPlain = mine.length === 1 && (gesture === 'press' || gesture === 'release');
  if (isPlain || its.length === 0 || !its.every((name) => mine.includes(name)) || itsGesture === 'double') return false;
  const isSameWho = keyOf(mine) === keyOf(its);
  if (itsGesture === 'hold') {
    const [mineMs, itsMs] = [Number(pattern.holdMs ?? holdMs), Number(other.holdMs ?? holdMs)];
    return gesture === 'hold' && (isSameWho ? itsMs < mineMs : itsMs <= mineMs);
  }
  // Of the same button or chord a press and a release are two ends of one gesture, not one instead of the other.
  return !isSameWho || gesture === 'hold' || gesture === 'double';
}

/** What the rules ask of the machine: for each button or chord its lengths of hold, and the chords. */
function askedFor(patterns: readonly Pattern[], usualHoldMs: number) {
  const holdsMs = new Map<string, number[]>();
  const chords: (readonly string[])[] = [];
  for (const pattern of patterns) {
    const buttons = buttonsOf(pattern);
    if (pattern.chord !== undefined && buttons.length > 1) chords.push(buttons);
    const { gesture, holdMs = usualHoldMs } = pattern;
    if (gesture !== 'hold' || typeof holdMs !== 'number' || buttons.length === 0) continue;
    const key = keyOf(buttons);
    holdsMs.set(key, [...(holdsMs.get(key) ?? []), holdMs]);
  }
  return { holdsMs, chords };
}
