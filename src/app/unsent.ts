import type { Log } from '../kit/log.js';
import type { RuleCommand } from '../mapping/outputs.js';
import { LOOK_BACK_EVENTS, unsentOf } from '../mapping/unsent.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { Sequencer } from '../sequencer/sequencer.js';
import { findCue, isAhead } from '../show/state.js';
import type { Node } from './node.js';
import type { Reports } from './reports.js';
import { OWN, type Setup } from './setup.js';

interface Parts {
  setup: () => Setup;
  node: Node;
  sequencer: Sequencer;
  reports: Reports;
  log: Log;
}

/** What the last bridge had taken when it was killed and nothing tells of: once, and nothing is sent again by itself. */
export async function tellUnsent({ setup, node, sequencer, reports, log }: Parts): Promise<void> {
  const { mapping } = setup();
  const { state } = sequencer;
  const events: ShowEvent[] = [];
  for await (const { lines } of sequencer.read(Math.max(1, sequencer.lastEventSeq - LOOK_BACK_EVENTS))) {
    for (const line of lines.toString().split('\n')) if (line !== '') events.push(JSON.parse(line) as ShowEvent);
  }
  const unsent = unsentOf(
    events,
    (each) => mapping.commandsFor(each, state),
    (cueId) => isAhead(findCue(state, cueId)),
  );
  for (const { event, command } of unsent) {
    const { device, ruleId, outputId } = command;
    if (!node.owns(device)) continue;
    const summary = setup().summarise(device, command.command);
    const detail = 'taken, not sent: the bridge stopped before it left, or before it could say so';
    log.error({ code: 'OUTPUT_UNSENT', seq: event.eventSeq, device, ruleId, summary, detail }, 'output.unsent');
    const cueId = resendable(event, outputId);
    reports.tellStage({
      ...{ cause: event, ruleId, outputId, device, summary, latencyMs: 0 },
      ...{ stage: 'failed', code: 'OUTPUT_UNSENT', detail },
      ...(cueId === undefined ? {} : { cueId }),
    });
  }
  await sequencer.idle();

  /** The cue that a CallFired would send this output of; none when it would send nothing. */
  function resendable(event: ShowEvent, outputId: string): string | undefined {
    if (event.eventType !== 'CueAdvanced' && event.eventType !== 'CallFired') return undefined;
    const cueId = event.eventType === 'CueAdvanced' ? event.payload.toCueId : event.payload.cueId;
    return rerunOf(setup(), sequencer, event, cueId, outputId) && cueId;
  }
}

/** With other rules another thing would be sent than what was told: then it can only be sent by hand. */
export function retireUnsent({ setup, node, sequencer, reports }: Omit<Parts, 'log'>): void {
  for (const output of sequencer.state.outputs) {
    const { cueId, outputId, device, summary, ruleId, causationId, causeSeq = 0 } = output;
    if (output.code !== 'OUTPUT_UNSENT' || cueId === undefined || !node.toldBy(output)) continue;
    const now = rerunOf(setup(), sequencer, { actor: OWN }, cueId, outputId);
    if (now && now.device === device && setup().summarise(device, now.command) === summary) continue;
    const detail = 'taken, not sent, and the bridge file has changed since: send it by hand';
    const cause = { eventSeq: causeSeq, messageId: causationId, recordedAt: '' };
    const about = { cause, ruleId, outputId, device, summary, latencyMs: 0 };
    reports.tellStage({ ...about, stage: 'failed', code: 'OUTPUT_UNSENT', detail });
  }
}

/** What a CallFired makes of one output of a cue now. */
function rerunOf(
  { mapping }: Setup,
  { state }: Sequencer,
  cause: Pick<ShowEvent, 'actor'>,
  cueId: string,
  outputId: string,
): RuleCommand | undefined {
  const rerun = { ...cause, eventType: 'CallFired', payload: { cueId, outputId, kind: 'rerun' } } as ShowEvent;
  return mapping.commandsFor(rerun, state)[0];
}
