/** Wheels, rings, levers and sticks: values → the inputs that the rules ask for. Pure. */
import type { Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import type { ControlName, PanelKind } from './products.js';

/** Those that have a place, as opposed to a jog wheel, which only turns. */
export type Placed = 'shuttle' | 'tbar' | 'joystick' | 'rotary';

/** So far back must a control go before it can come again: a hand on a lever trembles. */
const TREMBLE: Readonly<Record<Placed, number>> = { shuttle: 0, tbar: 4, joystick: 8, rotary: 4 };

interface Zone {
  readonly key: string;
  readonly from: Pattern;
  /** Undefined until the first value: where a control stands at first is not a movement. */
  isIn: boolean | undefined;
}

/** The controls of one device, from its opening on. */
export class Controls {
  #zones: readonly Zone[] = [];
  #jogs: readonly Pattern[] = [];
  /** Where each control that was heard stands. */
  readonly #stands = new Map<string, number>();

  /** @param patterns  of all rules for the device; those about buttons are left alone. */
  constructor(patterns: readonly Pattern[]) {
    this.follow(patterns);
  }

  /** The rules are others. Where a control stands already is no movement, and what a rule knew it goes on to know. */
  follow(patterns: readonly Pattern[]): void {
    this.#jogs = patterns.filter(({ control }) => control === 'jog');
    const placed = patterns.filter(({ control }) => control !== undefined && control !== 'jog');
    const zones = placed.map((from): [string, Zone] => {
      const key = keyOf(from);
      const stands = this.#stands.get(placeOf(from));
      const isIn = stands === undefined ? undefined : isWithin(from, stands, 0);
      return [key, this.#zones.find((zone) => zone.key === key) ?? { key, from, isIn }];
    });
    this.#zones = [...new Map(zones).values()];
  }

  /** A jog wheel was turned. @param value  how far; less than 0 is back. */
  turn(index: number, value: number): Input[] {
    const direction = value < 0 ? 'back' : 'forward';
    const isAsked = this.#jogs.some((jog) => Number(jog.index ?? 0) === index && jog.direction === direction);
    return isAsked && value !== 0 ? [{ control: 'jog', index, direction, value }] : [];
  }

  /** A control stands elsewhere now. @returns one input for each place that it came to. */
  move(control: Placed, index: number, value: number, axis?: 'x' | 'y'): Input[] {
    this.#stands.set(placeOf({ control, index, ...(axis !== undefined && { axis }) }), value);
    return this.#zones.flatMap((zone): Input[] => {
      const { from } = zone;
      if (from.control !== control || Number(from.index ?? 0) !== index || from.axis !== axis) return [];
      const wasIn = zone.isIn;
      const slack = wasIn ? TREMBLE[control] : 0;
      zone.isIn = isWithin(from, value, slack);
      if (wasIn !== false || !zone.isIn) return [];
      const { atLeast, atMost } = from;
      return [
        {
          ...{ control, index, value },
          ...(axis !== undefined && { axis }),
          ...(atLeast !== undefined && { atLeast }),
          ...(atMost !== undefined && { atMost }),
        },
      ];
    });
  }
}

const isWithin = ({ atLeast, atMost }: Pattern, value: number, slack: number): boolean =>
  (atLeast === undefined || value >= Number(atLeast) - slack) &&
  (atMost === undefined || value <= Number(atMost) + slack);

const keyOf = ({ control, index = 0, axis, atLeast, atMost }: Pattern): string =>
  JSON.stringify([control, index, axis, atLeast, atMost]);

const placeOf = ({ control, index = 0, axis }: Pattern): string => JSON.stringify([control, Number(index), axis]);

/** Whether an input of `Controls` fits a pattern with `control`. Pure. */
export function matchesControl(pattern: Pattern, input: Input): boolean {
  const { control, index = 0, axis, direction, atLeast, atMost } = pattern;
  return (
    control === input.control &&
    index === input.index &&
    axis === input.axis &&
    direction === input.direction &&
    atLeast === input.atLeast &&
    atMost === input.atMost
  );
}

/**
 * Why no input could ever fit a pattern with `control`.
 * @param has  how many of each control the panel has; undefined: not known.
 */
export function problemOfControl(pattern: Pattern, has: PanelKind['controls'] | undefined): string | undefined {
  const problem = problemOfShape(pattern);
  if (problem !== undefined || has === undefined) return problem;
  const { control, index = 0 } = pattern;
  const count = has[control as ControlName] ?? 0;
  if (count === 0) return `it has no ${control}`;
  return Number(index) < count ? undefined : `it has ${count} of ${control}, counted from 0`;
}

function problemOfShape({ control, axis, direction, atLeast, atMost, ...rest }: Pattern): string | undefined {
  const foreign = ['button', 'chord', 'gesture', 'holdMs'].find((name) => rest[name] !== undefined);
  // The schema fills the gesture in.
  if (foreign !== undefined && !(foreign === 'gesture' && rest.gesture === 'press')) {
    return `${foreign} is of buttons, and control is not`;
  }
  const hasPlace = atLeast !== undefined || atMost !== undefined;
  if (control === 'jog') {
    if (hasPlace || axis !== undefined) return 'a jog wheel only turns: say direction: forward or direction: back';
    return direction === undefined ? 'a jog wheel wants direction: forward or direction: back' : undefined;
  }
  if (direction !== undefined) return 'only a jog wheel has a direction';
  if (!hasPlace) return `${control} wants atLeast or atMost`;
  if (atLeast !== undefined && atMost !== undefined && Number(atLeast) > Number(atMost)) {
    return `nothing is at least ${atLeast} and at most ${atMost}`;
  }
  if (control === 'joystick') return axis === undefined ? 'a joystick wants axis: x or axis: y' : undefined;
  return axis === undefined ? undefined : 'only a joystick has an axis';
}
