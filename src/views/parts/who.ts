/** Who sits at this page: what the bridge says of the session, or in open mode a stage manager of this browser. */
import type { Actor } from '../../client/index.js';

const DEVICE_KEY = 'pacebuddy.deviceId';

/** `unknown`: a token is wanted. `unreachable`: the bridge did not answer. */
export type Who =
  | { is: 'known'; actor: Actor; showId?: string }
  | { is: 'unknown'; message: string }
  | { is: 'unreachable' };

/** This browser's name, the same after a reload. */
function deviceId(storage: Storage = localStorage): string {
  const kept = storage.getItem(DEVICE_KEY);
  if (kept) return kept;
  const made = `web-${randomLetters()}`;
  storage.setItem(DEVICE_KEY, made);
  return made;
}

export async function askWho(): Promise<Who> {
  try {
    const response = await fetch('v1/session', { headers: { accept: 'application/json' } });
    if (response.status === 401) return { is: 'unknown', message: '' };
    if (!response.ok) return { is: 'unreachable' };
    const said = (await response.json()) as Partial<Actor> & { showId?: string };
    const device = deviceId();
    const actor: Actor =
      said.userId !== undefined && said.role !== undefined
        ? {
            userId: said.userId,
            role: said.role,
            deviceId: device,
            ...(said.displayName ? { displayName: said.displayName } : {}),
          }
        : { userId: `u-sm-${device.replace('web-', '')}`, role: 'stageManager', deviceId: device };
    return { is: 'known', actor, ...(said.showId === undefined ? {} : { showId: said.showId }) };
  } catch {
    return { is: 'unreachable' };
  }
}

/** Shows a token; the bridge keeps it in a cookie that no script can read. @returns why it was not taken, if so. */
export async function signIn(token: string): Promise<string | undefined> {
  try {
    const response = await fetch('v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (response.ok) return undefined;
    return response.status === 401
      ? 'The bridge does not know this token.'
      : `The bridge refused (HTTP ${response.status}).`;
  } catch {
    return 'The bridge did not answer.';
  }
}

/** Made where there is no `crypto.randomUUID`, too: a page over plain http has none. */
function randomLetters(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, '0')).join('');
}
