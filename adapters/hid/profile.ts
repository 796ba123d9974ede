/** Device profiles: which bytes of a report are which button, read from their files. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { validateHidProfile } from '../../src/generated/files.js';
import type { HidProfile, HidProfileButton } from '../../src/generated/types.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { packageRoot } from '../../src/kit/package.js';

/** Where the profiles lie that come with the bridge. */
export const profilesFolder: string = join(packageRoot, 'config', 'hid-profiles');
/** A larger file is no profile. */
const FILE_BYTES_MAX = 65_536;

/**
 * A profile by its name, or by a path of one's own that ends in .yaml or .yml.
 * @param baseDir  the folder of the bridge file, from which such a path is seen.
 * @throws CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function loadProfile(profile: string, baseDir: string): Promise<HidProfile> {
  const { path, shown } = placeOf(profile, baseDir);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(profile, shown, cause);
  });
  return parseProfile(text, profile);
}

/** The same, at once, for `check`. @throws CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID */
export function readProfile(profile: string, baseDir: string): HidProfile {
  const { path, shown } = placeOf(profile, baseDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(profile, shown, cause);
  }
  return parseProfile(text, profile);
}

/** @returns the file, and how it is called for people */
function placeOf(profile: string, baseDir: string): { path: string; shown: string } {
  if (/\.ya?ml$/.test(profile)) {
    const path = resolve(baseDir, profile);
    return { path, shown: path };
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(profile)) {
    throw new BridgeError('CONFIG_UNREADABLE', `profile "${profile}" is neither a name nor a path that ends in .yaml`);
  }
  return { path: join(profilesFolder, `${profile}.yaml`), shown: `config/hid-profiles/${profile}.yaml` };
}

const unreadable = (profile: string, shown: string, cause: unknown) =>
  new BridgeError('CONFIG_UNREADABLE', `profile "${profile}" cannot be read: ${shown}`, { cause });

/** @throws CONFIG_SYNTAX, CONFIG_INVALID, naming what is wrong */
export function parseProfile(text: string, name: string): HidProfile {
  if (text.length > FILE_BYTES_MAX) throw new BridgeError('CONFIG_INVALID', `profile "${name}" is larger than 64 KiB`);
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    const words = wordsOf(cause);
    throw new BridgeError('CONFIG_SYNTAX', `profile "${name}": ${words}`, { cause });
  }
  if (!validateHidProfile(data)) {
    const faults = (validateHidProfile.errors ?? []).map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message}`,
    );
    throw new BridgeError('CONFIG_INVALID', `profile "${name}": ${faults.slice(0, 5).join('; ')}`);
  }
  const profile = data as HidProfile;
  for (const [button, place] of Object.entries(profile.buttons)) {
    const problem = problemOfButton(place, profile.report);
    if (problem) throw new BridgeError('CONFIG_INVALID', `profile "${name}": button ${button} ${problem}`);
  }
  return profile;
}

/** What a schema cannot say. */
function problemOfButton(button: HidProfileButton, report: HidProfile['report']): string | undefined {
  const ways = [button.byte, button.key, button.modifier].filter((way) => way !== undefined);
  if (ways.length !== 1) return 'wants exactly one of byte, key, modifier';
  if (button.byte === undefined) {
    if (button.mask !== undefined || button.value !== undefined) return 'has mask or value without byte';
    return report.keyboard ? undefined : 'names a key, but the report is not a keyboard’s';
  }
  if (button.byte >= report.bytesMin)
    return `is in byte ${button.byte}, which a report of ${report.bytesMin} bytes has not`;
  if (button.value === undefined) return undefined;
  const mask = button.mask ?? 0xff;
  return (button.value & mask) === button.value ? undefined : 'has a value outside of its mask';
}
