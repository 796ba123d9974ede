/** Reports → the buttons that are down, as a profile says. Pure. */
import type { HidProfile, HidProfileButton } from './generated/types.js';

/** A boot keyboard's report (HID 1.11, appendix B): the modifiers, one byte that is 0, the keys. */
const RESERVED = 1;
const FIRST_KEY = 2;
const KEYBOARD_BYTES = 8;
/** What a keyboard puts into all keys when it cannot tell what is down (HID 1.11, appendix C). */
const ROLL_OVER = 1;

/** Why a report says nothing of the profile's buttons: it has another number, another shape, or keys that no button has. */
export type Strange = 'id' | 'shape' | 'keys';

/** `down` are the buttons that are down, by name, in the order of the profile, also where a strange key is beside them. */
export interface Decoded {
  readonly down: ReadonlySet<string>;
  readonly strange?: Strange;
}

const NONE: ReadonlySet<string> = new Set();

/** @returns undefined for a keyboard's roll-over, which tells nothing */
export function decodeReport(profile: HidProfile, report: Uint8Array): Decoded | undefined {
  const {
    id,
    bytesMin,
    keyboard,
    bytesMax = keyboard ? Math.max(bytesMin, KEYBOARD_BYTES) : undefined,
  } = profile.report;
  if (id !== undefined && report[0] !== id) return { down: NONE, strange: 'id' };
  const body = id === undefined ? report : report.subarray(1);
  if (body.length < bytesMin || body.length > (bytesMax ?? body.length)) return { down: NONE, strange: 'shape' };
  // A numbered report that is read without its number has its modifiers here.
  if (keyboard && (body[RESERVED] ?? 0) !== 0) return { down: NONE, strange: 'shape' };
  const keys = body.subarray(FIRST_KEY);
  if (keyboard && keys.includes(ROLL_OVER)) return undefined;
  const isDown = ({ byte, mask = 0xff, value = mask, key, modifier }: HidProfileButton): boolean => {
    if (key !== undefined) return keys.includes(key);
    if (modifier !== undefined) return ((body[0] ?? 0) & modifier) === modifier;
    return byte !== undefined && ((body[byte] ?? 0) & mask) === value;
  };
  const down = new Set(Object.keys(profile.buttons).filter((name) => isDown(profile.buttons[name] ?? {})));
  return keyboard && hasStrangeKeys(profile, body[0] ?? 0, keys) ? { down, strange: 'keys' } : { down };
}

/** Whether a key or a modifier is down that no button of the profile has. */
function hasStrangeKeys({ buttons }: HidProfile, modifiers: number, keys: Uint8Array): boolean {
  const known = Object.values(buttons);
  const knownModifiers = known.reduce(
    (bits, { byte, mask = 0xff, modifier = byte === 0 ? mask : 0 }) => bits | modifier,
    0,
  );
  if ((modifiers & ~knownModifiers) !== 0) return true;
  return keys.some(
    (pressed, n) => pressed !== 0 && !known.some(({ key, byte }) => key === pressed || byte === n + FIRST_KEY),
  );
}
