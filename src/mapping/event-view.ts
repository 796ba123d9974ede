import type { Act, Call, Cue, OutputRule, Segment } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { type Place, placeOf } from '../show/running-order.js';
import { cuesAhead, type ShowState } from '../show/state.js';
import { type Context, member } from './placeholders.js';

/** The events that are about cues. */
export const CUE_EVENTS: ReadonlySet<string> = new Set<OutputRule['event']>([
  'CueAdvanced',
  'CueReverted',
  'CueStandbySet',
  'CueStandbyAcknowledged',
]);

/** Once that a rule runs for an event. */
export interface Run extends Context {
  cue?: Cue;
  call?: Call;
}

/** One event as rules see it. What many rules ask for is looked up once. */
export class EventView {
  readonly #event: ShowEvent;
  readonly #state: ShowState;
  readonly #around: Pick<Context, 'show' | 'event' | 'actor'>;
  #once: readonly Run[] | undefined;
  #cues: readonly Run[] | undefined;
  readonly #calls = new Map<string, readonly Run[]>();

  constructor(event: ShowEvent, state: ShowState) {
    this.#event = event;
    this.#state = state;
    this.#around = { show: { id: event.showId, title: state.title }, event, actor: event.actor };
  }

  /** For rules that look at no cue. */
  once(): readonly Run[] {
    this.#once ??= [this.#around];
    return this.#once;
  }

  /** For each cue of the event; for an event that names a segment and no cue, once for the segment. */
  ofCues(): readonly Run[] {
    this.#cues ??= this.#findCues();
    return this.#cues;
  }

  /** For each call of the event's cues to one department. A standby for one department does not concern the others. */
  ofCalls(department: string): readonly Run[] {
    let runs = this.#calls.get(department);
    if (!runs) {
      runs = this.#findCalls(department);
      this.#calls.set(department, runs);
    }
    return runs;
  }

  /** Of the cues that the GOs to come go to, each call to the department; without one, each cue. */
  *ahead(department: string | undefined): Generator<Run> {
    yield* runsAhead(this.#state, this.#around, department);
  }

  #findCues(): Run[] {
    if (!CUE_EVENTS.has(this.#event.eventType)) return [{ ...this.#around, ...segmentOf(this.#event, this.#state) }];
    return cueIdsOf(this.#event).flatMap((cueId) => {
      const found = cueWithin(this.#state, placeOf(this.#state.acts, cueId));
      return found ? [{ ...this.#around, ...found }] : [];
    });
  }

  #findCalls(department: string): Run[] {
    const { eventType, payload } = this.#event;
    if (!CUE_EVENTS.has(eventType)) return [];
    const only = member(payload, 'department');
    if (only !== undefined && only !== department) return [];
    return this.ofCues().flatMap((run) =>
      (run.cue?.calls ?? []).flatMap((call) => (call.department === department ? [{ ...run, call }] : [])),
    );
  }
}

/** Of the cues that the GOs to come go to, in order, each call to the department; without one, each cue. */
export function* runsAhead(
  state: ShowState,
  around: Pick<Context, 'show' | 'event' | 'actor'>,
  department: string | undefined,
): Generator<Run> {
  for (const { id } of cuesAhead(state)) {
    const found = cueWithin(state, placeOf(state.acts, id));
    if (!found) continue;
    const run = { ...around, ...found };
    if (department === undefined) yield run;
    else for (const call of found.cue.calls ?? []) if (call.department === department) yield { ...run, call };
  }
}

function cueIdsOf({ payload }: ShowEvent): readonly string[] {
  if ('toCueId' in payload) return payload.toCueId === null ? [] : [payload.toCueId];
  return 'cueIds' in payload ? payload.cueIds : [];
}

/** A cue and what stands around it. */
export function cueWithin(
  { acts }: ShowState,
  place: Place | undefined,
): { cue: Cue; segment: Segment; act: Act } | undefined {
  const act = place && acts[place.act];
  const segment = act?.segments[place?.segment ?? -1];
  const cue = segment?.cues[place?.cue ?? -1];
  return act && segment && cue ? { cue, segment, act } : undefined;
}

function segmentOf({ payload }: ShowEvent, { acts }: ShowState): { segment: Segment; act: Act } | undefined {
  const segmentId = member(payload, 'segmentId');
  for (const act of acts) {
    const segment = act.segments.find(({ id }) => id === segmentId);
    if (segment) return { segment, act };
  }
  return undefined;
}
