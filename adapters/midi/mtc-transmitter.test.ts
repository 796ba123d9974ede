/** Time code out of a device: what the port gets when the show's timers change, and when rules order it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Connection, Face, FaceTimer, Health } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { decodeMessage } from '../../src/wire/midi/codec.js';
import { frameText } from '../../src/wire/midi/timecode.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import { within } from '../../test/support/waiting.js';
import { createMidiAdapter } from './adapter.js';
import * as validators from './generated/validators.js';
import { SimulatedMidi } from './simulator.js';

const never = new AbortController().signal;

/** What a port got, a word each: full frames by their time, pieces by their number. */
const wordsOf = ({ received }: SimulatedMidi): string[] =>
  received.flatMap((bytes) =>
    decodeMessage(bytes).messages.map((message) => {
      if (message.kind === 'mtcFull') return frameText(message.timecode);
      return message.kind === 'mtcQuarter' ? `${message.piece}` : message.kind;
    }),
  );

class Show {
  readonly clock = new TestClock('2026-03-01T19:30:00.000Z');
  readonly port = new SimulatedMidi();
  readonly healths: Health[] = [];
  readonly kept = keptLog();
  #connection: Connection | undefined;

  static async begin(mtcOut: object): Promise<Show> {
    const show = new Show();
    await show.plug(mtcOut);
    onTestFinished(() => show.connection.close());
    return show;
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error('not plugged in');
    return this.#connection;
  }

  async plug(mtcOut: object): Promise<void> {
    const adapter = createMidiAdapter({ loadDriver: async () => this.port });
    const device = checkedDevice('midi', { output: 'Desk', mtcOut });
    this.#connection = await adapter.connect(device, { ...testIo('tc'), clock: this.clock, log: this.kept.log }, never);
    this.#connection.onHealth((health) => this.healths.push(health));
  }

  /** The timer as the show tells it now. */
  paint(timer: Partial<FaceTimer> | undefined): void {
    const timers = timer ? [{ id: 'show', mode: 'up', status: 'stopped', valueMs: 0, anchorAt: null, ...timer }] : [];
    const devices = { total: 0, troubled: [], counts: {} };
    const face = { title: 'x', state: 'ready', at: this.clock.wall(), timers, devices };
    this.connection.display?.(face as Face);
  }

  /** A moment of the show's time, so long ago. */
  ago(ms: number): string {
    return new Date(Math.round(this.clock.wall() - ms)).toISOString();
  }

  /** What the port has got since the last look. */
  got(): string[] {
    return wordsOf(this.port).splice(this.#seen, Number.POSITIVE_INFINITY).map(this.#count);
  }

  #seen = 0;
  #count = (word: string): string => {
    this.#seen += 1;
    return word;
  };
}

describe('time code of a timer', () => {
  test('runs with the timer, from where it is by now however late that was told', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    show.paint({});
    expect(show.got()).toEqual(['00:00:00:00']);
    show.paint({ status: 'running', anchorAt: show.ago(100) });
    await show.clock.advance(80);
    // 100 ms are two and a half frames: the next even one is the fourth.
    expect(show.got()).toEqual(['00:00:00:02', '0', '1', '2']);
    await show.clock.advance(50);
    expect(show.got()).toEqual(['3', '4', '5', '6', '7']);
  });

  test('stands with a pause, and tells where', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show', start: '01:00:00:00' });
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    await show.clock.advance(1000);
    show.got();
    show.paint({ status: 'paused', valueMs: 1000, anchorAt: show.ago(0) });
    await show.clock.advance(1000);
    expect(show.got()).toEqual(['01:00:01:00']);
    expect(show.clock.sleeping).toBe(1);
  });

  test('jumps with an override: a full frame of the new place, then its next even frame', async () => {
    const show = await Show.begin({ rate: '30', timer: 'show' });
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    await show.clock.advance(100);
    show.got();
    show.paint({ status: 'running', valueMs: 600_000, anchorAt: show.ago(0) });
    await show.clock.advance(1);
    expect(show.got()).toEqual(['00:10:00:00', '0']);
  });

  test('is not begun anew when something else of the show changes', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    const running = { status: 'running', anchorAt: show.ago(0) } as const;
    show.paint(running);
    await show.clock.advance(20);
    show.got();
    show.paint({ ...running, label: 'another' });
    await show.clock.advance(10);
    expect(show.got()).toEqual(['3']);
  });

  test('goes on by itself when the port is back, at the right time, and nothing of the gap is sent', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    const running = { status: 'running', anchorAt: show.ago(0) } as const;
    show.paint(running);
    await show.clock.advance(100);
    show.port.unplug();
    await show.clock.advance(9900);
    await within(show.connection.closed, 'the end');
    show.got();
    show.port.replug();
    await show.plug({ rate: '25', timer: 'show' });
    show.paint(running);
    await show.clock.advance(15);
    expect(show.got()).toEqual(['00:00:10:00', '0', '1']);
  });

  test('with onReturn: wait is silent until somebody touches the timer', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show', onReturn: 'wait' });
    const running = { status: 'running', anchorAt: show.ago(5000) } as const;
    show.paint(running);
    await show.clock.advance(1000);
    show.paint(running);
    expect(show.got()).toEqual([]);
    show.paint({ status: 'running', valueMs: 60_000, anchorAt: show.ago(0) });
    expect(show.got()).toEqual(['00:01:00:00', '0']);
  });

  test('of a timer that counts down is not sent, and the device is degraded', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    await show.clock.advance(10);
    show.got();
    show.paint({ mode: 'down', status: 'running', valueMs: 5000, anchorAt: show.ago(0) });
    await show.clock.advance(1000);
    expect(show.got()).toEqual([]);
    expect(show.healths.at(-1)).toEqual({
      status: 'degraded',
      code: 'DEVICE_REFUSED',
      detail: 'timer show counts down; time code runs forward, so none is sent',
    });
    show.paint({});
    expect(show.healths.at(-1)?.status).toBe('unverified');
  });

  test('of a timer that is not there yet is nothing', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    show.paint(undefined);
    await show.clock.advance(1000);
    expect(show.got()).toEqual([]);
    expect(show.healths).toEqual([]);
  });

  test('leaves the ports alone: no list for each piece, and a cue goes between', async () => {
    const show = await Show.begin({ rate: '30', timer: 'show' });
    const before = show.port.listings;
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    await show.clock.advance(1000);
    await show.connection.send({ msc: { command: 'go', deviceId: 1, format: 'lighting', cue: '1' } }, never);
    await show.clock.advance(1000);
    expect(show.port.listings - before).toBeLessThanOrEqual(2);
    expect(show.got().filter((word) => word === 'msc')).toHaveLength(1);
    expect(show.connection.counters?.()).toMatchObject({
      'out.mtc-full': 1,
      'out.mtc-quarter': 241,
      'out.mtc-relocated': 0,
    });
  });

  test('that this machine held up is told anew, and said aloud once in ten seconds', async () => {
    const show = await Show.begin({ rate: '25', timer: 'show' });
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    for (let n = 0; n < 30; n++) {
      await show.clock.advance(500);
      show.clock.standStill(200);
    }
    await show.clock.advance(1);
    expect(show.connection.counters?.()).toMatchObject({ 'out.mtc-relocated': 30 });
    expect(show.kept.named('timecode.relocated')).toHaveLength(3);
  });

  test('ends with the connection', async () => {
    const show = await Show.begin({ rate: '30', timer: 'show' });
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    await show.connection.close();
    await show.clock.advance(1000);
    expect(show.clock.sleeping).toBe(0);
  });

  test('to a port that takes nothing any more is the end of the connection, aloud', async () => {
    const show = await Show.begin({ rate: '30', timer: 'show' });
    show.port.sendFailure = new Error('Internal RtMidi error');
    show.paint({ status: 'running', anchorAt: show.ago(0) });
    expect(await show.connection.closed).toMatchObject({ code: 'DEVICE_CLOSED' });
  });
});

describe('time code by rules', () => {
  test('runs from a place, stands, and tells a place', async () => {
    const show = await Show.begin({ rate: '29.97df' });
    expect(show.connection.display).toBeUndefined();
    await show.connection.send({ mtc: { run: '01:00:00:00' } }, never);
    expect(show.got()).toEqual(['01:00:00:00', '0']);
    await show.clock.advance(20);
    expect(show.got()).toEqual(['1', '2']);
    await show.connection.send({ mtc: { stop: true } }, never);
    await show.clock.advance(1000);
    expect(show.got()).toEqual([]);
    await show.connection.send({ mtc: { locate: '01:10:00:00' } }, never);
    expect(show.got()).toEqual(['01:10:00:00']);
  });

  test('makes up for what has passed since the event', async () => {
    const show = await Show.begin({ rate: '25' });
    await show.connection.send({ mtc: { run: '01:00:00:00', at: show.ago(1000) } }, never);
    expect(show.got()).toEqual(['01:00:01:00']);
  });

  test.each<[object, object | undefined, string | undefined]>([
    [{ run: '01:00:00:00' }, { rate: '25' }, undefined],
    [{ run: '01:00:00.040' }, { rate: '25' }, undefined],
    [{ run: '01:00:00:00' }, undefined, 'the device sends no time code: give it mtcOut with a rate'],
    [
      { run: '01:00:00:00' },
      { rate: '25', timer: 'show' },
      'the time code of this device is that of timer show: no rule can run it',
    ],
    [
      { run: '01:00:00:25' },
      { rate: '25' },
      'mtc: a time is HH:MM:SS:FF at 25 frames or HH:MM:SS.mmm, not "01:00:00:25"',
    ],
    [
      { locate: '01:01:00:00' },
      { rate: '29.97df' },
      '01:01:00:00 does not exist at 29.97df: drop-frame leaves frames 00 and 01 out in most minutes',
    ],
    [{ run: '01:00:00:00', locate: '01:00:00:00' }, { rate: '25' }, 'mtc: give one of run, locate, stop'],
    [{}, { rate: '25' }, 'mtc: give one of run, locate, stop'],
    [{ stop: true, at: '2026-03-01T19:30:00.000Z' }, { rate: '25' }, 'mtc: at belongs to run, not to stop'],
    [{ run: '01:00:00:00', at: 'now' }, { rate: '25' }, 'mtc: at must be a time such as $event.recordedAt, not now'],
  ])('%j to a device with mtcOut %j', (mtc, mtcOut, problem) => {
    const device = checkedDevice('midi', { output: 'Desk', ...(mtcOut && { mtcOut }) });
    expect(createMidiAdapter().problemOfCommand?.({ mtc: { ...mtc } }, device)).toBe(problem);
  });

  test('is told in a few words', () => {
    const { summarise } = createMidiAdapter();
    expect(summarise({ mtc: { run: '01:00:00:00', at: '2026-03-01T19:30:00.000Z' } })).toBe('mtc run 01:00:00:00');
    expect(summarise({ mtc: { stop: true } })).toBe('mtc stop');
  });

  test('has the shape that the schema asks for', () => {
    const fits = (mtc: object) => validators.send({ device: 'tc', mtc });
    expect([{ run: '01:00:00:00' }, { run: '1', at: 'x' }, { stop: true }, { locate: '1' }].map(fits)).not.toContain(
      false,
    );
    expect([{}, { stop: false }, { at: 'x' }, { run: '1', stop: true }].map(fits)).not.toContain(true);
  });
});

describe('check', () => {
  const timers = [
    { id: 'show', mode: 'up' },
    { id: 'interval', mode: 'down' },
  ] as const;
  const problem = (mtcOut: unknown) => createMidiAdapter().problemOfDevice?.({ mtcOut }, timers);

  test('says nothing of a timer that counts up', () => {
    expect(problem({ rate: '25', timer: 'show', start: '00:59:50:00' })).toBeUndefined();
    expect(problem(undefined)).toBeUndefined();
    expect(problem('25')).toBeUndefined();
  });

  test('refuses a timer that counts down, and a beginning that is no time', () => {
    expect(problem({ rate: '25', timer: 'interval' })).toMatchObject({ pointer: '/mtcOut/timer', severity: 'error' });
    expect(problem({ rate: '25', start: '00:00:00:25' })).toMatchObject({
      pointer: '/mtcOut/start',
      severity: 'error',
    });
    expect(problem({ rate: '29.97df', start: '00:01:00:01' })).toMatchObject({ pointer: '/mtcOut/start' });
  });

  test('warns of a timer that nobody has yet', () => {
    expect(problem({ rate: '25', timer: 'shwo' })).toEqual({
      pointer: '/mtcOut/timer',
      message: "unknown timer 'shwo'",
      severity: 'warn',
      unknown: { name: 'shwo', among: ['show', 'interval'] },
    });
  });
});
