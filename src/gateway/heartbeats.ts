import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../kit/clock.js';
import { FANOUT_CHUNK_CLIENTS } from './limits.js';

/** Does something for everyone who is there now, a few each turn of the event loop, until the signal. */
export async function eachInTurn<T>(all: Iterable<T>, act: (one: T) => void, signal: AbortSignal): Promise<void> {
  let done = 0;
  for (const one of [...all]) {
    if (signal.aborted) return;
    act(one);
    if (++done % FANOUT_CHUNK_CLIENTS === 0) await nextTurn();
  }
}

/** Gives every session its heartbeat every `heartbeatMs`, until the signal. */
export async function heartbeats(
  hub: { readonly clock: Clock; readonly settings: { heartbeatMs: number } },
  sessions: () => Iterable<{ beat(): void }>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await hub.clock.sleep(hub.settings.heartbeatMs, signal);
    await eachInTurn(sessions(), (session) => session.beat(), signal);
  }
}
