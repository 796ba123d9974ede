import { readFileSync } from 'node:fs';
import type { ClientOptions } from '../client/node.js';
import { BridgeError, wordsOf } from '../kit/errors.js';

/** Where a command's token comes from. */
export interface TokenOptions {
  token?: string;
  tokenFile?: string;
}

/**
 * A command's token: from a file, from the environment (PACEBUDDY_TOKEN, or PACEBUDDY_TOKEN_FILE), or as it was typed, with a
 * word about that: what is typed can be read in the list of processes.
 * @throws CONFIG_UNREADABLE when the file cannot be read or is empty
 */
export function tokenOf({
  token,
  tokenFile = token === undefined ? process.env.PACEBUDDY_TOKEN_FILE : undefined,
}: TokenOptions) {
  if (token !== undefined) {
    process.stderr.write('--token can be read by everybody on this machine; PACEBUDDY_TOKEN or --token-file cannot\n');
    return token;
  }
  if (tokenFile === undefined) return process.env.PACEBUDDY_TOKEN;
  let text: string;
  try {
    text = readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    throw new BridgeError('CONFIG_UNREADABLE', `the token file cannot be read: ${wordsOf(cause)}`, { cause });
  }
  if (text === '') throw new BridgeError('CONFIG_UNREADABLE', `the token file ${tokenFile} is empty`);
  return text;
}

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
