import type { Command, Fired, Receipt } from '../adapter-sdk/adapter.js';
import { Overdue } from '../adapter-sdk/overdue.js';
import type { Clock } from '../kit/clock.js';
import { BridgeError, toBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { Ownership } from './ownership.js';

/** The call of a cue that an output sends, as the stages of the output tell it. */
export interface SentCall {
  cueId: string;
  department: string;
  number?: string;
  by?: 'go' | 'call' | 'rerun';
}

/** A command on its way to a device, and the event that caused it. */
export interface Output {
  ruleId: string;
  outputId: string;
  device: string;
  command: Command;
  maxLateMs: number;
  /** What the device calls the cue: what it was seen to fire is held against it where the command itself names no cue. */
  cueNumber?: string;
  call?: SentCall;
}

/** The event that outputs come from, as far as it matters here. */
export interface Cause {
  eventSeq: number;
  messageId: string;
  correlationId?: string;
  recordedAt: string;
}

/** One step of an output's way, told as an event of its own so that everyone sees a dead wire at once. */
export type StageReport = {
  cause: Cause;
  ruleId: string;
  outputId: string;
  device: string;
  summary: string;
  call?: SentCall;
} & (
  | { stage: 'sent'; reached: Receipt['reached']; latencyMs: number; acknowledgedMs?: number }
  | { stage: 'confirmed'; latencyMs: number }
  | { stage: 'failed'; latencyMs: number; code: BridgeError['code']; detail: string; cueId?: string }
);

export interface OutputsOptions {
  ownership: Ownership;
  send: (device: string, command: Command) => Promise<Receipt>;
  summarise: (device: string, command: Command) => string;
  tell: (report: StageReport) => void;
  clock: Clock;
  log: Log;
}

/** How old the cause is, in milliseconds. */
type Age = () => number;

/**
 * Sends what a stored event asks for: each output once, never again, in the order of the rules, all in the tick of the
 * commit. What is too old is dropped with OUTPUT_LATE: a late GO is worse than a missing one. What goes to a device of
 * another machine is left alone: nothing is sent to it, and nothing told of it.
 */
export class Outputs {
  readonly #options: OutputsOptions;

  constructor(options: OutputsOptions) {
    this.#options = options;
  }

  perform(cause: Cause, outputs: readonly Output[]): void {
    const { ownership, send, clock } = this.#options;
    const acceptedAt = Date.parse(cause.recordedAt);
    const age: Age = () => Math.max(0, Math.round((clock.wall() - acceptedAt) * 10) / 10);
    // All of them before a word is said of any: what an audience hears hangs on it.
    const begun = outputs.map((output) => {
      const isOurs = ownership.owns(output.device);
      const sending = isOurs && age() <= output.maxLateMs ? send(output.device, output.command) : undefined;
      return { output, isOurs, sending };
    });
    for (const { output, isOurs, sending } of begun) {
      if (isOurs) void this.#tellOf(cause, output, sending, age);
      else
        this.#options.log.info(
          { seq: cause.eventSeq, ruleId: output.ruleId, device: output.device },
          'output.not-ours',
        );
    }
  }

  /** @param sending  undefined: it was too old to be sent. */
  async #tellOf(cause: Cause, output: Output, sending: Promise<Receipt> | undefined, age: Age): Promise<void> {
    const { ruleId, outputId, device, command, maxLateMs, call } = output;
    const { summarise, tell, clock, log } = this.#options;
    const about = { cause, ruleId, outputId, device, summary: summarise(device, command), ...(call && { call }) };
    const facts = { seq: cause.eventSeq, messageId: cause.messageId, ruleId, device, summary: about.summary };
    const failed = ({ code, message: detail }: BridgeError) => {
      log.error({ ...facts, code, detail, tookMs: age() }, 'output.failed');
      tell({ ...about, stage: 'failed', latencyMs: age(), code, detail });
    };
    const overdue = (error: unknown) => {
      const why = toBridgeError(error);
      failed(why);
      if (why instanceof Overdue) void why.late.then((fired) => seen(fired, why));
    };
    const seen = ({ cueNumber }: Fired, told?: BridgeError) => {
      const cue = cueNumber === '' ? 'a cue without a number' : `cue ${cueNumber}`;
      const summary = cueNumber === undefined ? about.summary : `${about.summary}: ${cue}`;
      if (cueNumber !== undefined && output.cueNumber !== undefined && cueNumber !== output.cueNumber) {
        const detail = `${about.summary} fired ${cue}; the show's is ${output.cueNumber}`;
        failed(new BridgeError('PLAYHEAD_DIVERGED', detail));
        return;
      }
      if (told) {
        const detail = `${summary}: seen after ${(age() / 1000).toFixed(1)} s, and had been told as failed`;
        log.warn({ ...facts, code: told.code, detail, tookMs: age() }, 'output.late');
      } else log.info({ ...facts, summary, tookMs: age() }, 'output.confirmed');
      tell({ ...about, summary, stage: 'confirmed', latencyMs: age() });
    };
    if (!sending) {
      log.error({ ...facts, code: 'OUTPUT_LATE', tookMs: age(), maxLateMs }, 'output.dropped');
      const detail = `${Math.round(age())} ms old, the limit is ${maxLateMs} ms`;
      tell({ ...about, stage: 'failed', latencyMs: age(), code: 'OUTPUT_LATE', detail });
      return;
    }
    let receipt: Receipt;
    try {
      receipt = await sending;
    } catch (error) {
      return overdue(error);
    }
    const { reached, sentAt, confirmed, left } = receipt;
    if (reached !== 'sent' && reached !== 'acknowledged') {
      return failed(
        new BridgeError('ADAPTER_FAILED', `its adapter says '${reached}' of it, which is no receipt; it may have gone`),
      );
    }
    const reachedMs = age();
    const sentMs =
      sentAt === undefined ? reachedMs : Math.max(0, Math.round((reachedMs - (clock.mono() - sentAt)) * 10) / 10);
    const acknowledged = reached === 'acknowledged' ? { acknowledgedMs: reachedMs } : {};
    log.info({ ...facts, reached, tookMs: sentMs, ...acknowledged }, 'output.sent');
    tell({ ...about, stage: 'sent', reached, latencyMs: sentMs, ...acknowledged });
    left?.catch((error: unknown) => failed(toBridgeError(error)));
    if (!confirmed) return;
    let fired: Fired;
    try {
      fired = (await confirmed) ?? {};
    } catch (error) {
      return overdue(error);
    }
    seen(fired);
  }
}
