import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/kit/deferred.js';
import { aFace, standingBy } from '../../test/support/faces.js';
import { connectDeck, isLike, PICTURES, shows } from '../../test/support/streamdeck-bench.js';
import { distance, ground, isDark, seen } from '../../test/support/streamdeck-pictures.js';
import { eventually } from '../../test/support/waiting.js';
import { streamdeckAdapter } from './adapter.js';
import { lookOf } from './codec.js';
import { PICTURE_LIMIT_MS } from './painter.js';
import { SimulatedDeck } from './simulator.js';

const never = new AbortController().signal;
const GREEN = [0, 190, 70];
const AMBER = [255, 165, 0];

describe.each(['original', 'mini', 'original-mk2', 'xl', 'plus', 'plus-xl', 'neo', 'studio', '6-module'])(
  '%s',
  (model) => {
    /** Where a button is in the device's reports. */
    const place = (button: number) => (model === 'original' ? 4 - button : button);

    test('shows the next cue on GO: green, amber while it stands by; current, standby and texts beside it', async () => {
      const deck = new SimulatedDeck(model);
      const { connection } = await connectDeck(deck);
      connection.display?.(aFace());
      await shows(deck, place(0), isLike(aFace()));
      await shows(deck, place(2), isLike(aFace(), PICTURES[2]));
      await shows(deck, place(3), isLike(aFace(), PICTURES[3]));
      const green = seen(deck.shown.get(place(0)) ?? Buffer.alloc(0), model);
      expect(distance(green, lookOf({ show: 'go' }, aFace(), 0))).toBeLessThan(5);
      const other = aFace({
        next: { number: '13', label: 'Blackout', standingBy: false, departments: [], acknowledged: [] },
      });
      expect(distance(green, lookOf({ show: 'go' }, other, 0)), 'it is 12 and not 13').toBeGreaterThan(
        1.5 * distance(green, lookOf({ show: 'go' }, aFace(), 0)),
      );
      for (const [i, value] of ground(green).entries()) expect(Math.abs(value - (GREEN[i] ?? 0))).toBeLessThan(12);
      connection.display?.(standingBy());
      await shows(deck, place(0), isLike(standingBy()));
      const amber = seen(deck.shown.get(place(0)) ?? Buffer.alloc(0), model);
      for (const [i, value] of ground(amber).entries()) expect(Math.abs(value - (AMBER[i] ?? 0))).toBeLessThan(12);
      await connection.close();
    });

    test('is dark when the bridge says goodbye', async () => {
      const deck = new SimulatedDeck(model);
      const { connection } = await connectDeck(deck);
      connection.display?.(aFace());
      await shows(deck, place(0), isLike(aFace()));
      await eventually(() => deck.brightness === 60, 'the light is on');
      await connection.close();
      expect(deck.brightness).toBe(0);
      for (const image of deck.shown.values()) expect(isDark(image)).toBe(true);
      for (const colour of deck.colours.values()) expect(colour).toEqual([0, 0, 0]);
    });
  },
);

describe('painting', () => {
  test('only what changed is written, GO first', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connectDeck(deck, { buttons: { ...PICTURES, 14: { show: 'go' } } });
    connection.display?.(aFace());
    for (const place of [2, 3] as const) await shows(deck, place, isLike(aFace(), PICTURES[place]));
    deck.written.length = 0;
    connection.display?.(aFace());
    connection.display?.(standingBy());
    await shows(deck, 1, () => deck.written.length === 3);
    expect(deck.written.map(({ place }) => place)).toEqual([0, 14, 1]);
    await connection.close();
  });

  test('a slow device gets the newest only, never what was true in between', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connectDeck(deck, { buttons: { 0: { show: 'go' } } });
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    const slow = deferred<void>();
    deck.beforeWrite = () => slow.promise;
    deck.written.length = 0;
    const numbered = (number: string) =>
      aFace({ next: { number, label: '', standingBy: false, departments: [], acknowledged: [] } });
    for (let n = 100; n < 200; n++) connection.display?.(numbered(String(n)));
    slow.resolve();
    await shows(deck, 0, isLike(numbered('199')));
    expect(deck.written.length).toBeLessThanOrEqual(2);
    await connection.close();
  });

  test('a device that takes no picture is told, its buttons are heard, and it can still be closed', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection, inputs, clock, told } = await connectDeck(deck, undefined, [{ button: 0 }]);
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    const stuck = deferred<void>();
    deck.beforeWrite = () => stuck.promise;
    connection.display?.(standingBy());
    await clock.advance(PICTURE_LIMIT_MS);
    expect(told.at(-1)).toMatchObject({ status: 'degraded', code: 'DEVICE_TIMEOUT' });
    deck.buttons(0);
    expect(inputs.at(-1)).toMatchObject({ button: 0, gesture: 'press' });
    deck.beforeWrite = undefined;
    stuck.resolve();
    await shows(deck, 0, isLike(standingBy()));
    await eventually(() => told.at(-1)?.status === 'up', 'it is well again');
    deck.beforeWrite = () => new Promise(() => undefined);
    connection.display?.(aFace());
    const closing = connection.close();
    await clock.advance(1000);
    await closing;
  });

  test('what a dead bridge has left is never lit: dark until all is painted, then as bright as the file says', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connectDeck(deck, { buttons: PICTURES, brightness: 35 });
    await eventually(() => deck.brightness === 35, 'the light is on');
    expect(deck.brightnesses).toEqual([0, 35]);
    // Every button was written, those that show nothing as well.
    expect(deck.shown.size + deck.colours.size).toBe(15);
    await connection.close();
  });

  test('after a replug everything is painted again', async () => {
    const deck = new SimulatedDeck('mini');
    const first = await connectDeck(deck);
    first.connection.display?.(standingBy());
    await shows(deck, 0, isLike(standingBy()));
    deck.unplug();
    expect(await first.connection.closed).toMatchObject({
      code: 'DEVICE_CLOSED',
      message: expect.stringContaining('is gone'),
    });
    deck.shown.clear();
    deck.replug();
    const { connection } = await connectDeck(deck);
    connection.display?.(aFace());
    await shows(deck, 0, isLike(aFace()));
    await shows(deck, 3, isLike(aFace(), PICTURES[3]));
    await connection.close();
  });

  test('a timer’s seconds go on by themselves, and stop with the connection', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const buttons = { 0: { show: 'timer' } };
    const { connection, clock } = await connectDeck(deck, { buttons });
    const anchorAt = new Date(clock.wall()).toISOString();
    const face = aFace({ timers: [{ id: 'act-1', mode: 'up', status: 'running', valueMs: 0, anchorAt }] });
    connection.display?.(face);
    for (let second = 1; second <= 3; second++) {
      await clock.advance(1001);
      await shows(deck, 0, (shown) => distance(shown, lookOf({ show: 'timer' }, face, clock.wall())) < 5);
    }
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('a press is read while every picture is painted', async () => {
    const deck = new SimulatedDeck('xl');
    const buttons = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [i, { show: 'go', text: `GO ${i}` }]));
    const { connection, inputs } = await connectDeck(deck, { buttons, debounceMs: 0 }, [{ button: 5 }]);
    await eventually(() => deck.brightness === 60, 'it is painted for the first time');
    deck.written.length = 0;
    connection.display?.(aFace());
    let most = 0;
    for (let n = 0; n < 20; n++) {
      const before = deck.written.length;
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, deck.written.length - before);
      deck.buttons(...(n % 2 === 0 ? [5] : []));
    }
    expect(inputs.filter(({ gesture }) => gesture === 'press')).toHaveLength(10);
    expect(deck.written.length, 'it was still painting').toBeLessThan(32);
    expect(deck.written.length).toBeGreaterThan(3);
    expect(most, 'pictures in one turn of the loop').toBeLessThanOrEqual(2);
    await connection.close();
  });
});

describe('the light and the texts of rules', () => {
  test('a rule may dim it, and write on a button until it takes that back', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const { connection } = await connectDeck(deck);
    connection.display?.(aFace());
    const text = { text: 'FOG', colour: 'blue', lit: true } as const;
    expect(await connection.send({ button: 3, ...text }, never)).toEqual({ reached: 'sent' });
    expect(
      distance(seen(deck.shown.get(3) ?? Buffer.alloc(0), 'original-mk2'), lookOf(text, undefined, 0)),
    ).toBeLessThan(5);
    await connection.send({ button: 3, text: '' }, never);
    await shows(deck, 3, isLike(aFace(), PICTURES[3]));
    await connection.send({ brightness: 7 }, never);
    expect(deck.brightness).toBe(7);
    await connection.close();
  });

  test.each([
    [{}, 'it wants brightness, or button and text'],
    [{ button: 3 }, 'button wants text: what it is to show'],
    [{ text: 'FOG' }, 'text, colour and lit want button: where'],
    [{ button: 6, text: 'FOG' }, 'the Stream Deck Mini has the buttons 0 to 5'],
  ])('%j is refused by the device and by check', async (command, words) => {
    const deck = new SimulatedDeck('mini');
    const { connection } = await connectDeck(deck);
    await expect(connection.send(command, never)).rejects.toMatchObject({ code: 'DEVICE_REFUSED', message: words });
    expect(streamdeckAdapter.problemOfCommand?.(command, { model: 'mini' })).toBe(words);
    await connection.close();
  });

  test('in a few words', () => {
    expect(streamdeckAdapter.summarise({ brightness: 20 })).toBe('brightness 20 %');
    expect(streamdeckAdapter.summarise({ button: 3, text: 'FOG' })).toBe('button 3 “FOG”');
    expect(streamdeckAdapter.summarise({ button: 3, text: '' })).toBe('button 3 as before');
  });
});
