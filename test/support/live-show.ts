import { readFileSync } from 'node:fs';
import { validateShowFile } from '../../src/generated/files.js';
import type { Role, ShowFile } from '../../src/generated/types.js';
import { type Refusal, refused } from '../../src/protocol/decision.js';
import { type Draft, EVENT_TYPES, type ShowEvent } from '../../src/protocol/envelope.js';
import { firstFault } from '../../src/protocol/validate.js';
import { PROTOCOL_VERSION } from '../../src/protocol/version.js';
import { apply } from '../../src/show/apply.js';
import { complete } from '../../src/show/complete.js';
import { decide } from '../../src/show/decide.js';
import { cuesOf, initialState, type ShowState } from '../../src/show/state.js';

/** A draft as tests write it; what is left out has a default (see test/contract/README.md). */
export interface Wish {
  eventType: string;
  payload?: object;
  /** Default stageManager. */
  role?: Role;
  /** Default "u-" and the role. */
  userId?: string;
  /** How long after the wish before, in milliseconds. Default 1000. */
  afterMs?: number;
  messageId?: string;
  causationId?: string;
  version?: string;
}

/** A checked show file, its defaults filled in. */
export function showFile(content: unknown): ShowFile {
  const file = structuredClone(content);
  if (!validateShowFile(file)) throw new Error(`no show file: ${JSON.stringify(firstFault(validateShowFile))}`);
  return file as ShowFile;
}

export const smallShow = (): ShowFile =>
  showFile(JSON.parse(readFileSync(new URL('../contract/small-show.json', import.meta.url), 'utf8')));

/** The sequencer's three pure steps without its disk: complete, decide, apply. */
export class LiveShow {
  state: ShowState;
  readonly initial: ShowState;
  readonly events: ShowEvent[] = [];
  nowMs = Date.parse('2026-03-01T19:30:00.000Z');
  readonly #goGuardMs: number;
  #messages = 0;

  constructor(file: ShowFile = smallShow(), goGuardMs = 300) {
    this.initial = initialState(file);
    this.state = this.initial;
    this.#goGuardMs = goGuardMs;
  }

  propose(wish: Wish): { ok: true; event: ShowEvent } | Refusal {
    this.nowMs += wish.afterMs ?? 1000;
    const draft = this.draft(wish);
    const completed = complete(this.state, draft, this.nowMs);
    if (!completed.ok) return completed;
    const decision = decide(this.state, completed.proposal, { nowMs: this.nowMs, goGuardMs: this.#goGuardMs });
    if (!decision.ok) return decision;
    const recordedAt = new Date(this.nowMs).toISOString();
    const event: ShowEvent = { ...completed.proposal, eventSeq: this.events.length + 1, recordedAt };
    if (EVENT_TYPES[event.eventType].stored) this.events.push(event);
    this.state = apply(this.state, event);
    return { ok: true, event };
  }

  /** Proposes what must be taken. @returns this, to go on. */
  take(...wishes: Wish[]): this {
    for (const wish of wishes) {
      const outcome = this.propose(wish);
      if (!outcome.ok) throw new Error(`${wish.eventType} was refused: ${outcome.code} ${outcome.message}`);
    }
    return this;
  }

  /** Proposes what must be refused. */
  refuse(wish: Wish): Refusal {
    const outcome = this.propose(wish);
    return outcome.ok ? refused('INTERNAL', `${wish.eventType} was taken`) : outcome;
  }

  /** Each cue's status by its id. */
  get cues(): Record<string, string> {
    return Object.fromEntries(cuesOf(this.state).map(({ id, status }) => [id, status]));
  }

  draft({ eventType, payload = {}, role = 'stageManager', userId = `u-${role}`, afterMs, ...envelope }: Wish): Draft {
    this.#messages += 1;
    const draft = {
      kind: 'event',
      version: PROTOCOL_VERSION,
      messageId: `00000000-0000-4000-8000-${String(this.#messages).padStart(12, '0')}`,
      ...envelope,
      showId: 'small',
      eventType,
      createdAt: new Date(this.nowMs).toISOString(),
      actor: { userId, role, deviceId: 'test' },
      payload,
    };
    return draft as unknown as Draft;
  }
}
