/** MIDI messages → inputs, and which rules an input fits. Pure. */
import type { Command, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import type { ChannelMessage } from '../../src/wire/midi/codec.js';
import { isSameNumber } from '../../src/wire/midi/cue-number.js';
import type { MmcMessage } from '../../src/wire/midi/mmc.js';
import type { MscMessage } from '../../src/wire/midi/msc.js';
import { ALL_CALL, ALL_FORMATS, FIRST_GROUP, MSC_FORMATS, type MscFormatName } from '../../src/wire/midi/msc-tables.js';
import type { MtcReport } from '../../src/wire/midi/mtc.js';
import { clockText, frameText, type Timecode } from '../../src/wire/midi/timecode.js';

const timeMembers = (time: Timecode) => ({ time: clockText(time), timecode: frameText(time), rate: time.rate });

/** Flat, so that a rule reads `$input.cue`. */
export function toInput(message: ChannelMessage | MscMessage | MmcMessage): Input {
  if (message.kind !== 'msc' && message.kind !== 'mmc') {
    const { kind, ...rest } = message;
    return { event: kind, ...rest };
  }
  const { kind, time, ...rest } = message;
  return { event: kind, ...rest, ...(time && timeMembers(time)) };
}

export const mtcInput = ({ state, timecode, direction, again }: MtcReport): Input => ({
  event: 'mtc',
  state,
  direction,
  ...timeMembers(timecode),
  ...(again && { again }),
});

/** Which show control a device hears; see config.schema.json, $defs device. */
export interface MscReceiver {
  deviceId?: number | undefined;
  groups?: readonly number[] | undefined;
  mscFormats?: readonly (MscFormatName | number)[] | undefined;
}

/** A receiver acts when device_ID is its own, its group's or 7F, and the format its own or 7F (MSC 1.1.1, section 4.1). */
export function isForUs(
  { deviceId, format }: MscMessage,
  { deviceId: own, groups = [], mscFormats }: MscReceiver,
): boolean {
  const isDevice =
    own === undefined ||
    deviceId === own ||
    deviceId === ALL_CALL ||
    groups.some((group) => deviceId === FIRST_GROUP + group - 1);
  return (
    isDevice &&
    (mscFormats === undefined ||
      mscFormats.some((wanted) => wanted === 'all' || wanted === ALL_FORMATS || isFormat(wanted, format)))
  );
}

/** A machine acts on its own device_ID and on 7F, every device (RP-013); the device's `groups` are show control's. */
export const isOurMachine = ({ deviceId }: MmcMessage, { deviceId: own }: Pick<MscReceiver, 'deviceId'>): boolean =>
  own === undefined || deviceId === own || deviceId === ALL_CALL;

/** A format in a message is the wanted one, or all of them; names and bytes are the same. */
function isFormat(wanted: unknown, format: unknown): boolean {
  const [one, other] = [codeOf(wanted), codeOf(format)];
  return other === ALL_FORMATS || one === other;
}

const codeOf = (format: unknown): unknown =>
  typeof format === 'string' && Object.hasOwn(MSC_FORMATS, format) ? MSC_FORMATS[format as MscFormatName] : format;

/** From here on a controller is down, as a sustain pedal has it; and it is up again only below this. */
const DOWN_FROM = 64;
const UP_BELOW = 48;

/** Which way controllers went: a pedal that is pressed says many values. */
export class ControllerEdges {
  readonly #isDown = new Map<number, boolean>();

  /**
   * @returns press when the value comes to 64 or more, release when it then comes below 48, else none: a foot that trembles at
   *   the threshold presses once.
   */
  take(channel: number, controller: number, value: number): 'press' | 'release' | 'none' {
    // At most 16 channels of 128 controllers.
    const key = channel * 128 + controller;
    const wasDown = this.#isDown.get(key) ?? false;
    const isDown = value >= (wasDown ? UP_BELOW : DOWN_FROM);
    this.#isDown.set(key, isDown);
    if (isDown === wasDown) return 'none';
    return isDown ? 'press' : 'release';
  }
}

/** Whether an input of this adapter fits a pattern; see config.schema.json, $defs when. */
export function matches(pattern: Pattern, input: Input): boolean {
  const event = String(input.event);
  const wanted = Object.hasOwn(pattern, event) ? pattern[event] : undefined;
  if (typeof wanted !== 'object' || wanted === null) return false;
  const { cue, list, path, format, deviceId, edge, ...equal } = wanted as Record<string, unknown>;
  // A list is one of these: commands, and states of time code.
  if (!Object.entries(equal).every(([name, value]) => [value].flat().includes(input[name]))) return false;
  if (event === 'msc' || event === 'mmc') {
    if (deviceId !== undefined && input.deviceId !== deviceId && input.deviceId !== ALL_CALL) return false;
    if (format !== undefined && !isFormat(format, input.format)) return false;
    return fitsNumber(cue, input.cue) && fitsNumber(list, input.list) && fitsNumber(path, input.path);
  }
  if (event !== 'controlChange') return true;
  const wantedEdge = edge ?? (equal.value === undefined ? 'press' : 'any');
  return wantedEdge === 'any' || wantedEdge === input.edge;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A desk that both hears and says show control tells the GO that it was sent; other messages a device may pass on. */
export const comesBack = (command: Command, pattern: Pattern): boolean =>
  Object.keys(command).some((kind) => {
    const [wanted, sent] = [pattern[kind], command[kind]] as [unknown, unknown];
    if (!isRecord(wanted) || !isRecord(sent)) return false;
    return ['command', 'note', 'controller', 'program', 'channel'].every((name) => {
      const { [name]: one } = wanted;
      return one === undefined || (Array.isArray(one) ? one.includes(sent[name]) : one === sent[name]);
    });
  });

/** What moves by itself or on its way back is no press: keys and pedals let go of, wheels and pressure, time code. */
export const isPress = ({ event, edge }: Input): boolean =>
  event === 'controlChange' ? edge === 'press' : !['noteOff', 'pitchBend', 'aftertouch', 'mtc'].includes(String(event));

/** An empty text wants that there is none. */
function fitsNumber(wanted: unknown, told: unknown): boolean {
  if (wanted === undefined) return true;
  if (wanted === '') return told === undefined;
  return typeof told === 'string' && isSameNumber(String(wanted), told);
}
