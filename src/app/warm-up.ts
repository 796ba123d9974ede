import { readFrame } from '../gateway/incoming.js';
import type { Clock, MonoMs } from '../kit/clock.js';
import { toUtc } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import type { Log } from '../kit/log.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { type Standing, stamp } from '../sequencer/stamp.js';
import { initialState, nextCue } from '../show/state.js';
import type { Setup } from './setup.js';

/** How long the warming may take, in milliseconds; it delays the start by as much. */
const WARM_UP_MS = 150;
const FRAME_BYTES_MAX = 65536;

/**
 * Lets the compiler see the way of a GO before the first one comes, since a show's GOs are too few to ever make that way
 * fast: reads frames, decides, and makes commands over the show's own cues. All of it is pure: nothing is stored, and
 * nothing is sent. What goes wrong in it is logged and ends it, and nothing else.
 */
export function warmUp(setup: Setup, clock: Clock, log: Log): void {
  const goOnce = practice(setup, clock);
  const until = clock.mono() + WARM_UP_MS;
  try {
    while (clock.mono() < until) goOnce();
  } catch (err) {
    log.error({ code: 'INTERNAL', err }, 'warm-up.failed');
  }
}

/** @returns what goes the way of one GO: from cue to cue, and from the top again. */
function practice(setup: Setup, clock: Clock): () => void {
  const { config, checked, mapping } = setup;
  const settings = { ...config.show, goGuardMs: 0 };
  const initial = initialState(checked.showFile);
  const segments = initial.acts.flatMap((act) => act.segments);
  const top: Standing = { state: initial, seq: 0, recordedMs: 0 };
  const actor = { userId: 'bridge', role: 'bridge', deviceId: 'warm-up' };
  let at = top;
  return () => {
    const toCueId = nextCue(at.state)?.id;
    const segmentId = segments.find(({ cues }) => cues.some(({ id }) => id === toCueId))?.id;
    const payload = { segmentId, fromCueId: at.state.currentCueId, toCueId };
    const { id: showId } = config.show;
    const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId: newId(), showId, eventType: 'CueAdvanced' };
    const press = { ...envelope, createdAt: toUtc(clock.wall()), actor, payload };
    const read = readFrame(Buffer.from(JSON.stringify(press)), false, FRAME_BYTES_MAX);
    const isEvent = read.ok && read.kind === 'event';
    const step = isEvent ? stamp(at, read.event, clock.wall(), settings, { at: 0 as MonoMs }, true) : undefined;
    if (step && 'entry' in step) {
      for (const { device, command } of mapping.commandsFor(step.entry.event, step.state))
        setup.tryCommand(device, command);
      at = step;
    } else at = top;
  };
}
