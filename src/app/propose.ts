import { type Clock, type MonoMs, toUtc } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import type { Outcome } from '../protocol/decision.js';
import type { Draft } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import type { Sequencer } from '../sequencer/sequencer.js';

/** A draft without what is the same for all of them. */
export type Wish = Omit<Draft, 'kind' | 'version' | 'messageId' | 'showId' | 'createdAt'>;

/**
 * Asks the sequencer, and resolves with its answer; never rejects.
 * @param pressedAt  when somebody pressed at a device, on the process's own clock; left out: now.
 */
export type Propose = (wish: Wish, pressedAt?: MonoMs) => Promise<Outcome>;

/** @param clock  the show's time. */
export function proposer(sequencer: () => Sequencer, clock: Clock): Propose {
  return (wish, pressedAt) =>
    new Promise((resolve) => {
      const { showId } = sequencer();
      const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId: newId(), showId } as const;
      const draft = { ...envelope, createdAt: toUtc(clock.wall()), ...wish } as Draft;
      sequencer().propose(draft, resolve, false, pressedAt);
    });
}
