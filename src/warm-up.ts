import { readFrame } from './gateway/incoming.js';
import type { Clock } from './kit/clock.js';
import { toUtc } from './kit/clock.js';
import { newId } from './kit/ids.js';
import type { Mapping } from './mapping/mapping.js';
import { PROTOCOL_VERSION } from './protocol/version.js';
import { type StampSettings, type Standing, stamp } from './sequencer/stamp.js';
import { nextCue, type ShowState } from './show/state.js';

/** How long the warming may take, in milliseconds; it delays the start by as much. */
const WARM_UP_MS = 150;
const FRAME_BYTES_MAX = 65536;

/**
 * Lets the compiler see the way of a GO before the first one comes, since a show's GOs are too few to ever make that way
 * fast: reads frames, decides, and makes commands over the show's own cues, again and again. All of it is pure: nothing
 * is stored, and nothing is sent.
 * @param tryCommand  what an adapter does with a command that is not sent.
 */
export function warmUp(options: {
  showId: string;
  initial: ShowState;
  settings: StampSettings;
  mapping: Mapping;
  tryCommand: (device: string, command: Readonly<Record<string, unknown>>) => void;
  clock: Clock;
}): void {
  const { showId, initial, settings, mapping, tryCommand, clock } = options;
  const segments = initial.acts.flatMap((act) => act.segments);
  const top: Standing = { state: initial, seq: 0, recordedMs: 0 };
  const actor = { userId: 'bridge', role: 'bridge', deviceId: 'warm-up' };
  const until = clock.mono() + WARM_UP_MS;
  let at = top;
  while (clock.mono() < until) {
    const toCueId = nextCue(at.state)?.id;
    if (toCueId === undefined && at === top) return;
    const segmentId = segments.find(({ cues }) => cues.some(({ id }) => id === toCueId))?.id;
    const payload = { segmentId, fromCueId: at.state.currentCueId, toCueId };
    const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId: newId(), showId, eventType: 'CueAdvanced' };
    const press = { ...envelope, createdAt: toUtc(clock.wall()), actor, payload };
    const read = readFrame(Buffer.from(JSON.stringify(press)), false, FRAME_BYTES_MAX);
    const isEvent = read.ok && read.kind === 'event';
    const step = isEvent ? stamp(at, read.event, clock.wall(), { ...settings, goGuardMs: 0 }, true) : undefined;
    if (step && 'entry' in step) {
      for (const { device, command } of mapping.commandsFor(step.entry.event, step.state)) tryCommand(device, command);
      at = step;
    } else at = top;
  }
}
