import type { StageReport } from '../devices/outputs.js';
import type { DeviceReport } from '../devices/supervised-device.js';
import type { Node } from './node.js';
import type { Propose, Wish } from './propose.js';
import { OWN } from './setup.js';

/** How much of what the bridge has to say waits for the log. */
const UNTOLD_MAX = 1000;

/**
 * What the bridge itself has to say of its devices and outputs. What the log does not take waits, the newest for each
 * device or stage, and is told when the log takes again.
 */
export class Reports {
  readonly #propose: Propose;
  readonly #node: Node;
  readonly #untold = new Map<string, Wish>();

  constructor(propose: Propose, node: Node) {
    this.#propose = propose;
    this.#node = node;
  }

  /** Whether something waits for the log. */
  get isBehind(): boolean {
    return this.#untold.size > 0;
  }

  tellStage(report: StageReport): void {
    const { cause, outputId, stage } = report;
    void this.#tell(JSON.stringify([cause.messageId, outputId, stage]), {
      actor: OWN,
      ...stageEvent(report, this.#node.ours),
    });
  }

  tellStatus({ device, adapter, status, code, detail }: DeviceReport): void {
    if (!this.#node.owns(device)) return;
    const why = { ...(code === undefined ? {} : { code }), ...(detail === undefined ? {} : { detail }) };
    const payload = { device, ...this.#node.ours, adapter, status, ...why };
    this.#untold.delete(device);
    void this.#tell(device, { eventType: 'DeviceStatusChanged', actor: OWN, payload });
  }

  /** The log takes again. */
  retell(): void {
    const waiting = [...this.#untold];
    this.#untold.clear();
    for (const [key, wish] of waiting) void this.#tell(key, wish);
  }

  async #tell(key: string, wish: Wish): Promise<void> {
    const outcome = await this.#propose(wish);
    if (outcome.ok || !(outcome.code.startsWith('JOURNAL_') || outcome.code === 'SEQUENCER_BUSY')) return;
    this.#untold.delete(key);
    this.#untold.set(key, wish);
    const [oldest] = this.#untold.keys();
    if (this.#untold.size > UNTOLD_MAX && oldest !== undefined) this.#untold.delete(oldest);
  }
}

function stageEvent(report: StageReport, ours: Node['ours']) {
  const { cause, ruleId, outputId, device, summary, latencyMs, call } = report;
  const about = { device, ...ours, ruleId, outputId, causeSeq: cause.eventSeq, summary, latencyMs };
  const called = call === undefined ? {} : { call };
  const causes = { causationId: cause.messageId, correlationId: cause.correlationId ?? cause.messageId };
  switch (report.stage) {
    case 'sent': {
      const { reached, acknowledgedMs } = report;
      const answered = acknowledgedMs === undefined ? {} : { acknowledgedMs };
      return { ...causes, eventType: 'OutputSent', payload: { ...about, reached, ...answered, ...called } } as const;
    }
    case 'confirmed':
      return { ...causes, eventType: 'OutputConfirmed', payload: { ...about, ...called } } as const;
    case 'failed': {
      const { code, detail, cueId } = report;
      const cue = cueId === undefined ? {} : { cueId };
      return { ...causes, eventType: 'OutputFailed', payload: { ...about, code, detail, ...cue, ...called } } as const;
    }
  }
}
