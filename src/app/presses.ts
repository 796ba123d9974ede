import { Counter, type Registry } from 'prom-client';
import type { Input } from '../adapter-sdk/adapter.js';
import { INPUT_LATE_MS } from '../devices/input-late.js';
import { BY_PERSON, HOPS_MAX, type Hop, PressChain } from '../devices/press-chain.js';
import { type Unused, UnusedInputs } from '../devices/unused-inputs.js';
import type { Troubles } from '../gateway/troubles.js';
import { type Clock, type MonoMs, toUtc, type WallMs } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import type { Log } from '../kit/log.js';
import type { ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';
import type { Node } from './node.js';
import type { Propose, Wish } from './propose.js';
import { OWN, type Setup } from './setup.js';

interface Parts {
  setup: () => Setup;
  node: Node;
  state: () => ShowState;
  propose: Propose;
  troubles: Troubles;
  metrics: Registry;
  /** The show's time. */
  clock: Clock;
  log: Log;
}

/** What devices say, made into proposals by the rules. What has no effect is counted and told. */
export class Presses {
  readonly #parts: Parts;
  readonly #unused: UnusedInputs;
  readonly #chain = new PressChain();
  /** Of the advances that devices asked for and that are on their way. */
  readonly #hops = new Map<string, Hop>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { clock, log, metrics } = parts;
    const total = new Counter({
      name: 'pacebuddy_inputs_unused_total',
      help: 'What devices said that had no effect: no rule, no cue, or refused.',
      labelNames: ['device', 'why'],
      registers: [metrics],
    });
    this.#unused = new UnusedInputs(clock, log, (device, why) => total.inc({ device, why }));
  }

  /** What a device said in vain. */
  unusedOf(device: string): Unused | undefined {
    return this.#unused.of(device);
  }

  /** The show went on. @param sent  whether a command leaves with it. */
  advanced({ messageId }: ShowEvent, sent: boolean): void {
    const hop = this.#hops.get(messageId) ?? BY_PERSON;
    this.#chain.advanced(this.#parts.clock.mono(), hop, sent);
    if (hop.hops === 0) this.#parts.troubles.set('chain', undefined);
  }

  take(device: string, input: Input, at: MonoMs = this.#parts.clock.mono()): void {
    const { setup, node, state, propose } = this.#parts;
    const fired = setup().adapterOf(device)?.firedCue?.(input);
    if (fired && node.owns(device)) {
      const { movedPlayhead = false, ...told } = fired;
      const call = setup().mapping.callFired(device, told.cueNumber, movedPlayhead, state());
      const payload = { device, ...told, ...(call && { call }), ...node.ours };
      void propose({ eventType: 'ExternalCueFired', actor: { ...OWN, deviceId: device }, payload });
    }
    if (input.attribution === 'doubtful') {
      const words = 'ours or an operator’s? recorded, and moves nothing';
      this.#unused.note(device, input, { why: 'doubtful', code: 'INPUT_DOUBTFUL', words });
      return;
    }
    const drafts = setup().mapping.draftsFor(device, input, state());
    if (drafts.length === 0) this.#noteUnused(device, input);
    for (const draft of drafts) this.#press(device, input, draft, at);
  }

  #press(device: string, input: Input, draft: ReturnType<Setup['mapping']['draftsFor']>[number], at: MonoMs): void {
    const { setup, propose, clock, log } = this.#parts;
    const { ruleId, eventType, payload, as } = draft;
    const messageId = newId();
    if (eventType === 'CueAdvanced') {
      const hop = this.#hopOf(device, input, draft.by, at);
      if (hop.hops >= HOPS_MAX) {
        this.#refuseChain(device, input, ruleId, hop);
        return;
      }
      this.#hops.set(messageId, hop);
    }
    const notAfter = toUtc((clock.wall() - (clock.mono() - at) + INPUT_LATE_MS) as WallMs);
    const actor = { ...setup().userOf(as), deviceId: device };
    void propose({ eventType, actor, payload, notAfter, messageId } as Wish, at).then((outcome) => {
      this.#hops.delete(messageId);
      if (outcome.ok) log.info({ device, ruleId, eventType, seq: outcome.eventSeq }, 'input.taken');
      else {
        const { code, message: words } = outcome;
        this.#unused.note(device, input, { why: 'refused', code, words, ruleId, eventType });
      }
    });
  }

  #hopOf(device: string, input: Input, by: string | undefined, at: MonoMs): Hop {
    const isByHand =
      input.attribution === 'operator' ||
      by === 'person' ||
      this.#parts.setup().adapterOf(device)?.isByHand?.(input) === true;
    return isByHand ? BY_PERSON : this.#chain.hopOf(at);
  }

  #refuseChain(device: string, input: Input, ruleId: string, { afterMs = 0 }: Hop): void {
    const words = `the ${HOPS_MAX}rd GO in a row that came ${Math.round(afterMs)} ms behind a cue, and from no hand: devices press one another`;
    const eventType = 'CueAdvanced';
    this.#unused.note(device, input, { why: 'refused', code: 'GO_CHAIN', words, ruleId, eventType });
    this.#parts.troubles.set('chain', { code: 'GO_CHAIN', message: `${device}: ${words}` });
  }

  /** An input that no rule made a proposal of. */
  #noteUnused(device: string, input: Input): void {
    const setup = this.#parts.setup();
    const misses = setup.mapping.whyNoDraft(device, input, this.#parts.state());
    if (misses.length > 0) {
      const words = misses.map(({ ruleId, whyNot }) => `${ruleId}: ${whyNot}`).join('; ');
      this.#unused.note(device, input, { why: 'no-cue', code: 'INPUT_UNUSED', words });
      return;
    }
    const isPress = setup.adapterOf(device)?.isPress;
    if (isPress && !isPress(input, setup.mapping.patternsFor(device), { ...setup.config.devices[device] })) return;
    this.#unused.note(device, input, { why: 'no-rule', code: 'INPUT_UNUSED', words: 'no rule fits it' });
  }
}
