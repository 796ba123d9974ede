/** Two time codes on one port, or one twice: heard piece by piece, as merged cables give them. */
import { describe, expect, test } from 'vitest';
import { createMidiAdapter } from '../../../adapters/midi/adapter.js';
import { SimulatedMidi } from '../../../adapters/midi/simulator.js';
import { checkedDevice } from '../../../test/support/checked-device.js';
import { seeded } from '../../../test/support/seeded.js';
import { TestClock } from '../../../test/support/test-clock.js';
import type { Health } from '../../adapter-sdk/adapter.js';
import { testIo } from '../../adapter-sdk/testing/contract.js';
import { encodeMessage } from './codec.js';
import { MtcReceiver } from './mtc.js';
import type { Mixture } from './mtc-mixture.js';
import { quarterFrame } from './mtc-out.js';
import { framesToMs, fromFrameCount, RATES, type Rate } from './timecode.js';

interface Heard {
  atMs: number;
  piece: number;
  nibble: number;
}

interface Source {
  rate: Rate;
  frames: number;
  fromMs: number;
  toMs: number;
  speed?: number;
}

/** What one source plays: a piece each quarter of a frame. */
function played({ rate, frames, fromMs, toMs, speed = 1 }: Source): Heard[] {
  const quarterMs = framesToMs(rate, 1) / 4 / speed;
  return Array.from({ length: Math.floor((toMs - fromMs) / quarterMs) }, (_, n) => {
    const message = quarterFrame(fromFrameCount(rate, frames + 2 * Math.floor(n / 8)), n % 8);
    if (message.kind !== 'mtcQuarter') throw new Error('no piece');
    return { atMs: fromMs + n * quarterMs, piece: message.piece, nibble: message.nibble };
  });
}

const merged = (...sources: Heard[][]): Heard[] => sources.flat().sort((one, other) => one.atMs - other.atMs);
const twice = (heard: readonly Heard[], afterMs: number): Heard[] =>
  merged(
    [...heard],
    heard.map((one) => ({ ...one, atMs: one.atMs + afterMs })),
  );

/** How it was judged, each with when; the last is what holds after 5 s of silence. */
function judged(heard: readonly Heard[]): { mixture: Mixture | undefined; atMs: number }[] {
  const receiver = new MtcReceiver({ freewheelMs: 500 });
  const told: { mixture: Mixture | undefined; atMs: number }[] = [];
  const look = (atMs: number) => {
    if (receiver.mixture !== told.at(-1)?.mixture) told.push({ mixture: receiver.mixture, atMs });
  };
  const wake = (untilMs: number) => {
    for (let at = receiver.nextAtMs; at !== undefined && at <= untilMs; at = receiver.nextAtMs) {
      receiver.tick(at);
      look(at);
    }
  };
  for (const { atMs, piece, nibble } of heard) {
    wake(atMs);
    receiver.take({ kind: 'mtcQuarter', piece, nibble }, atMs);
    look(atMs);
  }
  wake((heard.at(-1)?.atMs ?? 0) + 5000);
  expect(receiver.nextAtMs).toBeUndefined();
  return told;
}

/** Told within 3 s of its beginning, as one thing, and over within 3 s of its end. */
function expectTold(heard: readonly Heard[], mixture: Mixture, fromMs: number, toMs: number): void {
  const told = judged(heard);
  expect(told.map((one) => one.mixture)).toEqual([mixture, undefined]);
  expect(told[0]?.atMs).toBeLessThan(fromMs + 3000);
  expect(told[0]?.atMs).toBeGreaterThan(fromMs);
  expect(told[1]?.atMs).toBeLessThan(toMs + 3000);
}

describe('a port that hears', () => {
  test.each(RATES)('at %s each quarter frame twice tells so, however long after the first the second comes', (rate) => {
    for (const afterMs of [0, 0.2, 1, 5, 9, 12, 20, 33, 50]) {
      const one = played({ rate, frames: 90_000, fromMs: 0, toMs: 6000 });
      expectTold(twice(one, afterMs), 'twice', 0, 6000 + afterMs);
    }
  });

  test.each(RATES)(
    'at %s a second code beside the first tells so while it comes, whatever its rate and place',
    (rate) => {
      const random = seeded(7);
      for (let n = 0; n < 60; n++) {
        const other = RATES[Math.floor(random() * RATES.length)] ?? '25';
        const fromMs = 3000 + random() * 1000;
        const first = played({ rate, frames: Math.floor(random() * 1e6), fromMs: 0, toMs: 12_000 });
        const second = played({ rate: other, frames: Math.floor(random() * 1e6), fromMs, toMs: fromMs + 5000 });
        expectTold(merged(first, second), 'two', fromMs, fromMs + 5000);
      }
    },
  );

  test('bunches of both, as a busy USB bus gives them, tells so as well', () => {
    for (const bunchMs of [8, 16, 30]) {
      const bunched = (heard: Heard[]) =>
        heard.map((one) => ({ ...one, atMs: Math.ceil(one.atMs / bunchMs) * bunchMs }));
      const first = bunched(played({ rate: '30', frames: 0, fromMs: 0, toMs: 6000 }));
      const second = bunched(played({ rate: '30', frames: 5001, fromMs: 3, toMs: 6000 }));
      expectTold(merged(first, second), 'two', 0, 6000);
    }
  });

  test.each(RATES)(
    'at %s one code alone never tells so, be it fast, turned round, stalled or torn by a bad cable',
    (rate) => {
      const random = seeded(8);
      for (let n = 0; n < 60; n++) {
        const speed = 0.25 + random() * 2;
        const heard = played({ rate, frames: 90_000, fromMs: 0, toMs: 4000, speed });
        const [stallMs, lossy] = [random() * 1500, random() * 0.5];
        const stalled = heard.map((one) => {
          return one.atMs > 1000 && one.atMs < 1000 + stallMs ? { ...one, atMs: 1000 + stallMs } : one;
        });
        expect(judged(stalled)).toEqual([]);
        const torn = played({ rate, frames: 90_000, fromMs: 0, toMs: 4000 }).filter(() => random() > lossy);
        expect(judged(torn)).toEqual([]);
        const back = heard.map(({ atMs }, at) => {
          const { piece = 0, nibble = 0 } = heard[Math.floor(at / 40) % 2 === 0 ? at % 40 : 39 - (at % 40)] ?? {};
          return { atMs, piece, nibble };
        });
        expect(judged(back)).toEqual([]);
      }
    },
  );

  test('a copy that comes later and later is told as one thing, as it began', () => {
    const first = played({ rate: '30', frames: 0, fromMs: 0, toMs: 20_000 });
    const copy = played({ rate: '30', frames: 0, fromMs: 1, toMs: 20_000, speed: 0.98 });
    expectTold(merged(first, copy), 'twice', 0, 20_000);
  });

  test('two codes is degraded, in words, until one of them ends; silence ends it as well', async () => {
    const [port, clock] = [new SimulatedMidi(), new TestClock()];
    const adapter = createMidiAdapter({ loadDriver: async () => port });
    const connection = await adapter.connect(
      checkedDevice('midi', { input: 'Desk' }),
      { ...testIo('tc'), clock },
      new AbortController().signal,
    );
    const healths: (Health & { atMs: number })[] = [];
    const beganMs = clock.mono();
    connection.onHealth((health) => healths.push({ ...health, atMs: clock.mono() - beganMs }));
    const play = async (heard: readonly Heard[]) => {
      const startMs = clock.mono();
      for (const { atMs, piece, nibble } of heard) {
        await clock.advance(Math.max(0, startMs + atMs - clock.mono()));
        port.play(encodeMessage({ kind: 'mtcQuarter', piece, nibble }));
      }
    };
    const one = played({ rate: '25', frames: 90_000, fromMs: 0, toMs: 8000 });
    const other = played({ rate: '25', frames: 5, fromMs: 2005, toMs: 5005 });
    await play(merged(one, other));
    await clock.advance(5000);
    await play(twice(one, 2).slice(0, 1000));
    await clock.advance(5000);
    expect(healths.map(({ status, code, detail }) => [status, code, detail])).toEqual([
      ['up', undefined, 'Desk:Desk MIDI 1 20:0 was heard'],
      [
        'degraded',
        'CODEC_MALFORMED',
        'Desk:Desk MIDI 1 20:0: the quarter frames of two time codes come mixed; leave one source',
      ],
      ['up', undefined, 'Desk:Desk MIDI 1 20:0 was heard'],
      [
        'degraded',
        'CODEC_MALFORMED',
        'Desk:Desk MIDI 1 20:0: each quarter frame of the time code comes twice, as from one source that has two ways here; take one of them away',
      ],
      ['up', undefined, 'Desk:Desk MIDI 1 20:0 was heard'],
    ]);
    expect(healths[1]?.atMs).toBeLessThan(5000);
    expect(healths[2]?.atMs).toBeLessThan(8000);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });
});
