import type { ShowEvent } from '../protocol/envelope.js';
import type { RuleCommand } from './outputs.js';

/** What is told of the last events lies at most so many events behind them. */
export const LOOK_BACK_EVENTS = 500;
/** An output that left, or failed, was told long before: the longest limit of a device and a slow disk are within it. */
const LOOK_BACK_MS = 10_000;

/** A command of a stored event of which nothing tells that it left. */
export interface Unsent {
  event: ShowEvent;
  command: RuleCommand;
}

/**
 * What a bridge that was killed had taken and perhaps not sent: the commands of its last events of which no OutputSent or
 * OutputFailed tells. Nobody can know more, so nothing of it is sent again. Pure.
 * @param events  the last ones of the log, in their order.
 * @param isAhead  whether a cue is still to come: after a Back its next GO sends all of it, and nothing is missing.
 */
export function unsentOf(
  events: readonly ShowEvent[],
  commandsFor: (event: ShowEvent) => readonly RuleCommand[],
  isAhead: (cueId: string) => boolean = () => false,
): Unsent[] {
  const told = new Set<string>();
  for (const event of events) {
    if (event.eventType !== 'OutputSent' && event.eventType !== 'OutputFailed') continue;
    const { ruleId, outputId = ruleId } = event.payload;
    told.add(keyOf(event.causationId, outputId));
  }
  const endMs = Date.parse(events.at(-1)?.recordedAt ?? '');
  return events
    .filter(({ recordedAt }) => endMs - Date.parse(recordedAt) <= LOOK_BACK_MS)
    .flatMap((event) =>
      commandsFor(event)
        .filter(({ outputId, call }) => !told.has(keyOf(event.messageId, outputId)) && !(call && isAhead(call.cueId)))
        .map((command) => ({ event, command })),
    );
}

const keyOf = (causationId: string | undefined, outputId: string): string =>
  JSON.stringify([causationId?.toLowerCase(), outputId]);
