/** What was not taken, and for how long that is worth saying. Pure. */
import type { Client, ClientRefusal } from '../../client/index.js';

/** A refusal as the page tells it. `id` grows, so that the same words twice are two tellings. */
export interface Notice {
  id: number;
  /** What was pressed: "GO". */
  what: string;
  refusal: ClientRefusal;
  /** When it was told, and where the show was. */
  atMono: number;
  cueId: string | null;
}

/** What ends by itself within moments, such as the guard of a GO, is told for so long, in milliseconds. */
const MOMENTARY_MS = 5000;
const MOMENTARY: ReadonlySet<string> = new Set(['GO_GUARD', 'RATE_LIMITED', 'SEQUENCER_BUSY']);

/** A notice does not outlive its cause: the line is back, the show is released, or it has moved. */
export function isOver(
  notice: Notice,
  client: Pick<Client, 'status' | 'state' | 'troubles'>,
  nowMono: number,
): boolean {
  const { refusal, atMono, cueId } = notice;
  const { status, state, troubles } = client;
  if (state && state.currentCueId !== cueId) return true;
  if (MOMENTARY.has(refusal.code)) return nowMono - atMono >= MOMENTARY_MS;
  if (refusal.code === 'CLIENT_OFFLINE') return status === 'live';
  if (refusal.code === 'EMERGENCY_ACTIVE') return state?.emergency === null;
  if (refusal.code.startsWith('JOURNAL_')) {
    const stands = troubles.some(({ code }) => code.startsWith('JOURNAL_'));
    return !stands && nowMono - atMono >= MOMENTARY_MS;
  }
  return false;
}
