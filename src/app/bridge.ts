/**
 * The composition root: builds the parts in the order in which a press goes through them, and stops them in reverse.
 *
 *     device ─▶ adapter ─▶ mapping ─▶ sequencer ─▶ journal ─▶ publish ─▶ mapping ─▶ adapter ─▶ device
 *     client ─▶ gateway ──────────▶                                      └────────▶ gateway ─▶ client
 */
import { Counter, Registry } from 'prom-client';
import type { Command, Input } from '../adapter-sdk/adapter.js';
import { fits } from '../devices/fits.js';
import { INPUT_LATE_MS } from '../devices/input-late.js';
import { Outputs, type StageReport } from '../devices/outputs.js';
import { PlayheadWatch } from '../devices/playheads.js';
import { BY_PERSON, HOPS_MAX, type Hop, PressChain } from '../devices/press-chain.js';
import type { DeviceReport, DeviceSpec } from '../devices/supervised-device.js';
import { Supervisor } from '../devices/supervisor.js';
import { UnusedInputs } from '../devices/unused-inputs.js';
import { type Gateway, openGateway } from '../gateway/gateway.js';
import { Troubles } from '../gateway/troubles.js';
import type { Actor } from '../generated/types.js';
import type { Disk } from '../journal/disk.js';
import { watchSpace } from '../journal/space-watch.js';
import { type Clock, type MonoMs, systemClock, toUtc, type WallMs } from '../kit/clock.js';
import type { BridgeError } from '../kit/errors.js';
import { newId } from '../kit/ids.js';
import { Lifetime } from '../kit/lifetime.js';
import type { Log } from '../kit/log.js';
import { compileMapping, type Mapping } from '../mapping/mapping.js';
import type { RuleCommand } from '../mapping/outputs.js';
import { LOOK_BACK_EVENTS, unsentOf } from '../mapping/unsent.js';
import type { Outcome } from '../protocol/decision.js';
import type { Draft, EventType, ShowEvent } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { openSequencer, type Sequencer } from '../sequencer/sequencer.js';
import { watchWall } from '../sequencer/wall-watch.js';
import { faceOf } from '../show/face.js';
import { initialState } from '../show/state.js';
import type { CheckedBridge } from './load-bridge.js';
import { adapterOf, loadAdaptersOf } from './registry.js';
import { keepWarm } from './warm-up.js';

export type { KindListing } from '../devices/plugged-in.js';
export type { DeviceReport } from '../devices/supervised-device.js';
export type { Outcome } from '../protocol/decision.js';
export type { ShowState } from '../show/state.js';
export type { CheckedBridge, LoadResult } from './load-bridge.js';
/** Stored events, as they are published. */
export type Published = Parameters<Gateway['publish']>[0];

/** A running bridge. */
export interface Bridge {
  /** Where clients connect, such as `http://127.0.0.1:8420`. */
  readonly url: string;
  readonly sequencer: Sequencer;
  devices(): DeviceReport[];
  /** A press at the machine itself. */
  press(eventType: EventType, payload: object, deviceId: string): Promise<Outcome>;
  /**
   * Takes a new bridge file over while the show runs: rules, devices, access, limits. @returns what needs a restart.
   */
  reload(checked: CheckedBridge): Promise<string[]>;
  /** A new bridge file was refused, and the old one stays: told on the pages until one is taken over. */
  reloadRefused(why: string): void;
  /** Stops within 3 s: no new press is taken, what was accepted is stored and sent, every device is told goodbye. */
  close(): Promise<BridgeError[]>;
}

/** A draft without what is the same for all of them. */
type Wish = Omit<Draft, 'kind' | 'version' | 'messageId' | 'showId' | 'createdAt'>;

/** How much of what the bridge has to say waits for the log. */
const UNTOLD_MAX = 1000;

const OWN: Actor = { userId: 'bridge', role: 'bridge', deviceId: 'bridge' };

export async function startBridge(options: {
  checked: CheckedBridge;
  log: Log;
  clock?: Clock;
  pagesDir?: string;
  /** Sees each stored event after it was published. */
  onPublished?: (entries: Published) => void;
  /** Where the log is kept; left out: the machine's own. */
  disk?: Disk;
}): Promise<Bridge> {
  const { log, clock: machine = systemClock() } = options;
  await loadAdaptersOf(options.checked);
  let { checked } = options;
  const life = new Lifetime(machine);
  const initial = initialState(checked.showFile);
  let mapping = mappingOf(checked);
  let gateway: Gateway | undefined;
  let prepared: { event: ShowEvent; commands: ReturnType<Mapping['commandsFor']> } | undefined;

  /** Goes the whole way of a command but the last step. */
  const tryCommand = (device: string, command: Command): void => {
    const config = checked.config.devices[device];
    if (config) adapterOf(config.adapter)?.problemOfCommand?.(command, { ...config });
  };

  const sequencer = await openSequencer({
    showId: checked.config.show.id,
    initial,
    fingerprint: checked.fingerprint,
    journalPath: checked.journalPath,
    goGuardMs: checked.config.show.goGuardMs,
    patches: checked.config.show.patches,
    clock: machine,
    log,
    ...(options.disk === undefined ? {} : { disk: options.disk }),
    effects: {
      prepare: (event, state) => {
        const commands = mapping.commandsFor(event, state);
        for (const { device, command } of commands) tryCommand(device, command);
        prepared = { event, commands };
      },
      perform: (event, state) => {
        const commands = prepared?.event === event ? prepared.commands : mapping.commandsFor(event, state);
        if (event.eventType === 'CueAdvanced') onAdvanced(event, commands.length > 0);
        outputs.perform(event, commands);
      },
      publish: (entries, state) => {
        if (untold.size > 0) queueMicrotask(retell);
        gateway?.publish(entries, state);
        supervisor.repaint();
        playheads.look();
        options.onPublished?.(entries);
      },
      unavailable: () => supervisor.repaint(),
      journal: (failure) => {
        troubles.set('journal', failure && { code: failure.code, message: failure.message });
        if (!failure) retell();
        supervisor.repaint();
      },
    },
  });
  life.add('sequencer and journal', () => sequencer.close());

  // From here on everything goes by the show's time, which never runs behind the log.
  const clock: Clock = { ...machine, wall: () => sequencer.now() };
  const propose = (draft: Wish, pressedAt?: MonoMs): Promise<Outcome> =>
    new Promise((resolve) => {
      const envelope = {
        kind: 'event',
        version: PROTOCOL_VERSION,
        messageId: newId(),
        showId: sequencer.showId,
      } as const;
      sequencer.propose({ ...envelope, createdAt: toUtc(clock.wall()), ...draft } as Draft, resolve, false, pressedAt);
    });

  /** A command in a few words. */
  const summarise = (device: string, command: Command): string =>
    adapterOf(checked.config.devices[device]?.adapter)?.summarise(command) ?? JSON.stringify(command);

  /** What the bridge itself has to say and the log did not take, the newest for each device or stage; told when it does. */
  const untold = new Map<string, Wish>();
  const report = async (key: string, wish: Wish): Promise<void> => {
    const outcome = await propose(wish);
    if (outcome.ok || !outcome.code.startsWith('JOURNAL_')) return;
    untold.delete(key);
    untold.set(key, wish);
    const [oldest] = untold.keys();
    if (untold.size > UNTOLD_MAX && oldest !== undefined) untold.delete(oldest);
  };
  const retell = (): void => {
    const waiting = [...untold];
    untold.clear();
    for (const [key, wish] of waiting) void report(key, wish);
  };
  const tellStage = (stage: StageReport): void => {
    const { cause, outputId, stage: what } = stage;
    void report(JSON.stringify([cause.messageId, outputId, what]), { actor: OWN, ...stageEvent(stage) });
  };

  const supervisor = new Supervisor({
    clock,
    log,
    face: () => (sequencer.failure ? { ...faceOf(sequencer.state), state: 'failed' } : faceOf(sequencer.state)),
    listener: {
      onInput: (device, input, at) => onInput(device, input, at),
      onPlayhead: () => playheads.look(),
      onStatus: ({ device, adapter, status, code, detail }) => {
        const why = { ...(code === undefined ? {} : { code }), ...(detail === undefined ? {} : { detail }) };
        const payload = { device, adapter, status, ...why };
        untold.delete(device);
        void report(device, { eventType: 'DeviceStatusChanged', actor: OWN, payload });
      },
    },
  });
  const playheads = new PlayheadWatch({
    clock,
    views: () =>
      mapping.playheads.map(({ device, main, wanted }) => ({
        device,
        playhead: supervisor.playheadOf(device),
        wanted: wanted?.(sequencer.state),
        ...(main === undefined ? {} : { main: { device: main, playhead: supervisor.playheadOf(main) } }),
      })),
    raise: (device, alarm) => supervisor.raise(device, alarm),
  });
  const outputs = new Outputs({
    send: (device, command) => supervisor.send(device, command),
    summarise,
    tell: tellStage,
    clock,
    log,
  });

  const troubles = new Troubles(clock, (err) => log.error({ code: 'INTERNAL', err }, 'listener.failed'));
  const metrics = new Registry();
  const unusedTotal = new Counter({
    name: 'pacebuddy_inputs_unused_total',
    help: 'What devices said that had no effect: no rule, no cue, or refused.',
    labelNames: ['device', 'why'],
    registers: [metrics],
  });
  const unused = new UnusedInputs(clock, log, (device, why) => unusedTotal.inc({ device, why }));
  const deviceReports = (): DeviceReport[] =>
    supervisor.report().map((report) => {
      const told = unused.of(report.device);
      return told ? { ...report, unused: told } : report;
    });

  /** An input that no rule made a proposal of. */
  function noteUnused(device: string, input: Input): void {
    const misses = mapping.whyNoDraft(device, input, sequencer.state);
    if (misses.length > 0) {
      const words = misses.map(({ ruleId, whyNot }) => `${ruleId}: ${whyNot}`).join('; ');
      unused.note(device, input, { why: 'no-cue', code: 'INPUT_UNUSED', words });
      return;
    }
    const config = checked.config.devices[device];
    const isPress = adapterOf(config?.adapter)?.isPress;
    if (isPress && !isPress(input, mapping.patternsFor(device), { ...config })) return;
    unused.note(device, input, { why: 'no-rule', code: 'INPUT_UNUSED', words: 'no rule fits it' });
  }

  const chain = new PressChain();
  /** Of the advances that devices asked for and that are on their way. */
  const hops = new Map<string, Hop>();
  function onAdvanced({ messageId }: ShowEvent, sent: boolean): void {
    const hop = hops.get(messageId) ?? BY_PERSON;
    chain.advanced(clock.mono(), hop, sent);
    if (hop.hops === 0) troubles.set('chain', undefined);
  }

  function onInput(device: string, input: Input, at = clock.mono()): void {
    const notAfter = toUtc((clock.wall() - (clock.mono() - at) + INPUT_LATE_MS) as WallMs);
    const fired = adapterOf(checked.config.devices[device]?.adapter)?.firedCue?.(input);
    if (fired) {
      const payload = { device, ...fired };
      void propose({ eventType: 'ExternalCueFired', actor: { ...OWN, deviceId: device }, payload });
    }
    if (input.attribution === 'doubtful') {
      const words = 'ours or an operator’s? recorded, and moves nothing';
      unused.note(device, input, { why: 'doubtful', code: 'INPUT_DOUBTFUL', words });
      return;
    }
    const drafts = mapping.draftsFor(device, input, sequencer.state);
    if (drafts.length === 0) noteUnused(device, input);
    for (const { ruleId, eventType, payload, as, by } of drafts) {
      const messageId = newId();
      if (eventType === 'CueAdvanced') {
        const isTold = input.attribution === 'operator';
        const isByHand =
          isTold || by === 'person' || adapterOf(checked.config.devices[device]?.adapter)?.isByHand?.(input);
        const hop = isByHand ? BY_PERSON : chain.hopOf(at);
        if (hop.hops >= HOPS_MAX) {
          const words = `the ${HOPS_MAX}rd GO in a row that came ${Math.round(hop.afterMs ?? 0)} ms behind a cue, and from no hand: devices press one another`;
          unused.note(device, input, { why: 'refused', code: 'GO_CHAIN', words, ruleId, eventType });
          troubles.set('chain', { code: 'GO_CHAIN', message: `${device}: ${words}` });
          continue;
        }
        hops.set(messageId, hop);
      }
      const actor = { ...userOf(checked, as), deviceId: device };
      void propose({ eventType, actor, payload, notAfter, messageId } as Wish, at).then((outcome) => {
        hops.delete(messageId);
        if (outcome.ok) log.info({ device, ruleId, eventType, seq: outcome.eventSeq }, 'input.taken');
        else {
          const { code, message: words } = outcome;
          unused.note(device, input, { why: 'refused', code, words, ruleId, eventType });
        }
      });
    }
  }

  const wallWatch = new AbortController();
  life.add('wall clock', () => wallWatch.abort());
  void watchWall(machine, log, () => sequencer.state.startedAt !== null, wallWatch.signal);
  const spaceWatch = new AbortController();
  life.add('room on the disk', () => spaceWatch.abort());
  const onSpace = (left: number | undefined): void => {
    const message = `the disk of the log has ${((left ?? 0) / 2 ** 20).toFixed(1)} MiB left`;
    if (left === undefined) log.info({}, 'disk.has-room');
    else log.warn({ code: 'DISK_LOW', detail: message }, 'disk.low');
    troubles.set('disk', left === undefined ? undefined : { code: 'DISK_LOW', message });
  };
  void watchSpace(checked.journalPath, machine, onSpace, spaceWatch.signal);
  const practice = new AbortController();
  life.add('practice', () => practice.abort());
  keepWarm(
    {
      showId: sequencer.showId,
      initial,
      settings: checked.config.show,
      mapping: () => mapping,
      tryCommand,
      clock,
      log,
    },
    practice.signal,
  );

  // What the last bridge left, before anybody can press here.
  if (!sequencer.wasStopped) await tellUnsent();
  retireUnsent();

  // Whoever cannot listen is told before any device is touched.
  gateway = await openGateway({
    ...gatewaySettings(checked),
    show: sequencer,
    devices: deviceReports,
    deviceIds: () => supervisor.names,
    metrics,
    troubles,
    snapshotUpToSeq: sequencer.showSinceSeq,
    ...(options.pagesDir === undefined ? {} : { pagesDir: options.pagesDir }),
    clock,
    log,
  }).catch(async (error) => {
    await life.close();
    throw error;
  });
  life.add('devices', () => supervisor.close());
  life.add('playheads', async () => playheads.close());
  await supervisor.configure(specsOf(checked, mapping));
  forgetRemoved();
  life.add('what is under way', () => sequencer.idle());
  life.add('gateway', () => gateway?.close());

  /** A device that the log remembers and the bridge file no longer has is shown as what it is: gone. */
  function forgetRemoved(): void {
    for (const { device, adapter, status } of sequencer.state.devices) {
      if (supervisor.names.has(device) || status === 'down') continue;
      const payload = { device, adapter, status: 'down', detail: 'no longer in the bridge file' } as const;
      void propose({ eventType: 'DeviceStatusChanged', actor: OWN, payload });
    }
  }

  /** What the last bridge had taken when it was killed and nothing tells of: once, and nothing is sent again by itself. */
  async function tellUnsent(): Promise<void> {
    const events: ShowEvent[] = [];
    for await (const { lines } of sequencer.read(Math.max(1, sequencer.lastEventSeq - LOOK_BACK_EVENTS))) {
      for (const line of lines.toString().split('\n')) if (line !== '') events.push(JSON.parse(line) as ShowEvent);
    }
    for (const { event, command } of unsentOf(events, (each) => mapping.commandsFor(each, sequencer.state))) {
      const { device, ruleId, outputId } = command;
      const summary = summarise(device, command.command);
      const detail = 'taken, not sent: the bridge stopped before it left, or before it could say so';
      log.error({ code: 'OUTPUT_UNSENT', seq: event.eventSeq, device, ruleId, summary, detail }, 'output.unsent');
      const cueId = resendable(event, outputId);
      tellStage({
        ...{ cause: event, ruleId, outputId, device, summary, latencyMs: 0 },
        ...{ stage: 'failed', code: 'OUTPUT_UNSENT', detail },
        ...(cueId === undefined ? {} : { cueId }),
      });
    }
    await sequencer.idle();
  }

  /** What a CallFired makes of one output of a cue now. */
  function rerunOf(cause: Pick<ShowEvent, 'actor'>, cueId: string, outputId: string): RuleCommand | undefined {
    const rerun = { ...cause, eventType: 'CallFired', payload: { cueId, outputId, kind: 'rerun' } } as ShowEvent;
    return mapping.commandsFor(rerun, sequencer.state)[0];
  }

  /** The cue that a CallFired would send this output of; none when it would send nothing. */
  function resendable(event: ShowEvent, outputId: string): string | undefined {
    if (event.eventType !== 'CueAdvanced' && event.eventType !== 'CallFired') return undefined;
    const cueId = event.eventType === 'CueAdvanced' ? event.payload.toCueId : event.payload.cueId;
    return rerunOf(event, cueId, outputId) && cueId;
  }

  /** With other rules another thing would be sent than what was told: then it can only be sent by hand. */
  function retireUnsent(): void {
    for (const output of sequencer.state.outputs) {
      const { cueId, outputId, device, summary, ruleId, causationId, causeSeq = 0 } = output;
      if (output.code !== 'OUTPUT_UNSENT' || cueId === undefined) continue;
      const now = rerunOf({ actor: OWN }, cueId, outputId);
      if (now && now.device === device && summarise(device, now.command) === summary) continue;
      const detail = 'taken, not sent, and the bridge file has changed since: send it by hand';
      const cause = { eventSeq: causeSeq, messageId: causationId, recordedAt: '' };
      const about = { cause, ruleId, outputId, device, summary, latencyMs: 0 };
      tellStage({ ...about, stage: 'failed', code: 'OUTPUT_UNSENT', detail });
    }
  }

  return {
    url: gateway.url,
    sequencer,
    devices: deviceReports,
    press: (eventType, payload, deviceId) =>
      propose({ eventType, actor: { userId: 'booth', role: 'stageManager', deviceId }, payload } as Wish),
    async reload(next) {
      await loadAdaptersOf(next);
      const restart = restartReasons(checked, next);
      mapping = mappingOf(next);
      prepared = undefined;
      checked = { ...next, config: { ...next.config, show: { ...next.config.show, id: sequencer.showId } } };
      sequencer.reconfigure(next.config.show);
      gateway?.reconfigure(gatewaySettings(next));
      retireUnsent();
      await supervisor.configure(specsOf(next, mapping));
      playheads.restart();
      forgetRemoved();
      const kept = `not taken over before the next start: ${restart.join(', ')}`;
      troubles.set('bridge file', restart.length > 0 ? { code: 'CONFIG_RESTART_NEEDED', message: kept } : undefined);
      gateway?.countReload('taken');
      return restart;
    },
    reloadRefused(message) {
      troubles.set('bridge file', { code: 'CONFIG_RELOAD_REFUSED', message });
      gateway?.countReload('refused');
    },
    close: () => life.close(),
  };
}

function mappingOf({ config }: CheckedBridge): Mapping {
  return compileMapping(config, (device, pattern, input) =>
    fits(adapterOf(config.devices[device]?.adapter), pattern, input),
  );
}

const specsOf = ({ config, baseDir }: CheckedBridge, mapping: Mapping): DeviceSpec[] =>
  Object.entries(config.devices).flatMap(
    ([name, { adapter: kind, backupOf: _b, mirrored: _m, playhead: _p, ...rest }]) => {
      const adapter = adapterOf(kind);
      return adapter ? [{ name, adapter, config: rest, patterns: mapping.patternsFor(name), baseDir }] : [];
    },
  );

const gatewaySettings = ({ config }: CheckedBridge) => ({
  listen: config.server.listen,
  allowedOrigins: config.server.allowedOrigins,
  heartbeatMs: config.server.heartbeatMs,
  limits: config.server.limits,
  ...(config.access === undefined ? {} : { access: config.access }),
});

/** Who a device's press counts for: the user of the access list, or the bridge itself in that user's name. */
function userOf({ config }: CheckedBridge, as: string | undefined): Omit<Actor, 'deviceId'> {
  const entry = config.access?.find(({ userId }) => userId === as);
  if (!entry) return { userId: as ?? OWN.userId, role: OWN.role };
  const { userId, role, displayName } = entry;
  return { userId, role, ...(displayName === undefined ? {} : { displayName }) };
}

function restartReasons(now: CheckedBridge, next: CheckedBridge): string[] {
  const reasons: string[] = [];
  if (now.config.show.id !== next.config.show.id) reasons.push('show.id');
  if (now.fingerprint !== next.fingerprint) reasons.push('the show file');
  if (now.journalPath !== next.journalPath) reasons.push('journal.path');
  if (now.config.server.listen !== next.config.server.listen) reasons.push('server.listen');
  return reasons;
}

function stageEvent(report: StageReport) {
  const { cause, ruleId, outputId, device, summary, latencyMs } = report;
  const about = { device, ruleId, outputId, causeSeq: cause.eventSeq, summary, latencyMs };
  const causes = { causationId: cause.messageId, correlationId: cause.correlationId ?? cause.messageId };
  switch (report.stage) {
    case 'sent': {
      const { reached, acknowledgedMs } = report;
      const answered = acknowledgedMs === undefined ? {} : { acknowledgedMs };
      return { ...causes, eventType: 'OutputSent', payload: { ...about, reached, ...answered } } as const;
    }
    case 'confirmed':
      return { ...causes, eventType: 'OutputConfirmed', payload: about } as const;
    case 'failed': {
      const { code, detail, cueId } = report;
      const cue = cueId === undefined ? {} : { cueId };
      return { ...causes, eventType: 'OutputFailed', payload: { ...about, code, detail, ...cue } } as const;
    }
  }
}
