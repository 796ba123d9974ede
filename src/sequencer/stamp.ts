import type { Entry } from '../journal/journal.js';
import type { MonoMs, WallMs } from '../kit/clock.js';
import { toUtc } from '../kit/clock.js';
import type { Refusal } from '../protocol/decision.js';
import type { Draft, ShowEvent } from '../protocol/envelope.js';
import { apply } from '../show/apply.js';
import { complete } from '../show/complete.js';
import { decide } from '../show/decide.js';
import { diff } from '../show/patch.js';
import type { ShowState } from '../show/state.js';

/** The show at one place of its log. */
export interface Standing {
  readonly state: ShowState;
  readonly seq: number;
  /** recordedAt of event `seq`, in milliseconds since 1970; 0 before the first. */
  readonly recordedMs: number;
  /** When the press of the last advance was seen; undefined where this process did not take it. */
  readonly goPressedAt?: MonoMs | undefined;
}

/** What is known of a press besides its draft. */
export interface Press {
  /** When it was seen: at its device, or when the client's frame came in. */
  at: MonoMs;
  /** When the same device last pressed GO before it, taken or refused. */
  ownLastAt?: MonoMs | undefined;
}

/** An event, and the show after it. */
export interface Step extends Standing {
  readonly entry: Entry;
}

export interface StampSettings {
  /** How long after a GO every further GO is refused, in milliseconds. */
  goGuardMs: number;
  /** Whether each event tells as JSON Patch how it changed the state. */
  patches: boolean;
}

/**
 * Completes a wish, decides it, and makes it the next event. Pure.
 * @param now  the show's time, not before `before.recordedMs`.
 * @param press  on the clock of the process. @param isWhole  see `complete`.
 */
export function stamp(
  before: Standing,
  draft: Draft,
  now: WallMs,
  settings: StampSettings,
  press: Press,
  isWhole = false,
): Step | Refusal {
  const completed = complete(before.state, draft, now, isWhole);
  if (!completed.ok) return completed;
  const { proposal } = completed;
  const since = (earlier: MonoMs | undefined) => (earlier === undefined ? undefined : press.at - earlier);
  const [sinceGoMs, sinceOwnPressMs] = [since(before.goPressedAt), since(press.ownLastAt)];
  const decision = decide(before.state, proposal, {
    nowMs: now,
    goGuardMs: settings.goGuardMs,
    ...(sinceGoMs === undefined ? {} : { sinceGoMs }),
    ...(sinceOwnPressMs === undefined ? {} : { sinceOwnPressMs }),
  });
  if (!decision.ok) return decision;
  const seq = before.seq + 1;
  // The proposal was made for us: it becomes the event, instead of being copied once more before the disk can begin.
  const event = proposal as ShowEvent;
  event.eventSeq = seq;
  event.recordedAt = toUtc(now);
  const state = apply(before.state, event);
  const patch = settings.patches ? diff(before.state, state) : [];
  if (patch.length > 0) event.patch = patch;
  const goPressedAt = event.eventType === 'CueAdvanced' ? press.at : before.goPressedAt;
  return { entry: { event, json: Buffer.from(JSON.stringify(event)) }, state, seq, recordedMs: now, goPressedAt };
}

/** The show after an event that is in the log. */
export const follow = (before: Standing, event: ShowEvent): Standing => ({
  state: apply(before.state, event),
  seq: event.eventSeq,
  recordedMs: Math.max(before.recordedMs, Date.parse(event.recordedAt)),
  goPressedAt: event.eventType === 'CueAdvanced' ? undefined : before.goPressedAt,
});

/** Events that another writer stored, as lines of JSON, from the one after `before` on. @throws where one is missing */
export function adopt(before: Standing, lines: Buffer): Step[] {
  const steps: Step[] = [];
  let at = before;
  for (const line of lines.toString().split('\n')) {
    if (line === '') continue;
    const event = JSON.parse(line) as ShowEvent;
    if (event.eventSeq <= at.seq) continue;
    if (event.eventSeq > at.seq + 1) throw new Error(`event ${event.eventSeq} follows ${at.seq}`);
    const step = { ...follow(at, event), entry: { event, json: Buffer.from(line) } };
    steps.push(step);
    at = step;
  }
  return steps;
}
