import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../kit/clock.js';
import { FANOUT_CHUNK_CLIENTS } from './limits.js';

/** Gives every session its heartbeat every `heartbeatMs`, a few each turn of the event loop, until the signal. */
export async function heartbeats(
  hub: { readonly clock: Clock; readonly settings: { heartbeatMs: number } },
  sessions: () => Iterable<{ beat(): void }>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await hub.clock.sleep(hub.settings.heartbeatMs, signal);
    let done = 0;
    for (const session of [...sessions()]) {
      if (signal.aborted) return;
      session.beat();
      if (++done % FANOUT_CHUNK_CLIENTS === 0) await nextTurn();
    }
    if (signal.aborted) return;
  }
}
