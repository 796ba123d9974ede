/** Profiles: what a console understands and says, read from their files. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { validateOscProfile } from '../../src/generated/files.js';
import type { OscProfile } from '../../src/generated/types.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { packageRoot } from '../../src/kit/package.js';
import { problemsOfProfile } from './profile-checks.js';

/** Where the profiles lie that come with the bridge. */
export const profilesFolder: string = join(packageRoot, 'config', 'osc-profiles');
/** A larger file is no profile. */
const FILE_BYTES_MAX = 65_536;
/** How many mistakes of one file are told at once. */
const PROBLEMS_TOLD_MAX = 5;

/** Whether `profile:` is the path of a file of one's own. */
export const isProfilePath = (profile: string): boolean => /\.ya?ml$/.test(profile);

/**
 * A profile by its name, or by a path of one's own that ends in .yaml or .yml.
 * @param baseDir  the folder of the bridge file, from which such a path is seen.
 * @throws CONFIG_UNKNOWN_NAME, CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function loadProfile(profile: string, baseDir: string): Promise<OscProfile> {
  const isPath = isProfilePath(profile);
  const unknown = (cause?: unknown) =>
    new BridgeError('CONFIG_UNKNOWN_NAME', `no profile is called '${profile}'`, { cause });
  if (!isPath && !/^[a-z0-9][a-z0-9-]*$/.test(profile)) throw unknown();
  const path = isPath ? resolve(baseDir, profile) : join(profilesFolder, `${profile}.yaml`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!isPath && codeOf(cause) === 'ENOENT') throw unknown(cause);
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : wordsOf(cause);
    throw new BridgeError('CONFIG_UNREADABLE', `the profile ${profile} cannot be read: ${why}`, { cause });
  }
  return parseProfile(text, profile);
}

/** @throws CONFIG_SYNTAX, CONFIG_INVALID, naming what is wrong */
export function parseProfile(text: string, name: string): OscProfile {
  if (text.length > FILE_BYTES_MAX) throw new BridgeError('CONFIG_INVALID', `profile ${name} is larger than 64 KiB`);
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new BridgeError('CONFIG_SYNTAX', `profile ${name}: ${wordsOf(cause)}`, { cause });
  }
  const faults = validateOscProfile(data)
    ? problemsOfProfile(data as OscProfile)
    : (validateOscProfile.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath || '/'} ${message}${params.additionalProperty === undefined ? '' : `: ${params.additionalProperty}`}`,
      );
  if (faults.length > 0) {
    throw new BridgeError('CONFIG_INVALID', `profile ${name}: ${faults.slice(0, PROBLEMS_TOLD_MAX).join('; ')}`);
  }
  return data as OscProfile;
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;
