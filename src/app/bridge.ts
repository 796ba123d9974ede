import { Registry } from 'prom-client';
import { Outputs } from '../devices/outputs.js';
import { PlayheadWatch } from '../devices/playheads.js';
import type { DeviceReport } from '../devices/supervised-device.js';
import { Supervisor } from '../devices/supervisor.js';
import { type Gateway, openGateway } from '../gateway/gateway.js';
import { Troubles } from '../gateway/troubles.js';
import type { Disk } from '../journal/disk.js';
import { openFileJournal } from '../journal/file-journal.js';
import type { OpenJournal } from '../journal/journal.js';
import { watchSpace } from '../journal/space-watch.js';
import { type Clock, systemClock } from '../kit/clock.js';
import type { BridgeError } from '../kit/errors.js';
import { Lifetime } from '../kit/lifetime.js';
import type { Log } from '../kit/log.js';
import type { RuleCommand } from '../mapping/outputs.js';
import type { Outcome } from '../protocol/decision.js';
import type { EventType, ShowEvent } from '../protocol/envelope.js';
import type { Effects } from '../sequencer/contract.js';
import { openSequencer, type Sequencer } from '../sequencer/sequencer.js';
import { watchWall } from '../sequencer/wall-watch.js';
import { faceOf } from '../show/face.js';
import { initialState, type ShowState } from '../show/state.js';
import type { CheckedBridge } from './load-bridge.js';
import { Node, type NodeOptions } from './node.js';
import { Presses } from './presses.js';
import { type Propose, proposer, type Wish } from './propose.js';
import { loadAdaptersOf } from './registry.js';
import { Reports } from './reports.js';
import { OWN, restartReasons, Setup } from './setup.js';
import { retireUnsent, tellUnsent } from './unsent.js';
import { warmUp } from './warm-up.js';

export type { KindListing } from '../devices/plugged-in.js';
export type { DeviceReport } from '../devices/supervised-device.js';
export type { Outcome } from '../protocol/decision.js';
export type { ShowState } from '../show/state.js';
export type { CheckedBridge, LoadResult } from './load-bridge.js';
/** Stored events, as they are published. */
export type Published = Parameters<Gateway['publish']>[0];

export interface BridgeOptions {
  checked: CheckedBridge;
  log: Log;
  clock?: Clock;
  pagesDir?: string;
  /** Sees each stored event after it was published. */
  onPublished?: (entries: Published) => void;
  /** Where the log is kept; left out: the machine's own. */
  disk?: Disk;
  /** This machine among several on one log; left out: it is alone. */
  node?: NodeOptions;
}

/**
 * A running bridge: its parts in the order in which a press goes through them, stopped in reverse.
 *
 *     device ─▶ adapter ─▶ mapping ─▶ sequencer ─▶ journal ─▶ publish ─▶ mapping ─▶ adapter ─▶ device
 *     client ─▶ gateway ──────────▶                                      └────────▶ gateway ─▶ client
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #machine: Clock;
  readonly #life: Lifetime;
  readonly #node: Node;
  readonly #log: Log;
  /** The show's time, which never runs behind the log. */
  readonly #clock: Clock;
  readonly #propose: Propose;
  readonly #reports: Reports;
  readonly #presses: Presses;
  readonly #outputs: Outputs;
  readonly #supervisor: Supervisor;
  readonly #playheads: PlayheadWatch;
  readonly #troubles: Troubles;
  readonly #metrics = new Registry();
  #setup: Setup;
  #sequencer!: Sequencer;
  #gateway: Gateway | undefined;
  /** What the event that the disk works on will send. */
  #prepared: { event: ShowEvent; commands: readonly RuleCommand[] } | undefined;

  /** @throws JOURNAL_CORRUPT, JOURNAL_LOCKED, JOURNAL_UNAVAILABLE, LISTEN_FAILED; then nothing runs. */
  static async start(options: BridgeOptions): Promise<Bridge> {
    await loadAdaptersOf(options.checked);
    const bridge = new Bridge(options);
    try {
      await bridge.#open();
    } catch (error) {
      await bridge.close();
      throw error;
    }
    return bridge;
  }

  private constructor(options: BridgeOptions) {
    const { checked, log, clock: machine = systemClock() } = options;
    this.#options = options;
    this.#machine = machine;
    this.#log = log;
    this.#life = new Lifetime(machine);
    this.#setup = new Setup(checked);
    this.#node = new Node(options.node);
    const clock: Clock = { ...machine, wall: () => this.#sequencer.now() };
    this.#clock = clock;
    this.#propose = proposer(() => this.#sequencer, clock);
    this.#reports = new Reports(this.#propose, this.#node);
    this.#troubles = new Troubles(clock, (err) => log.error({ code: 'INTERNAL', err }, 'listener.failed'));
    const setup = () => this.#setup;
    const [node, propose, troubles, metrics] = [this.#node, this.#propose, this.#troubles, this.#metrics];
    this.#presses = new Presses({ setup, node, state: () => this.state, propose, troubles, metrics, clock, log });
    this.#supervisor = new Supervisor({
      clock,
      log,
      face: () => ({ ...faceOf(this.state), ...(this.#sequencer.failure ? { state: 'failed' } : {}) }),
      listener: {
        onInput: (device, input, at) => this.#presses.take(device, input, at),
        onPlayhead: () => this.#playheads.look(),
        onStatus: (report) => this.#reports.tellStatus(report),
      },
    });
    this.#playheads = new PlayheadWatch({
      clock,
      views: () => this.#playheadViews(),
      raise: (device, alarm) => this.#supervisor.raise(device, alarm),
    });
    this.#outputs = new Outputs({
      ownership: this.#node.ownership,
      send: (device, command) => this.#supervisor.send(device, command),
      summarise: (device, command) => this.#setup.summarise(device, command),
      tell: (stage) => this.#reports.tellStage(stage),
      clock,
      log,
    });
  }

  /** Where clients connect, such as `http://127.0.0.1:8420`. */
  get url(): string {
    return (this.#gateway as Gateway).url;
  }

  get sequencer(): Sequencer {
    return this.#sequencer;
  }

  get state(): ShowState {
    return this.#sequencer.state;
  }

  devices(): DeviceReport[] {
    return this.#supervisor.report().map((report) => {
      const unused = this.#presses.unusedOf(report.device);
      return unused ? { ...report, unused } : report;
    });
  }

  /** A press at the machine itself. */
  press(eventType: EventType, payload: object, deviceId: string): Promise<Outcome> {
    return this.#propose({ eventType, actor: { userId: 'booth', role: 'stageManager', deviceId }, payload } as Wish);
  }

  /**
   * Takes a new bridge file over while the show runs: rules, devices, access, limits. @returns what needs a restart.
   */
  async reload(next: CheckedBridge): Promise<string[]> {
    await loadAdaptersOf(next);
    const restart = restartReasons(this.#options.checked, next);
    const show = { ...next.config.show, id: this.#sequencer.showId };
    this.#setup = new Setup({ ...next, config: { ...next.config, show } });
    this.#setup.mapping.prepareCalls(this.state);
    this.#prepared = undefined;
    this.#sequencer.reconfigure(show);
    this.#gateway?.reconfigure(this.#setup.gateway());
    this.#retireUnsent();
    await this.#supervisor.configure(this.#setup.devices());
    this.#playheads.restart();
    this.#forgetRemoved();
    const message = `not taken over before the next start: ${restart.join(', ')}`;
    this.#troubles.set('bridge file', restart.length > 0 ? { code: 'CONFIG_RESTART_NEEDED', message } : undefined);
    this.#gateway?.countReload('taken');
    return restart;
  }

  /** A new bridge file was refused, and the old one stays: told on the pages until one is taken over. */
  reloadRefused(message: string): void {
    this.#troubles.set('bridge file', { code: 'CONFIG_RELOAD_REFUSED', message });
    this.#gateway?.countReload('refused');
  }

  /** Stops within 3 s: no new press is taken, what was accepted is stored and sent, every device is told goodbye. */
  close(): Promise<BridgeError[]> {
    return this.#life.close();
  }

  async #open(): Promise<void> {
    const life = this.#life;
    await this.#openSequencer();
    life.add('sequencer and journal', () => this.#sequencer.close());
    this.#watchMachine();
    warmUp(this.#setup, this.#clock, this.#log);
    this.#setup.mapping.prepareCalls(this.state);
    // What the last bridge left, before anybody can press here.
    if (!this.#sequencer.wasStopped) await tellUnsent(this.#unsentParts());
    this.#retireUnsent();
    // Whoever cannot listen is told before any device is touched.
    this.#gateway = await this.#openGateway();
    life.add('devices', () => this.#supervisor.close());
    life.add('playheads', async () => this.#playheads.close());
    await this.#supervisor.configure(this.#setup.devices());
    this.#forgetRemoved();
    life.add('what is under way', () => this.#sequencer.idle());
    life.add('gateway', () => this.#gateway?.close());
  }

  async #openSequencer(): Promise<void> {
    const { checked, config } = this.#setup;
    const { disk, node } = this.#options;
    const clock = this.#machine;
    const openOwnJournal: OpenJournal = (recovery) =>
      openFileJournal({
        ...recovery,
        path: checked.journalPath,
        showId: config.show.id,
        clock,
        log: this.#log,
        ...(disk === undefined ? {} : { disk }),
      });
    this.#sequencer = await openSequencer({
      showId: config.show.id,
      initial: initialState(checked.showFile),
      fingerprint: checked.fingerprint,
      openJournal: node?.openJournal ?? openOwnJournal,
      goGuardMs: config.show.goGuardMs,
      patches: config.show.patches,
      clock,
      log: this.#log,
      effects: this.#effects(),
    });
  }

  #effects(): Effects {
    return {
      prepare: (event, state) => {
        const commands = this.#setup.mapping.commandsFor(event, state);
        for (const { device, command } of commands) this.#setup.tryCommand(device, command);
        this.#prepared = { event, commands };
      },
      perform: (event, state) => {
        const prepared = this.#prepared?.event === event ? this.#prepared.commands : undefined;
        const commands = prepared ?? this.#setup.mapping.commandsFor(event, state);
        if (event.eventType === 'CueAdvanced') this.#presses.advanced(event, commands.length > 0);
        this.#outputs.perform(event, commands);
      },
      publish: (entries, state) => {
        if (this.#reports.isBehind) queueMicrotask(() => this.#reports.retell());
        this.#gateway?.publish(entries, state);
        this.#supervisor.repaint();
        this.#playheads.look();
        this.#options.onPublished?.(entries);
      },
      unavailable: () => this.#supervisor.repaint(),
      journal: (failure) => {
        this.#troubles.set('journal', failure && { code: failure.code, message: failure.message });
        if (!failure) this.#reports.retell();
        this.#supervisor.repaint();
      },
    };
  }

  #openGateway(): Promise<Gateway> {
    const { pagesDir } = this.#options;
    return openGateway({
      ...this.#setup.gateway(),
      show: this.#sequencer,
      devices: () => this.devices(),
      deviceIds: () => this.#supervisor.names,
      metrics: this.#metrics,
      troubles: this.#troubles,
      snapshotUpToSeq: this.#sequencer.showSinceSeq,
      ...(pagesDir === undefined ? {} : { pagesDir }),
      clock: this.#clock,
      log: this.#log,
    });
  }

  /** The machine's clock, and the room on its disk. */
  #watchMachine(): void {
    const machine = this.#machine;
    const end = new AbortController();
    this.#life.add('wall clock, room on the disk', () => end.abort());
    void watchWall(machine, this.#log, () => this.state.startedAt !== null, end.signal);
    const onSpace = (left: number | undefined): void => {
      const message = `the disk of the log has ${((left ?? 0) / 2 ** 20).toFixed(1)} MiB left`;
      if (left === undefined) this.#log.info({}, 'disk.has-room');
      else this.#log.warn({ code: 'DISK_LOW', detail: message }, 'disk.low');
      this.#troubles.set('disk', left === undefined ? undefined : { code: 'DISK_LOW', message });
    };
    void watchSpace(this.#setup.checked.journalPath, machine, onSpace, end.signal);
  }

  #playheadViews() {
    return this.#setup.mapping.playheads.map(({ device, main, wanted }) => ({
      device,
      playhead: this.#supervisor.playheadOf(device),
      wanted: wanted?.(this.state),
      ...(main === undefined ? {} : { main: { device: main, playhead: this.#supervisor.playheadOf(main) } }),
    }));
  }

  /** A device that the log remembers and the bridge file no longer has is shown as what it is: gone. */
  #forgetRemoved(): void {
    for (const { device, adapter, status, ...told } of this.state.devices) {
      if (!this.#node.toldBy(told) || this.#supervisor.names.has(device) || status === 'down') continue;
      const detail = 'no longer in the bridge file';
      const payload = { device, ...this.#node.ours, adapter, status: 'down', detail } as const;
      void this.#propose({ eventType: 'DeviceStatusChanged', actor: OWN, payload });
    }
  }

  #retireUnsent(): void {
    retireUnsent(this.#unsentParts());
  }

  #unsentParts() {
    const [node, sequencer, reports, log] = [this.#node, this.#sequencer, this.#reports, this.#log];
    return { setup: () => this.#setup, node, sequencer, reports, log };
  }
}
