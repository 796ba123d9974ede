/** What was not taken, and for how long that is worth saying. Pure. */
import type { Client, ClientRefusal, ShowState } from '../../client/index.js';
import { hintOf, sentence } from './words.js';

/** A refusal as the page tells it. `id` grows, so that the same words twice are two tellings. */
export interface Notice {
  id: number;
  /** What was pressed: "GO". */
  what: string;
  refusal: ClientRefusal;
  /** When it was told, where the show was, and what held it. */
  atMono: number;
  cueId: string | null;
  emergency: string | undefined;
}

/** An emergency as something that can be compared: it is another when it is raised. */
export const emergencyOf = (state: ShowState | undefined): string | undefined =>
  state?.emergency ? `${state.emergency.emergencyId} ${state.emergency.level}` : undefined;

/** What is pressed for an emergency: what was said of it ends when the emergency is another. */
const OF_EMERGENCY: ReadonlySet<string> = new Set(['Hold', 'Resolve', 'Emergency']);

/** What is told. When the line is back, what was said of the line is no longer so; that the press went nowhere still is. */
export function tellingOf({ what, refusal }: Notice, isLive: boolean): { title: string; words: string; hint: string } {
  if (refusal.code === 'CLIENT_OFFLINE' && isLive) {
    return {
      title: `${what} pressed while offline was not taken`,
      words: 'Press again if it is still meant.',
      hint: '',
    };
  }
  return { title: `${what} not taken`, words: sentence(refusal.message), hint: hintOf(refusal) };
}

/** A log that takes nothing takes no GO. */
export const isLogTrouble = ({ code }: { code: string }): boolean => code.startsWith('JOURNAL_');

/** What ends by itself within moments, such as the guard of a GO, is told for so long, in milliseconds. */
const MOMENTARY_MS = 5000;
const MOMENTARY: ReadonlySet<string> = new Set(['GO_GUARD', 'RATE_LIMITED', 'SEQUENCER_BUSY']);

/** A notice does not outlive its cause: the show is released, or it has moved. A press on a dead line is told until then. */
export function isOver(notice: Notice, client: Pick<Client, 'state' | 'troubles'>, nowMono: number): boolean {
  const { what, refusal, atMono, cueId } = notice;
  const { state, troubles } = client;
  if (state && state.currentCueId !== cueId) return true;
  if (MOMENTARY.has(refusal.code)) return nowMono - atMono >= MOMENTARY_MS;
  if (refusal.code === 'CLIENT_OFFLINE') return OF_EMERGENCY.has(what) && emergencyOf(state) !== notice.emergency;
  if (refusal.code === 'EMERGENCY_ACTIVE') return state?.emergency === null;
  if (isLogTrouble(refusal)) return !troubles.some(isLogTrouble) && nowMono - atMono >= MOMENTARY_MS;
  return false;
}
