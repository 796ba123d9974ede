/** What this page saw come by and what is to be known for longer than the show's state holds it. Pure. */
import { cuesOf, type PayloadByType, type ReceivedEvent, type ShowState } from '../../client/index.js';
import type { Shape } from './marks.js';
import { byWhom, callName, cueNumbers, numberOf, seconds } from './words.js';

/** What happened beside the presses and is to be known for a while: a late cue, a move by another hand, a stop in vain. */
export interface Aside {
  key: string;
  shape: Extract<Shape, 'disc' | 'triangle' | 'cross'>;
  title: string;
  words: string;
  /** So many moves of the show end it; left out: no move does. */
  moves?: number;
  /** An output of this cause ends it, and so does the end of the emergency. */
  stopId?: string;
}

/** An output that was told as failed. */
export interface Failure extends Pick<PayloadByType['OutputFailed'], 'device' | 'summary' | 'code' | 'detail'> {
  causationId: string;
  outputId: string;
  /** What it comes from, as far as this page saw it. */
  cause?: CauseSeen;
}

/** An event that sends outputs: "cue 25", "STOP". */
interface CauseSeen {
  name: string;
  cueId?: string;
  hasOutput?: true;
}

export interface Seen {
  causes: ReadonlyMap<string, CauseSeen>;
  failures: readonly Failure[];
  asides: readonly Aside[];
}

export const NOTHING_SEEN: Seen = { causes: new Map(), failures: [], asides: [] };

/** How many asides, and how many failures of earlier causes, are kept: the oldest goes. */
const ASIDES_MAX = 4;
export const EARLIER_MAX = 4;
/** How many failures of the newest cause are remembered, as many as the state tells of; and how many causes. */
const FAILURES_MAX = 256;
const CAUSES_MAX = 64;

/** What is so until the show moves ends with its next move, what is in doubt with the one after it. */
const ONE_MOVE = 1;
const TWO_MOVES = 2;

/** The same for a failure that the state holds and for one that it no longer holds: put away once, it is away. */
export const failureKey = ({
  causationId,
  outputId,
  code = '',
}: {
  causationId: string;
  outputId: string;
  code?: string;
}): string => JSON.stringify([causationId, outputId, code]);

/** @param state  of the show after the event. */
export function see(seen: Seen, event: ReceivedEvent, state: ShowState, ownDeviceId: string): Seen {
  if (event.withheld) return seen;
  switch (event.eventType) {
    case 'CueAdvanced': {
      const { fromCueId, toCueId } = event.payload;
      const skipped = passedOver(state, fromCueId, toCueId);
      const moved = withCause(afterMove(seen), event, causeOf(state, toCueId));
      const who = byWhom(event.actor, ownDeviceId);
      if (skipped.length === 0 || who === 'you') return moved;
      const title = `${who} skipped ${cueNumbers(skipped)} with GO ${numberOf(state, toCueId)}`;
      return withAside(moved, { key: event.messageId, shape: 'triangle', title, words: '', moves: TWO_MOVES });
    }
    case 'CueReverted': {
      const moved = afterMove(seen);
      const { fromCueId, toCueId } = event.payload;
      const who = byWhom(event.actor, ownDeviceId);
      if (who === 'you') return moved;
      const stands = toCueId === null ? 'before its first cue' : `at ${numberOf(state, toCueId)}`;
      const title = `${who} took back cue ${numberOf(state, fromCueId)}: the show stands ${stands}`;
      return withAside(moved, { key: event.messageId, shape: 'triangle', title, words: '', moves: ONE_MOVE });
    }
    case 'CallFired':
      return withCause(seen, event, causeOf(state, event.payload.cueId));
    case 'EmergencyTriggered':
      return withCause(withoutStops(seen), event, { name: event.payload.level.toUpperCase() });
    case 'EmergencyResolved':
      return withoutStops(seen);
    case 'OutputSent':
      return heard(seen, event.causationId, idOf(event.payload));
    case 'OutputConfirmed':
      return confirmed(seen, event.causationId, event.payload);
    case 'OutputFailed':
      return failed(heard(seen, event.causationId, idOf(event.payload)), event.causationId, event.payload);
    case 'ExternalCueFired': {
      const { device, cueNumber, attribution, call } = event.payload;
      if (attribution !== 'doubtful') return seen;
      const words = `ours or an operator’s? Nothing moved: look where the show is${stillSent(state, call)}`;
      const title = `${device} fired ${cueNumber}`;
      return withAside(seen, { key: event.messageId, shape: 'triangle', title, words, moves: TWO_MOVES });
    }
    default:
      return seen;
  }
}

/** What the state tells as failed when the page meets it: it is to outlast the next GO, too. */
export function seeState(seen: Seen, { outputs }: ShowState): Seen {
  return outputs.reduce(
    (before, { causationId, stage, code = '', ...output }) =>
      stage === 'failed' ? failed(before, causationId, { ...output, code }) : before,
    seen,
  );
}

/** A stop of which no output was heard of in the time that one takes. */
export function seeStopInVain(seen: Seen, stopId: string, { emergency, outputs }: ShowState): Seen {
  const cause = seen.causes.get(stopId);
  const hasOutput = cause?.hasOutput || outputs.some(({ causationId }) => causationId === stopId);
  if (!cause || hasOutput || emergency?.level.toUpperCase() !== cause.name) return seen;
  const title = `${cause.name} was recorded, and nothing was sent to a device`;
  return withAside(seen, { key: `stop ${stopId}`, shape: 'cross', title, words: 'stop them by hand', stopId });
}

/** What was put away makes room. */
export const forget = (seen: Seen, key: string): Seen => ({
  ...seen,
  asides: seen.asides.filter((aside) => aside.key !== key),
  failures: seen.failures.filter((failure) => failureKey(failure) !== key),
});

const idOf = ({ outputId, ruleId }: Pick<PayloadByType['OutputFailed'], 'outputId' | 'ruleId'>): string =>
  outputId ?? ruleId;

const causeOf = (state: ShowState, cueId: string): CauseSeen => ({ name: `cue ${numberOf(state, cueId)}`, cueId });

/** In doubt a call has not gone: its GO starts it. */
function stillSent(state: ShowState, call: PayloadByType['ExternalCueFired']['call']): string {
  const cue = call && cuesOf(state).find(({ id }) => id === call.cueId);
  if (!cue || (cue.status !== 'pending' && cue.status !== 'standby')) return '';
  return `. GO ${cue.number} starts ${callName(call)} all the same`;
}

/** The numbers of the cues that an advance passed over; those that were done or skipped before it are not among them. */
function passedOver(state: ShowState, fromCueId: string | null, toCueId: string): string[] {
  const cues = cuesOf(state);
  const indexOf = (cueId: string | null) => cues.findIndex(({ id }) => id === cueId);
  const between = cues.slice(indexOf(fromCueId) + 1, Math.max(0, indexOf(toCueId)));
  return between.filter(({ status }) => status === 'skipped').map(({ number }) => number);
}

const withAside = (seen: Seen, aside: Aside): Seen => ({
  ...seen,
  asides: [...seen.asides.filter(({ key }) => key !== aside.key), aside].slice(-ASIDES_MAX),
});

const withoutStops = (seen: Seen, stopId?: string): Seen => ({
  ...seen,
  asides: seen.asides.filter((aside) => aside.stopId === undefined || (stopId ?? aside.stopId) !== aside.stopId),
});

function withCause(seen: Seen, { messageId }: ReceivedEvent, cause: CauseSeen): Seen {
  const causes = [...seen.causes, [messageId, cause] as const].slice(-CAUSES_MAX);
  return { ...seen, causes: new Map(causes), failures: seen.failures.slice(-EARLIER_MAX) };
}

const afterMove = (seen: Seen): Seen => ({
  ...seen,
  asides: seen.asides.flatMap((aside): Aside[] => {
    if (aside.moves === undefined) return [aside];
    return aside.moves > 1 ? [{ ...aside, moves: aside.moves - 1 }] : [];
  }),
});

/** Something is heard of an output: a stop is not in vain, and what of a cue is sent once more is told anew. */
function heard(seen: Seen, causationId: string | undefined, outputId: string): Seen {
  const cause = causationId === undefined ? undefined : seen.causes.get(causationId);
  if (causationId === undefined || !cause) return seen;
  const { cueId } = cause;
  const isOlder = (failure: Failure) =>
    cueId !== undefined &&
    failure.cause?.cueId === cueId &&
    failure.outputId === outputId &&
    failure.causationId !== causationId;
  return {
    ...withoutStops(seen, causationId),
    causes: new Map(seen.causes).set(causationId, { ...cause, hasOutput: true }),
    failures: seen.failures.filter((failure) => !isOlder(failure)),
  };
}

/** What fired has fired, whatever was told before. */
function confirmed(seen: Seen, causationId: string | undefined, payload: PayloadByType['OutputConfirmed']): Seen {
  const outputId = idOf(payload);
  const isThis = (failure: Failure) => failure.causationId === causationId && failure.outputId === outputId;
  const after = heard(seen, causationId, outputId);
  if (!after.failures.some(isThis)) return after;
  const { device, summary, latencyMs } = payload;
  const words = `${summary} fired${latencyMs === undefined ? '' : ` after ${seconds(latencyMs)}`}`;
  const key = `fired ${causationId} ${outputId}`;
  return withAside(
    { ...after, failures: after.failures.filter((failure) => !isThis(failure)) },
    { key, shape: 'disc', title: `${device} fired after all`, words, moves: ONE_MOVE },
  );
}

function failed(
  seen: Seen,
  causationId: string | undefined,
  payload: Omit<PayloadByType['OutputFailed'], 'latencyMs'>,
): Seen {
  if (causationId === undefined) return seen;
  const outputId = idOf(payload);
  const { device, summary, code, detail } = payload;
  const cause = seen.causes.get(causationId);
  const failure: Failure = {
    causationId,
    outputId,
    device,
    summary,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(cause ? { cause } : {}),
  };
  const others = seen.failures.filter((known) => known.causationId !== causationId || known.outputId !== outputId);
  return { ...seen, failures: [...others, failure].slice(-FAILURES_MAX) };
}
