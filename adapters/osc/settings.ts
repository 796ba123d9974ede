/** A device of the bridge file with its profile read and what was left out filled in. */
import { readdir } from 'node:fs/promises';
import type { Resolved } from '../../src/devices/adapter.js';
import type { OscDevice, OscProfile } from '../../src/generated/types.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { type Console, compileConsole } from './console.js';
import { loadProfile, profilesFolder } from './profile.js';

export type OscConfig = Readonly<OscDevice> & Readonly<Record<string, unknown>>;

/** Everything that the wire needs is there. `profileData` is the profile, read. */
export interface Settled extends OscDevice {
  transport: 'udp' | 'tcp';
  framing: 'auto' | 'slip' | 'length-prefix';
  profileData?: OscProfile;
}

/** @param baseDir  the folder of the bridge file. */
export async function resolve(config: OscConfig, baseDir: string): Promise<Resolved<OscConfig>> {
  if (config.profile === undefined) return { ok: true, config: filledIn(config, undefined) };
  let profile: OscProfile;
  try {
    profile = await loadProfile(config.profile, baseDir);
  } catch (error) {
    const { code, message } = toBridgeError(error);
    if (code !== 'CONFIG_UNKNOWN_NAME') return { ok: false, member: 'profile', message };
    return { ok: false, member: 'profile', message, unknown: { name: config.profile, among: await profileNames() } };
  }
  const settled = filledIn(config, profile);
  const problem = problemOfPlaces(settled);
  return problem ? { ok: false, ...problem } : { ok: true, config: settled };
}

/** The same for a device that nobody has resolved yet. @throws DEVICE_REFUSED: trying again would not mend the file */
export async function settle(config: OscConfig, baseDir: string): Promise<Settled> {
  if (config.profileData !== undefined) return config as Settled;
  const resolved = await resolve(config, baseDir);
  if (!resolved.ok) throw new BridgeError('DEVICE_REFUSED', resolved.message);
  return resolved.config as OscConfig & Settled;
}

/** The profiles that come with the bridge. */
export const profileNames = async (): Promise<string[]> =>
  (await readdir(profilesFolder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));

/** What the device understands and says by name; undefined without a profile, or before it was read. */
export function consoleOf(config: Readonly<Record<string, unknown>> | undefined): Console | undefined {
  const { profileData, prefix = '' } = (config ?? {}) as { profileData?: OscProfile; prefix?: string };
  if (!profileData) return undefined;
  let byPrefix = consoles.get(profileData);
  if (!byPrefix) {
    byPrefix = new Map();
    consoles.set(profileData, byPrefix);
  }
  let console = byPrefix.get(prefix);
  if (!console) {
    console = compileConsole(profileData, prefix);
    byPrefix.set(prefix, console);
  }
  return console;
}

/** A profile is made ready once; it does not change once it was read. */
const consoles = new WeakMap<OscProfile, Map<string, Console>>();

/** Whether what the device says reaches the bridge: over UDP it talks to a port of ours that was set at the device. */
export const canHear = (config: Readonly<Partial<Settled>>): boolean =>
  config.transport === 'tcp' || config.listen !== undefined || config.profileData?.device.answersSender === true;

function filledIn(config: OscConfig, profile: OscProfile | undefined): OscConfig & Settled {
  const { transport, framing, port } = profile?.device ?? {};
  const chosen = config.transport ?? transport ?? 'udp';
  const usualPort = config.host === undefined || chosen !== transport ? undefined : port;
  return {
    ...config,
    transport: chosen,
    framing: config.framing ?? framing ?? 'auto',
    ...(config.port === undefined && usualPort !== undefined && { port: usualPort }),
    ...(profile && { profileData: profile }),
  };
}

/** What the schema says of devices without a profile. */
function problemOfPlaces({
  transport,
  host,
  port,
  listen,
  profile,
}: Settled): { member: string; message: string } | undefined {
  if (transport === 'tcp' && host !== undefined && listen !== undefined) {
    return { member: 'listen', message: 'over TCP a device has either host or listen, not both' };
  }
  if (host !== undefined && port === undefined) {
    return {
      member: 'host',
      message: `port is missing: over ${transport} the profile ${profile} does not know it, as it is set at the device`,
    };
  }
  return undefined;
}
