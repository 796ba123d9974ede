import { readFrame } from '../gateway/incoming.js';
import type { Clock, MonoMs } from '../kit/clock.js';
import { toUtc } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import type { Log } from '../kit/log.js';
import type { Mapping } from '../mapping/mapping.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { type StampSettings, type Standing, stamp } from '../sequencer/stamp.js';
import { nextCue, type ShowState } from '../show/state.js';

/** How long the warming at the start may take, in milliseconds; it delays the start by as much. */
const WARM_UP_MS = 150;
/**
 * How often a GO is practised while the bridge runs, in milliseconds. After 15 ms without one a press pays 0.1 to 0.2 ms
 * for code that is no longer at hand; at 40 ms between practices nothing was won. One takes about 0.05 ms.
 */
const PRACTISE_EVERY_MS = 10;
/** The share of a core that practice may take: where one takes longer than 0.5 ms, a slow machine rests longer. */
const PRACTISE_SHARE_MAX = 0.05;
const FRAME_BYTES_MAX = 65536;

export interface PracticeOptions {
  showId: string;
  initial: ShowState;
  settings: StampSettings;
  /** The mapping as it is now. */
  mapping: () => Mapping;
  /** What an adapter does with a command that is not sent. */
  tryCommand: (device: string, command: Readonly<Record<string, unknown>>) => void;
  clock: Clock;
  log: Log;
}

/**
 * Lets the compiler see the way of a GO before the first one comes, since a show's GOs are too few to ever make that way
 * fast, and goes it again and again while the bridge runs, since they are too far apart to keep it so: reads frames,
 * decides, and makes commands over the show's own cues. All of it is pure: nothing is stored, and nothing is sent.
 * @param signal  ends the practice. What goes wrong in it is logged and ends it, and nothing else.
 */
export function keepWarm(options: PracticeOptions, signal: AbortSignal): void {
  const { clock, log } = options;
  const practise = practice(options);
  const goOn = async () => {
    const until = clock.mono() + WARM_UP_MS;
    while (clock.mono() < until) practise();
    let tookMs = 0;
    for (;;) {
      await clock.sleep(Math.max(PRACTISE_EVERY_MS, tookMs / PRACTISE_SHARE_MAX), signal);
      if (signal.aborted) return;
      const beganMs = clock.mono();
      practise();
      tookMs = clock.mono() - beganMs;
    }
  };
  goOn().catch((error: unknown) => log.error({ code: 'INTERNAL', err: error }, 'practice.failed'));
}

/** @returns what practises one GO: from cue to cue, and from the top again. */
function practice({ showId, initial, settings, mapping, tryCommand, clock }: PracticeOptions): () => void {
  const segments = initial.acts.flatMap((act) => act.segments);
  const top: Standing = { state: initial, seq: 0, recordedMs: 0 };
  const actor = { userId: 'bridge', role: 'bridge', deviceId: 'warm-up' };
  let at = top;
  return () => {
    const toCueId = nextCue(at.state)?.id;
    const segmentId = segments.find(({ cues }) => cues.some(({ id }) => id === toCueId))?.id;
    const payload = { segmentId, fromCueId: at.state.currentCueId, toCueId };
    const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId: newId(), showId, eventType: 'CueAdvanced' };
    const press = { ...envelope, createdAt: toUtc(clock.wall()), actor, payload };
    const read = readFrame(Buffer.from(JSON.stringify(press)), false, FRAME_BYTES_MAX);
    const isEvent = read.ok && read.kind === 'event';
    const step = isEvent
      ? stamp(at, read.event, clock.wall(), { ...settings, goGuardMs: 0 }, { at: 0 as MonoMs }, true)
      : undefined;
    if (step && 'entry' in step) {
      for (const { device, command } of mapping().commandsFor(step.entry.event, step.state))
        tryCommand(device, command);
      at = step;
    } else at = top;
  };
}
