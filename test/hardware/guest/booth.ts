/** The whole bridge as it is built, with a pedal, a button box with a lamp, and a lighting desk: three USB devices. */
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { type Daemon, startDaemon } from '../../support/daemon.js';
import { proposal } from '../../support/messages.js';
import type { Line } from '../../support/program.js';
import { smallShow } from '../../support/small-show.js';
import { eventually, within } from '../../support/waiting.js';
import { type Message, WireClient } from '../../support/wire-client.js';
import { type DeviceEnd, Gadget } from './gadget.js';
import { processes, slowness } from './machine.js';
import { BOX, DESK, PEDAL } from './rigs.js';

export const GUARD_MS = 600;

/** What the guest takes for what a usual machine does within a second; the limits themselves are the product's. */
export const SLOW_MS = 40_000 * slowness;

export const DEVICES = `devices:
  pedal: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, profile: infinity-3 }
  box: { adapter: serial, vendorId: ${BOX.vendorId}, productId: ${BOX.productId}, baudRate: 115200 }
  desk: { adapter: midi, input: ${DESK.product}, output: ${DESK.product} }
`;

const RULES = `inputs:
  - { id: pedal-go, when: { device: pedal, button: right }, propose: CueAdvanced }
  - { id: button-go, when: { device: box, line: GO }, propose: CueAdvanced }
  - { id: desk-go, when: { device: desk, msc: { command: go } }, propose: CueAdvanced, with: { toCue: { call: lighting, callNumber: $input.cue } } }
outputs:
  - { id: lx-go, event: CueAdvanced, call: lighting, send: { device: desk, msc: { command: go, deviceId: 1, format: lighting, cue: $call.number } } }
  - { id: lamp, event: CueAdvanced, send: { device: box, line: LAMP $cue.number }, echo: true }
`;

export type Name = 'pedal' | 'box' | 'desk';
export const NAMES: readonly Name[] = ['pedal', 'box', 'desk'];
/** Nothing answers on a MIDI port, and a serial one proves its cable only. */
export const WORKING = ['up', 'unverified'];

export class Booth {
  readonly gadgets: Readonly<Record<Name, Gadget>> = {
    pedal: new Gadget('hid', 'pedal', PEDAL),
    box: new Gadget('acm', 'box', BOX),
    desk: new Gadget('midi', 'desk', DESK),
  };
  readonly ends = {} as Record<Name, DeviceEnd>;
  readonly #closing: (() => unknown)[] = [];
  #daemon: Daemon | undefined;
  #client: WireClient | undefined;

  /** Everything plugged in, the bridge started, and all three devices seen to work. */
  async open(): Promise<void> {
    for (const name of NAMES) await this.plug(name);
    await this.start();
    for (const name of NAMES) await this.becomes(name, WORKING);
  }

  /** @param as  the words before the bridge's own, for somebody who starts it as somebody else */
  async start({ cues = 40, as = [] }: { cues?: number; as?: readonly string[] } = {}): Promise<void> {
    const { folder, file } = await smallShow({ cues, goGuardMs: GUARD_MS, parts: DEVICES + RULES });
    if (as.length > 0) execFileSync('chown', ['-R', 'bridge:bridge', folder]);
    this.#closing.push(() => rm(folder, { recursive: true }));
    const daemon = await within(startDaemon(file, {}, [], as), 'the start of the bridge', SLOW_MS);
    this.#daemon = daemon;
    this.#closing.push(() => within(daemon.stop(), 'the end of the bridge', SLOW_MS));
    await this.#watch();
  }

  /** A client that sees all. */
  async #watch(): Promise<void> {
    this.#client = await WireClient.connect(this.daemon.url);
    this.#closing.push(() => this.#client?.drop());
    this.#client.send(proposal('SnapshotRequested', { reason: 'connect' }));
    await this.client.take(({ kind }) => kind === 'snapshot', 'the snapshot', SLOW_MS);
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the booth is not open');
    return this.#daemon;
  }

  get client(): WireClient {
    if (!this.#client) throw new Error('the booth is not open');
    return this.#client;
  }

  async plug(name: Name): Promise<void> {
    this.ends[name] = await this.gadgets[name].plug();
  }

  /** The last lines of the bridge's log on a device. */
  said(name: string): string[] {
    const lines = this.daemon.lines.filter(({ device }) => device === name);
    return lines.slice(-6).map((line) => JSON.stringify(line));
  }

  /** The bridge's last line on a device's health. */
  told(name: Name): Line {
    const health = this.daemon.lines.filter(
      ({ msg, device }) => device === name && (msg === 'device.lost' || msg === 'device.changed'),
    );
    return health.at(-1) ?? {};
  }

  status(name: Name): string {
    return String(this.told(name).status);
  }

  becomes(name: Name, wanted: readonly string[]): Promise<void> {
    return eventually(
      () => wanted.includes(this.status(name)),
      () => `${name} ${wanted}; the bridge says\n${this.said(name).join('\n')}`,
      SLOW_MS,
    );
  }

  /** The advance to a cue, and what became of its two outputs, in the order of the rules. */
  async advanceTo(cue: number): Promise<{ advance: Message; outputs: Message[] }> {
    const advance = await this.client.take(
      ({ eventType, payload }) => eventType === 'CueAdvanced' && Object(payload).toCueId === `c${cue}`,
      `the advance to c${cue}`,
      SLOW_MS,
    );
    const outputs: Message[] = [];
    for (const ruleId of ['lx-go', 'lamp']) {
      outputs.push(
        await this.client.take(
          ({ causationId, payload }) => causationId === advance.messageId && Object(payload).ruleId === ruleId,
          `what became of ${ruleId}`,
          SLOW_MS,
        ),
      );
    }
    return { advance, outputs };
  }

  get advances(): number {
    return this.client.events.filter(({ eventType }) => eventType === 'CueAdvanced').length;
  }

  /** The processes of the drivers. */
  get drivers() {
    return processes(/^pacebuddy driver /);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    for (const gadget of Object.values(this.gadgets)) gadget.remove();
  }
}
