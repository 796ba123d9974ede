import { createHash } from 'node:crypto';
import { type Refusal, type RefusalCode, refused } from '../protocol/decision.js';
import type { Draft } from '../protocol/envelope.js';

/** A messageId that was used before, for something else. */
export const OTHER_MESSAGE: Refusal = refused(
  'CONFLICT',
  'this messageId was used for another message; every message needs one of its own',
  '/messageId',
);

/** Tells one message from another in a few bytes: who wishes what. */
const wishOf = ({ eventType, actor, payload }: Draft): string =>
  createHash('sha1')
    .update(JSON.stringify([eventType, actor?.userId, actor?.role, payload]))
    .digest('base64');

/** Refusals that say nothing about the message itself: it may be tried again. */
const PASSING: ReadonlySet<RefusalCode> = new Set([
  'JOURNAL_UNAVAILABLE',
  'JOURNAL_FENCED',
  'JOURNAL_NO_QUORUM',
  'SEQUENCER_BUSY',
  'RATE_LIMITED',
]);

/**
 * What was refused lately, by messageId, so that a message sent twice gets the same answer twice. Holds the newest; an
 * older one is decided anew.
 */
export class RecentRefusals {
  readonly #limit: number;
  readonly #refusals = new Map<string, { refusal: Refusal; wish: string }>();

  /** @param limit  how many are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param draft  another one under the same messageId is not the one that was refused. */
  get(key: string, draft: Draft): Refusal | undefined {
    const kept = this.#refusals.get(key);
    if (!kept) return undefined;
    // A Map keeps the order of insertion: what was asked for again is the newest.
    this.#refusals.delete(key);
    this.#refusals.set(key, kept);
    return kept.wish === wishOf(draft) ? kept.refusal : OTHER_MESSAGE;
  }

  keep(key: string, draft: Draft, refusal: Refusal): void {
    if (PASSING.has(refusal.code) || refusal === OTHER_MESSAGE) return;
    this.#refusals.delete(key);
    this.#refusals.set(key, { refusal, wish: wishOf(draft) });
    if (this.#refusals.size <= this.#limit) return;
    const { value } = this.#refusals.keys().next();
    if (value !== undefined) this.#refusals.delete(value);
  }
}
