/** What `check` can say of a HID device and its rules without the device: its profile is a file. */
import { readdirSync } from 'node:fs';
import type { DeviceProblem, Pattern } from '../../src/devices/adapter.js';
import { includesButton, problemOfButton } from '../../src/devices/buttons.js';
import { wordsOf } from '../../src/kit/errors.js';
import { profilesFolder, readProfile } from './profile.js';

type Config = Readonly<Record<string, unknown>>;

/** Why no input of this device could ever fit the pattern. A profile that cannot be read is `problemOfDevice`'s. */
export function problemOfPattern(pattern: Pattern, { profile }: Config, baseDir: string): string | undefined {
  return problemOfButton(pattern, buttonsOfProfile(String(profile), baseDir));
}

/** A profile that is not there, or is none. */
export function problemOfDevice({ profile }: Config, _timers: unknown, baseDir: string): DeviceProblem | undefined {
  const name = String(profile);
  try {
    readProfile(name, baseDir);
    return undefined;
  } catch (error) {
    const problem: DeviceProblem = { pointer: '/profile', message: wordsOf(error), severity: 'error' };
    const among = namesOfProfiles();
    return name.endsWith('.yaml') || name.endsWith('.yml') || among.includes(name)
      ? problem
      : { ...problem, message: `there is no profile "${name}" in config/hid-profiles`, unknown: { name, among } };
  }
}

export const includes = (pattern: Pattern, other: Pattern, { holdMs }: Config): boolean =>
  includesButton(pattern, other, Number(holdMs));

function buttonsOfProfile(name: string, baseDir: string): readonly string[] | undefined {
  try {
    return Object.keys(readProfile(name, baseDir).buttons);
  } catch {
    return undefined;
  }
}

function namesOfProfiles(): string[] {
  try {
    return readdirSync(profilesFolder).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []));
  } catch {
    return [];
  }
}
