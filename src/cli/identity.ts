import type { ClientOptions } from '../client/node.js';

/** Who a command speaks as: the user of its token, as the bridge knows them, or `claimed` where no token says so. */
export async function identityOf(
  url: string,
  token: string | undefined,
  claimed: { userId: string; role: string; deviceId: string },
): Promise<Pick<ClientOptions, 'actor' | 'token'>> {
  if (token === undefined) return { actor: claimed as ClientOptions['actor'] };
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL('/v1/session', url), { headers }).catch(() => undefined);
  // An answer that is no yes is told by the connection that follows.
  const known = answer?.ok ? ((await answer.json()) as { userId?: string; role?: string }) : {};
  const { userId = claimed.userId, role = claimed.role } = known;
  return { token, actor: { userId, role, deviceId: claimed.deviceId } as ClientOptions['actor'] };
}
