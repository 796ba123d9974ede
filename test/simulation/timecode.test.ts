/** The built bridge with time code on both sides: a timer that is code, and code that is a timer. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { machineMs, systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import type { ShowState } from '../../src/show/state.js';
import { timerValueMs } from '../../src/show/timers.js';
import { decodeMessage, encodeMessage, type MtcMessage } from '../../src/wire/midi/codec.js';
import { MtcReceiver, type MtcReport } from '../../src/wire/midi/mtc.js';
import { MtcGenerator } from '../../src/wire/midi/mtc-out.js';
import { frameCount, frameText, msToFrames } from '../../src/wire/midi/timecode.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { proposal } from '../support/messages.js';
import { VirtualMidi } from '../support/virtual-midi.js';
import { eventually, within } from '../support/waiting.js';
import { WireClient } from '../support/wire-client.js';

const clock = systemClock();
/** As ALSA names it; the bridge file has a part of the name. */
const PORT = 'USB MIDI Interface:USB MIDI Interface MIDI 1 20:0';

interface Booth {
  midi: VirtualMidi;
  daemon: Daemon;
  client: WireClient;
  /** What somebody heard of the code that came out. */
  heard(): (MtcReport & { atMs: number })[];
  status(device: string, status: string): Promise<unknown>;
  does(eventType: string, payload: object): Promise<string>;
  state(): Promise<ShowState>;
}

/** config/bridge.timecode.yaml as it stands, but for where it listens. */
async function booth(change: (text: string) => string = (text) => text): Promise<Booth> {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-'));
  const config = join(packageRoot, 'config');
  const text = await readFile(join(config, 'bridge.timecode.yaml'), 'utf8');
  const file = join(folder, 'bridge.yaml');
  await writeFile(file, change(text.replace('127.0.0.1:8420', '127.0.0.1:0')));
  await cp(join(config, 'show.minimal.yaml'), join(folder, 'show.minimal.yaml'));
  const midi = await VirtualMidi.open(PORT);
  const daemon = await startDaemon(file, midi.env, ['--log-level', 'debug']);
  const client = await WireClient.connect(daemon.url);
  onTestFinished(async () => {
    client.drop();
    await daemon.stop();
    await midi.close();
    await rm(folder, { recursive: true });
  });
  const showId = 'my_show_2026_05_01';
  const state = async () => {
    const asked = { ...proposal('SnapshotRequested', { reason: 'manual' }), showId };
    client.send(asked);
    const { state: now } = await client.take(({ kind }) => kind === 'snapshot', 'a snapshot');
    return now as ShowState;
  };
  await state();
  return {
    midi,
    daemon,
    client,
    state,
    heard: () => {
      const receiver = new MtcReceiver({ freewheelMs: 500 });
      return midi.sent.flatMap(({ bytes, atMs }) =>
        decodeMessage(bytes).messages.flatMap((message) =>
          message.kind === 'mtcQuarter' || message.kind === 'mtcFull'
            ? receiver.take(message, atMs).map((report) => ({ ...report, atMs }))
            : [],
        ),
      );
    },
    status: (device, status) =>
      eventually(
        () => daemon.lines.findLast((line) => line.device === device && line.status !== undefined)?.status === status,
        `${device} ${status}`,
      ),
    does: async (eventType, payload) => {
      const press = { ...proposal(eventType, payload), showId };
      client.send(press);
      const ack = await client.take(({ ackOf }) => ackOf === press.messageId, `the ack of ${eventType}`);
      expect(ack.status).toBe('ok');
      const event = await client.take(({ messageId }) => messageId === press.messageId, eventType);
      return String(event.recordedAt);
    },
  };
}

/** A moment of the bridge's time on the machine's clock: both are of this machine. */
const onMachine = (utc: string): number => machineMs() - (clock.wall() - Date.parse(utc));

test('the code is the timer of the page: it runs, is held and goes on, and is right by itself after a crash of its driver', async () => {
  const { midi, daemon, does, heard, status } = await booth();
  await status('lights-code', 'unverified');
  await eventually(() => midi.sent.length > 0, 'the place of a timer that stands');
  expect(heard().map(({ state, timecode }) => `${state} ${frameText(timecode)}`)).toEqual(['located 01:00:00:00']);

  const startedAtMs = onMachine(await does('TimerStarted', { timerId: 'show' }));
  await eventually(() => heard().filter(({ state }) => state === 'running').length >= 2, 'two seconds of code', 8000);
  const running = heard().filter(({ state }) => state === 'locked' || state === 'running');
  for (const { timecode, atMs } of running) {
    const really = 3600 * 25 + msToFrames('25', atMs - startedAtMs);
    // Told a quarter of a frame before it is true; a busy machine may be a frame late, and a clock of whole milliseconds.
    expect(Math.abs(really - frameCount(timecode))).toBeLessThan(1.5);
  }

  await does('EmergencyTriggered', { emergencyId: 'e', code: 'technical', level: 'hold' });
  // A busy machine may tell a place anew while the code still runs: the one that is meant is the last.
  const quietMs = () => machineMs() - (midi.sent.at(-1)?.atMs ?? 0);
  await eventually(() => heard().at(-1)?.state === 'located' && quietMs() > 200, 'the place where it is held');
  const held = heard().at(-1);
  const messages = midi.sent.length;
  const goesOnAtMs = onMachine(await does('EmergencyResolved', { emergencyId: 'e' }));
  await eventually(() => heard().at(-1)?.state === 'locked', 'the code again');
  const again = midi.sent[messages];
  const [full] = decodeMessage(again?.bytes ?? new Uint8Array()).messages;
  if (!held || !again || full?.kind !== 'mtcFull') throw new Error('it does not go on with a full frame');
  // The place where it was held, and what has passed until this busy machine said so.
  const passed = msToFrames('25', again.atMs - goesOnAtMs);
  expect(Math.abs(frameCount(full.timecode) - frameCount(held.timecode) - passed)).toBeLessThan(1.5);

  const pid = Number(
    String((await daemon.line(({ msg, device }) => msg === 'driver.started' && device === 'lights-code')).pid),
  );
  const before = heard().at(-1);
  process.kill(pid, 'SIGKILL');
  await daemon.line(({ msg, device }) => msg === 'driver.lost' && device === 'lights-code');
  const atLoss = midi.sent.length;
  await eventually(() => midi.sent.length > atLoss + 50, 'the code after the crash');
  const back = heard().at(-1);
  if (!before || !back) throw new Error('nothing was heard');
  const apart = frameCount(back.timecode) - frameCount(before.timecode) - msToFrames('25', back.atMs - before.atMs);
  expect(Math.abs(apart)).toBeLessThan(2);
});

interface Tape {
  /** Where it is now, in frames, and how many pieces it has played. */
  place(): number;
  pieces(): number;
  jump(to: number): void;
  stop(): Promise<void>;
}

/** Plays code into a port as a tape machine would, until it is stopped. */
function tape(midi: VirtualMidi, startFrames: number): Tape {
  const generator = new MtcGenerator('25');
  const life = new AbortController();
  let from = { frames: startFrames, atMs: clock.mono() as number };
  let pieces = 0;
  const play = (messages: readonly MtcMessage[]) => {
    pieces += messages.length;
    for (const message of messages) midi.play(PORT, encodeMessage(message));
  };
  play(generator.run(from.frames, from.atMs, from.atMs));
  const run = async () => {
    while (!life.signal.aborted) {
      await clock.sleep(Math.max(0, (generator.nextAtMs ?? 0) - clock.mono()), life.signal);
      if (!life.signal.aborted) play(generator.take(clock.mono()));
    }
  };
  const running = run();
  return {
    pieces: () => pieces,
    place: () => from.frames + msToFrames('25', clock.mono() - from.atMs),
    jump(to) {
      from = { frames: to, atMs: clock.mono() };
      // As a sequencer that loops: without a full frame.
      generator.run(from.frames, from.atMs, from.atMs);
    },
    async stop() {
      life.abort();
      await running;
    },
  };
}

test('the timer of the page is the code: it starts, jumps, drifts for no event, stands when the code is lost, and is right after a hold', async () => {
  const { midi, client, does, state, status, daemon } = await booth();
  await status('playback', 'unverified');
  await eventually(() => midi.isHeard(PORT), 'the ear of the bridge');
  const timer = async () => {
    const found = (await state()).timers.find(({ id }) => id === 'playback');
    if (!found) throw new Error('no timer');
    return found;
  };
  const happens = (type: string) => client.take(({ eventType }) => eventType === type, type);
  /** How far the page is from the code, in frames. */
  const apart = async (playing: { place(): number }) => {
    const now = await timer();
    return msToFrames('25', timerValueMs(now, clock.wall())) - playing.place();
  };
  /** The page is where the code is. What a busy machine hears late is put right within a second or two. */
  const meets = (playing: { place(): number }) => {
    const look = async (): Promise<void> => {
      while (Math.abs(await apart(playing)) >= 2.5);
    };
    return within(look(), 'the page is where the code is');
  };
  const timerEvents = () => client.events.filter(({ eventType }) => String(eventType).startsWith('Timer'));

  const playing = tape(midi, 10 * 60 * 25);
  onTestFinished(() => playing.stop());
  await happens('TimerSetOverride'); // its full frame
  await happens('TimerStarted');
  await happens('TimerSetOverride');
  expect((await timer()).by).toBe('playback');
  await meets(playing);

  const before = timerEvents().length;
  const pieces = playing.pieces();
  await eventually(() => playing.pieces() > pieces + 200, 'two seconds of code');
  // A machine that stands still for more than two frames puts the timer right: far from an event a frame, which would be 50.
  expect(timerEvents().length - before).toBeLessThan(10);
  await meets(playing);

  playing.jump(3600 * 25);
  await happens('TimerSetOverride');
  await meets(playing);

  await does('EmergencyTriggered', { emergencyId: 'e', code: 'technical', level: 'hold' });
  expect((await timer()).held).toBe(true);
  const atHold = playing.pieces();
  await eventually(() => playing.pieces() > atHold + 50, 'half a second of code');
  await does('EmergencyResolved', { emergencyId: 'e' });
  await happens('TimerSetOverride');
  // A busy machine that plays nothing for half a second loses the code, and finds it again.
  await expect.poll(async () => (await timer()).status, { timeout: 4000 }).toBe('running');
  await meets(playing);

  await playing.stop();
  await happens('TimerPaused');
  expect(await timer()).toMatchObject({ by: 'playback', held: false });

  const again = tape(midi, 3600 * 25);
  onTestFinished(() => again.stop());
  await happens('TimerStarted');
  await midi.unplug(PORT);
  await happens('TimerPaused');
  await daemon.line(({ msg, device }) => msg === 'device.lost' && device === 'playback');
});

test('a cue that a lock fires goes with the lock, and not when a hold is lifted over code that runs', async () => {
  const rule = '  - { id: go, when: { device: playback, mtc: { state: locked } }, propose: CueAdvanced }';
  const { midi, client, does, status } = await booth((text) =>
    // A busy machine that plays nothing for a while loses no lock.
    text.replace('mtcFreewheelMs: 500', 'mtcFreewheelMs: 5000').replace('inputs:\n', `inputs:\n${rule}\n`),
  );
  await status('playback', 'unverified');
  await eventually(() => midi.isHeard(PORT), 'the ear of the bridge');
  const gos = () => client.events.filter(({ eventType }) => eventType === 'CueAdvanced').length;
  const playing = tape(midi, 10 * 60 * 25);
  onTestFinished(() => playing.stop());
  await client.take(({ eventType }) => eventType === 'CueAdvanced', 'the GO of the lock');
  // The guard against a second GO is over.
  const pieces = playing.pieces();
  await eventually(() => playing.pieces() > pieces + 100, 'a second of code');

  await does('EmergencyTriggered', { emergencyId: 'e', code: 'technical', level: 'hold' });
  const atHold = playing.pieces();
  await eventually(() => playing.pieces() > atHold + 70, '0.7 s of code');
  const timersAtHold = client.events.length;
  await does('EmergencyResolved', { emergencyId: 'e' });
  await eventually(
    () => client.events.slice(timersAtHold).some(({ eventType }) => eventType === 'TimerSetOverride'),
    'the lock told again puts the timer right',
  );
  // The rule for the GO stands before the timer's: it would have gone first. One more second of code shows that nothing follows.
  const after = playing.pieces();
  await eventually(() => playing.pieces() > after + 100, 'a second of code');
  expect(gos()).toBe(1);
});
