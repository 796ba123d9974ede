/** A device of the bridge file with its profile read and what was left out filled in. */
import type { DeviceProblem, Resolved } from '../../src/adapter-sdk/adapter.js';
import { type Console, compileConsole } from './console.js';
import type { OscDevice, OscProfile } from './generated/types.js';
import { oscProfiles } from './profile.js';

export type OscConfig = Readonly<OscDevice> & Readonly<Record<string, unknown>>;

/** Everything that the wire needs is there. `profileData` is the profile, read. */
export interface Settled extends OscDevice {
  transport: 'udp' | 'tcp';
  framing: 'auto' | 'slip' | 'length-prefix';
  profileData?: OscProfile;
}

/** Reads the profile, and fills in what it says. @param baseDir  the folder of the bridge file. */
export async function resolve(config: OscConfig, baseDir: string): Promise<Resolved<OscConfig>> {
  if (config.profile === undefined) return { ok: true, config: filledIn(config, undefined) };
  const read = await oscProfiles.resolve(config.profile, baseDir);
  if (!read.ok) return read;
  const settled = filledIn(config, read.profile);
  const problem = problemOfPlaces(settled);
  return problem ? { ok: false, problem } : { ok: true, config: settled };
}

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
function problemOfPlaces({ transport, host, port, listen, profile }: Settled): DeviceProblem | undefined {
  const severity = 'error';
  if (transport === 'tcp' && host !== undefined && listen !== undefined) {
    return { pointer: '/listen', message: 'over TCP a device has either host or listen, not both', severity };
  }
  if (host !== undefined && port === undefined) {
    const message = `port is missing: over ${transport} the profile ${profile} does not know it, as it is set at the device`;
    return { pointer: '/host', message, severity };
  }
  return undefined;
}
