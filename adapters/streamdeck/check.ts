/** What can be said of a Stream Deck's rules and commands without the device, and how its parts are named. Pure. */
import type { Command, DeviceProblem, FaceTimer, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { includesButton, isButtonPress, matchesButton, problemOfButton } from '../../src/adapter-sdk/buttons.js';
import { unwritable } from './draw.js';
import type { StreamdeckDevice } from './generated/types.js';
import { MODELS, type Model, modelOf } from './models.js';

type Config = Readonly<Record<string, unknown>>;

/** A button's name is its number; a dial is pressed as a button is. */
export const nameOfControl = ({ type, index }: { type: string; index: number }): string =>
  type === 'encoder' ? `dial-${index}` : String(index);

/** A dial's pattern as that of a button. */
export const asButton = ({ dial, ...pattern }: Pattern): Pattern =>
  dial === undefined ? pattern : { ...pattern, button: `dial-${dial}` };

/** A button's input in the words of the bridge file: numbers. */
export function fromButton({ button, chord, ...input }: Input): Input {
  if (Array.isArray(chord)) return { chord: chord.map(Number), ...input };
  const [, dial] = /^dial-(\d+)$/.exec(String(button)) ?? [];
  return dial === undefined ? { button: Number(button), ...input } : { dial: Number(dial), ...input };
}

/** See config.schema.json, $defs when. */
export function matches(pattern: Pattern, input: Input): boolean {
  const { touch, gesture = 'press', direction, dial } = pattern;
  if (touch !== undefined) return touch === input.touch && gesture === input.gesture;
  if (gesture === 'turn') {
    return (
      dial === input.dial && input.gesture === 'turn' && (direction === undefined || direction === input.direction)
    );
  }
  return input.gesture !== 'turn' && input.touch === undefined && matchesButton(asButton(pattern), asButton(input));
}

/** Why no input could ever fit the pattern. @param model  undefined: any. */
export function problemOfWhen(pattern: Pattern, model: Model | undefined): string | undefined {
  const { touch, dial, button, chord, gesture = 'press', direction, holdMs } = pattern;
  const named = [touch, dial, button, chord].filter((part) => part !== undefined).length;
  if (named !== 1) return 'it wants one of button, chord, dial, touch';
  if (direction !== undefined && gesture !== 'turn') return `direction wants gesture: turn, and this is a ${gesture}`;
  if (gesture === 'turn') return dial === undefined ? 'only a dial is turned' : noDial(dial, model);
  if (touch !== undefined) {
    if (gesture !== 'press' && gesture !== 'hold') return `the strip tells press and hold, no ${gesture}`;
    if (holdMs !== undefined) return 'how long a hold on the strip is says the device itself';
    return model && model.strip !== 'touch' ? `the ${model.name} has no strip to be touched` : undefined;
  }
  if (dial !== undefined) return noDial(dial, model) ?? problemOfButton(asButton(pattern), undefined);
  const known = model && Array.from({ length: model.buttons }, (_, index) => String(index));
  const problem = problemOfButton(pattern, known);
  return problem !== undefined && model && /^there is no button/.test(problem)
    ? `the ${model.name} has ${buttonsWords(model)}`
    : problem;
}

const buttonsWords = ({ buttons }: Model): string => `the buttons 0 to ${buttons - 1}`;

const noDial = (dial: unknown, model: Model | undefined): string | undefined =>
  model && Number(dial) >= model.dials
    ? `the ${model.name} has ${model.dials === 0 ? 'no dials' : `the dials 0 to ${model.dials - 1}`}`
    : undefined;

export const problemOfPattern = (pattern: Pattern, { model }: Config): string | undefined =>
  problemOfWhen(pattern, modelOf(model));

/** Turns and touches are what somebody does; of buttons see `isButtonPress`. */
export const isPress = (input: Input, patterns: readonly Pattern[], { holdMs }: Config): boolean =>
  input.gesture === 'turn' ||
  input.touch !== undefined ||
  isButtonPress(asButton(input), patterns.map(asButton), Number(holdMs));

export const includes = (pattern: Pattern, other: Pattern, { holdMs }: Config): boolean =>
  [pattern, other].every(({ touch, gesture }) => touch === undefined && gesture !== 'turn') &&
  includesButton(asButton(pattern), asButton(other), Number(holdMs));

/** @param model  the device's own id, or the bridge file's; undefined: not known. */
export function problemOfSend(command: Command, model: unknown): string | undefined {
  const { brightness, button, text } = command;
  const known = modelOf(model);
  if (button !== undefined && text === undefined) return 'button wants text: what it is to show';
  if (button === undefined && (text !== undefined || command.colour !== undefined || command.lit !== undefined)) {
    return 'text, colour and lit want button: where';
  }
  if (brightness === undefined && button === undefined) return 'it wants brightness, or button and text';
  if (!known) return undefined;
  if (known.pictures === 0) return `the ${known.name} shows nothing`;
  if (button !== undefined && Number(button) >= known.buttons) return `the ${known.name} has ${buttonsWords(known)}`;
  return undefined;
}

export function summarise({ brightness, button, text }: Command): string {
  const parts = [
    ...(brightness === undefined ? [] : [`brightness ${brightness} %`]),
    ...(button === undefined ? [] : [text ? `button ${button} “${text}”` : `button ${button} as before`]),
  ];
  return parts.join(', ');
}

/** What of the configuration a model has not. */
export function problemOfParts({ buttons, strip }: StreamdeckDevice, model: Model): DeviceProblem | undefined {
  const severity = 'error';
  const missing = Object.keys(buttons).find((id) => Number(id) >= model.buttons);
  if (missing !== undefined) {
    return { pointer: `/buttons/${missing}`, message: `the ${model.name} has ${buttonsWords(model)}`, severity };
  }
  const [first] = Object.keys(buttons);
  if (first !== undefined && model.pictures === 0) {
    return { pointer: '/buttons', message: `the ${model.name} shows nothing`, severity };
  }
  if (strip.length > 0 && !model.strip) {
    return { pointer: '/strip', message: `the ${model.name} has no strip`, severity };
  }
  return undefined;
}

/** For `check`: a part that the model has not, a timer that the show has not, a letter that no button can write. */
export function problemOfDevice(config: Config, timers: readonly Pick<FaceTimer, 'id'>[]): DeviceProblem | undefined {
  const device = config as unknown as StreamdeckDevice;
  const model = modelOf(device.model);
  const parts = model && problemOfParts(device, model);
  if (parts) return parts;
  const pictures = [
    ...Object.entries(device.buttons).map(([id, picture]) => ({ pointer: `/buttons/${id}`, picture })),
    ...device.strip.map((picture, index) => ({ pointer: `/strip/${index}`, picture })),
  ];
  const among = timers.map(({ id }) => id);
  for (const { pointer, picture } of pictures) {
    const { show, timer, text = '' } = picture;
    if (timer !== undefined && show !== 'timer') {
      return { pointer: `${pointer}/timer`, message: 'timer wants show: timer', severity: 'error' };
    }
    if (timer !== undefined && !among.includes(timer)) {
      const message = `the show has no timer "${timer}"`;
      return { pointer: `${pointer}/timer`, message, severity: 'error', unknown: { name: timer, among } };
    }
    const boxes = unwritable(text);
    if (boxes.length > 0) {
      const message = `a button has no letter for ${boxes.slice(0, 5).join(' ')}; it shows a box`;
      return { pointer: `${pointer}/text`, message, severity: 'warn' };
    }
  }
  return undefined;
}

/** The models' names in the bridge file, for messages. */
export const modelIds = Object.keys(MODELS);
