import { doorRefusal } from './refusal.js';
import type { ClientClock, ClientOptions, ClientRefusal } from './types.js';

/** How long the bridge may take to answer a question over HTTP, in milliseconds. */
const ASK_MAX_MS = 5000;

/** The addresses of one bridge, from whichever of them somebody typed. @throws TypeError when it is none */
export function doorsOf(url: string): { ws: string; session: string } {
  const at = new URL(url);
  const base = at.pathname.replace(/\/(ws\/?)?$/, '');
  const secure = at.protocol === 'https:' || at.protocol === 'wss:';
  return {
    ws: `${secure ? 'wss' : 'ws'}://${at.host}${base}/ws`,
    session: `${secure ? 'https' : 'http'}://${at.host}${base}/v1/session`,
  };
}

/** What the bridge says over HTTP of the one who asks. */
export interface Session {
  ok: true;
  showId?: string;
}

/**
 * Asks who this client is to the bridge. A browser does not tell why it could not open a socket; this does.
 * @returns a refusal that is final, or what is known; an empty one when the bridge did not answer.
 */
export async function askSession(
  url: string,
  token: string | undefined,
  ask: NonNullable<ClientOptions['fetch']>,
  clock: ClientClock,
  signal: AbortSignal,
): Promise<Session | ClientRefusal> {
  const asking = new AbortController();
  const stop = () => asking.abort();
  signal.addEventListener('abort', stop);
  void clock.sleep(ASK_MAX_MS, asking.signal).then(stop);
  try {
    const response = await ask(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: asking.signal,
    });
    const body: unknown = await response.json().catch(() => undefined);
    const said = (name: string): string | undefined => {
      const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const refusal = doorRefusal(response.status, said('message'));
    if (refusal) {
      const hint = said('hint');
      return { ...refusal, code: said('code') ?? refusal.code, ...(hint === undefined ? {} : { hint }) };
    }
    const showId = response.ok ? said('showId') : undefined;
    return { ok: true, ...(showId === undefined ? {} : { showId }) };
  } catch {
    return { ok: true };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
