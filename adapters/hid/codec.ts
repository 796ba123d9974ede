/** Reports → the buttons that are down, as a profile says. Pure. */
import type { HidProfile, HidProfileButton } from '../../src/generated/types.js';

/** Keys of a boot keyboard's report begin here; before them are the modifiers and one byte of no meaning. */
const FIRST_KEY = 2;
/** What a keyboard puts into all keys when it cannot tell what is down (HID 1.11, appendix C). */
const ROLL_OVER = 1;

/**
 * The buttons that are down, by name, in the order of the profile.
 * @returns undefined for a report that tells nothing of them: of another number, too short, or a keyboard's roll-over.
 */
export function decodeReport(profile: HidProfile, report: Uint8Array): ReadonlySet<string> | undefined {
  const { id, bytesMin, keyboard } = profile.report;
  if (id !== undefined && report[0] !== id) return undefined;
  const body = id === undefined ? report : report.subarray(1);
  if (body.length < bytesMin) return undefined;
  if (keyboard && body[FIRST_KEY] === ROLL_OVER) return undefined;
  const keys = body.subarray(FIRST_KEY);
  const isDown = ({ byte, mask = 0xff, value = mask, key, modifier }: HidProfileButton): boolean => {
    if (key !== undefined) return keys.includes(key);
    if (modifier !== undefined) return ((body[0] ?? 0) & modifier) === modifier;
    return byte !== undefined && ((body[byte] ?? 0) & mask) === value;
  };
  return new Set(Object.keys(profile.buttons).filter((name) => isDown(profile.buttons[name] ?? {})));
}
