import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeMessage, type MtcMessage } from './codec.js';
import { CATCH_UP_QUARTERS_MAX, MtcGenerator, quarterFrame } from './mtc-out.js';
import { framesToMs, frameText, parseTimecode, RATES, type Rate, type Timecode } from './timecode.js';

const hexOf = (message: MtcMessage): string => Buffer.from(encodeMessage(message)).toString('hex');

const wordOf = (message: MtcMessage): string =>
  message.kind === 'mtcFull' ? `full ${frameText(message.timecode)}` : `${message.piece}`;

/** A clock that a test moves, and what the generator sends by it. */
class Player {
  readonly generator: MtcGenerator;
  readonly sent: { atMs: number; message: MtcMessage }[] = [];
  nowMs = 1000;

  constructor(rate: Rate) {
    this.generator = new MtcGenerator(rate);
  }

  run(frames: number, agoMs = 0): void {
    this.#note(this.generator.run(frames, this.nowMs - agoMs, this.nowMs));
  }

  /** Wakes exactly when the next piece is due. */
  play(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let at = this.generator.nextAtMs; at !== undefined && at <= endMs; at = this.generator.nextAtMs) {
      this.nowMs = Math.max(this.nowMs, at);
      this.#note(this.generator.take(this.nowMs));
    }
    this.nowMs = endMs;
  }

  take(): void {
    this.#note(this.generator.take(this.nowMs));
  }

  get words(): string[] {
    return this.sent.map(({ message }) => wordOf(message));
  }

  #note(messages: readonly MtcMessage[]): void {
    for (const message of messages) this.sent.push({ atMs: this.nowMs, message });
  }
}

describe('the pieces of a time', () => {
  const file = new URL('./fixtures/mtc.json', import.meta.url);
  const vectors: { what: string; timecode: Timecode; full: string; quarters: string }[] = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  test.each(vectors)('$what', ({ timecode, full, quarters }) => {
    const pieces = [0, 1, 2, 3, 4, 5, 6, 7].map((piece) => hexOf(quarterFrame(timecode, piece)));
    expect(pieces).toEqual(quarters.split(' ').map((byte) => `f1${byte.toLowerCase()}`));
    expect(hexOf({ kind: 'mtcFull', timecode })).toBe(full.replaceAll(' ', '').toLowerCase());
  });
});

describe('time code that runs', () => {
  test('begins with a full frame, and with piece 0 at the even frame', () => {
    const player = new Player('25');
    player.run(0);
    player.play(79);
    expect(player.words).toEqual(['full 00:00:00:00', '0', '1', '2', '3', '4', '5', '6', '7']);
    expect(player.sent.map(({ atMs }) => atMs)).toEqual([1000, 1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070]);
  });

  test('begun in the midst of a frame waits for the next even one', () => {
    const player = new Player('25');
    player.run(101, 15);
    player.play(30);
    expect(player.words).toEqual(['full 00:00:04:01', '0']);
    expect(player.sent.map(({ atMs }) => atMs)).toEqual([1000, 1025]);
  });

  test.each(RATES)('at %s sends the last piece of an hour when the hour is over, to the microsecond', (rate) => {
    const player = new Player(rate);
    player.run(0);
    player.play(3_600_000);
    const count = player.sent.length - 2;
    const last = player.sent.at(-1);
    expect((last?.atMs ?? 0) - 1000).toBeCloseTo(framesToMs(rate, count / 4), 6);
    expect(player.generator.relocations).toBe(0);
    const pieces = player.sent.slice(1).map(({ message }) => (message.kind === 'mtcQuarter' ? message.piece : -1));
    expect(pieces.every((piece, n) => piece === n % 8)).toBe(true);
  });

  test('drop-frame goes from :59:29 to 1:00:02, and over the tenth minute without a gap', () => {
    const texts = ['00:00:59:28', '00:09:59:28'].map((start) => {
      const player = new Player('29.97df');
      const { minutes = 0 } = parseTimecode(start, '29.97df') ?? {};
      player.run(minutes === 0 ? 1798 : 17_980);
      player.play(framesToMs('29.97df', 4) - 1);
      return player.sent.map(({ message }) => message).filter(({ kind }) => kind === 'mtcQuarter');
    });
    const hex = texts.map((messages) => messages.map(hexOf).join(' '));
    expect(hex[0]).toBe('f10c f111 f12b f133 f140 f150 f160 f174 f102 f110 f120 f130 f141 f150 f160 f174');
    expect(hex[1]).toBe('f10c f111 f12b f133 f149 f150 f160 f174 f100 f110 f120 f130 f14a f150 f160 f174');
  });

  test('goes round at midnight, and a timer of more than a day tells the hour of the day', () => {
    const player = new Player('30');
    player.run(24 * 3600 * 30 - 2);
    player.play(99);
    expect(player.words[0]).toBe('full 23:59:59:28');
    expect(player.sent.slice(9).map(({ message }) => hexOf(message))).toEqual(['f100', 'f110', 'f120', 'f130']);
    const other = new Player('30');
    other.run((25 * 3600 + 61) * 30);
    expect(other.words).toEqual(['full 01:01:01:00']);
  });
});

describe('a machine that stood still', () => {
  test(`makes up for ${CATCH_UP_QUARTERS_MAX} pieces, in order`, () => {
    const player = new Player('25');
    player.run(0);
    player.play(10);
    player.nowMs += 80;
    player.take();
    expect(player.words.join(' ')).toBe('full 00:00:00:00 0 1 2 3 4 5 6 7 0 1');
    expect(player.generator.relocations).toBe(0);
  });

  test('for longer tells the new place, and goes on at its next even frame: nothing comes in a bunch', () => {
    const player = new Player('25');
    player.run(0);
    player.play(10);
    player.nowMs += 10_000;
    player.take();
    player.play(100);
    expect(player.words).toEqual(['full 00:00:00:00', '0', '1', 'full 00:00:10:00', '0', '1', '2', '3']);
    expect(player.sent.at(-1)?.atMs).toBe(11_110);
    expect(player.generator.relocations).toBe(1);
  });
});

test('time code that stands is one full frame, and nothing after it', () => {
  const player = new Player('25');
  player.run(0);
  player.play(25);
  expect(player.generator.locate(50).map(wordOf)).toEqual(['full 00:00:02:00']);
  expect(player.generator.nextAtMs).toBeUndefined();
  player.nowMs += 1000;
  player.take();
  expect(player.words).toHaveLength(4);
});

test('a time that is yet to come is waited for', () => {
  const player = new Player('25');
  player.run(10, -100);
  expect(player.words).toEqual(['full 00:00:00:10']);
  player.play(99);
  expect(player.words).toHaveLength(1);
  player.play(1);
  expect(player.words).toEqual(['full 00:00:00:10', '0']);
});
