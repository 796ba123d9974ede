import { describe, expect, test } from 'vitest';
import { PRODUCTS, type Product } from 'xkeys';
import type { Command, Connection } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { createXkeysAdapter, xkeysAdapter } from './adapter.js';
import * as validators from './generated/validators.js';
import { kindOf, knownKind } from './products.js';
import { SimulatedPanel, simulatedDriver } from './simulator.js';

const never = () => new AbortController().signal;
const product = (name: string): Product => {
  const found = PRODUCTS[name];
  if (!found) throw new Error(`the library has no ${name}`);
  return found;
};

interface Desk {
  panel: SimulatedPanel;
  connection: Connection;
  clock: TestClock;
  send: (command: Command) => Promise<unknown>;
}

async function desk(name: string, panel = new SimulatedPanel({ product: product(name) })): Promise<Desk> {
  const clock = new TestClock();
  const adapter = createXkeysAdapter({ loadDriver: async () => simulatedDriver(panel) });
  const connection = await adapter.connect(checkedDevice('xkeys', {}), { ...testIo('xk'), clock }, never());
  const send = (command: Command) => connection.send(command, never());
  return { panel, connection, clock, send };
}

const lit = ({ panel }: Desk) => Object.fromEntries(panel.lit);
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a lamp', () => {
  test('is lit in its colour, flashes, and goes out', async () => {
    const xk = await desk('XBK4X6');
    await xk.send({ light: 3, colour: 'green', flash: true });
    expect(lit(xk)).toEqual({ 'led 2 bank 0': '0,255,0 flashing', 'led 2 bank 1': '0,255,0 flashing' });
    await xk.send({ light: 3, colour: '#102030' });
    expect(lit(xk)).toEqual({ 'led 2 bank 0': '16,32,48', 'led 2 bank 1': '16,32,48' });
    await xk.send({ light: 3, colour: 'off' });
    await xk.send({ indicator: 'red', on: true, flash: true });
    expect(lit(xk)).toEqual({ 'indicator 7': 'flashing' });
    await xk.connection.close();
  });

  test('of an older panel is red or blue; green is refused, for it would be shown red', async () => {
    const xk = await desk('XK24');
    await xk.send({ light: 7, colour: 'red' });
    // Row 1 of column 2; red is 32 further.
    expect(lit(xk)).toEqual({ 'led 40': 'on' });
    await xk.send({ light: 7, colour: 'purple', flash: true });
    expect(lit(xk)).toEqual({ 'led 8': 'flashing', 'led 40': 'flashing' });
    for (const colour of ['green', 'amber', 'white', '#00ff00']) {
      expect(await refusal(xk.send({ light: 7, colour }))).toMatchObject({
        code: 'DEVICE_REFUSED',
        message: 'the lamps of XK-24 are red and blue only: say red, blue, purple or off',
      });
    }
    expect(await refusal(xk.send({ light: 25, colour: 'red' }))).toMatchObject({
      code: 'DEVICE_REFUSED',
      message: 'XK-24 has no lamp under a button 25',
    });
    await xk.connection.close();
  });

  test('of a panel without lamps is refused; its indicators work', async () => {
    const xk = await desk('XK3FOOT');
    expect(await refusal(xk.send({ light: 2, colour: 'red' }))).toMatchObject({ code: 'DEVICE_REFUSED' });
    await xk.send({ indicator: 'green', on: true });
    expect(lit(xk)).toEqual({ 'indicator 6': 'on' });
    await xk.connection.close();
  });

  test('all of them at once, on every kind of panel', async () => {
    for (const name of ['XK24', 'XK24RGB', 'XK16', 'XKE40', 'XBK4X6']) {
      const xk = await desk(name);
      await xk.send({ light: 'all', colour: 'blue' });
      const count = kindOf(xk.panel.product).lamps.length;
      expect(xk.panel.lit.size, name).toBeGreaterThanOrEqual(count);
      await xk.send({ light: 'all', colour: 'off' });
      expect(lit(xk), name).toEqual({});
      await xk.send({ light: 'all', colour: 'blue', flash: true });
      expect(xk.panel.lit.size, name).toBeGreaterThanOrEqual(count);
      await xk.connection.close();
      expect(lit(xk), name).toEqual({});
    }
  });
});

describe('no lamp says what is no longer so', () => {
  test('all are dark from the opening on, whatever the panel showed before', async () => {
    const panel = new SimulatedPanel({ product: product('XBK4X6') });
    panel.lit.set('led 2 bank 0', '0,255,0').set('indicator 6', 'on');
    const xk = await desk('XBK4X6', panel);
    await eventually(() => panel.lit.size === 0, 'the lamps are dark');
    await xk.connection.close();
  });

  test('one that flashes is put out by itself, in case putting out all does not end its flashing', async () => {
    const xk = await desk('XBK4X6');
    await xk.send({ light: 2, colour: 'red', flash: true });
    xk.panel.written.length = 0;
    await xk.send({ light: 'all', colour: 'off' });
    const [top, bottom, ...all] = xk.panel.written.map((report) => report.slice(0, 7));
    expect([top, bottom]).toEqual([
      [165, 1, 0, 0, 0, 0, 0],
      [165, 1, 1, 0, 0, 0, 0],
    ]);
    expect(all.map(([command]) => command)).toEqual([166, 166]);
    await xk.connection.close();
  });

  test('all are dark when the bridge goes', async () => {
    const xk = await desk('XK24');
    await xk.send({ light: 1, colour: 'blue' });
    await xk.send({ light: 2, colour: 'red', flash: true });
    await xk.send({ indicator: 'green', on: true });
    expect(xk.panel.lit.size).toBe(3);
    await xk.connection.close();
    expect(lit(xk)).toEqual({});
    expect(xk.panel.openings).toBe(0);
  });

  test('a green of two seconds is dark after two seconds, and not a moment before', async () => {
    const xk = await desk('XBK4X6');
    await xk.send({ light: 1, colour: 'green', forMs: 2000 });
    await xk.clock.advance(1999);
    expect(xk.panel.lit.size).toBe(2);
    await xk.clock.advance(1);
    await eventually(() => xk.panel.lit.size === 0, 'the lamp is dark');
    await xk.connection.close();
    expect(xk.clock.sleeping).toBe(0);
  });

  test('what is newer for the same lamp is not put out by what is older', async () => {
    const xk = await desk('XBK4X6');
    await xk.send({ light: 'all', colour: 'green', forMs: 1000 });
    await xk.clock.advance(500);
    await xk.send({ light: 1, colour: 'amber' });
    await xk.send({ light: 2, colour: 'red', forMs: 1000 });
    await xk.clock.advance(500);
    await eventually(() => xk.panel.lit.size === 4, 'the green ones are dark');
    expect(lit(xk)).toMatchObject({ 'led 0 bank 0': '255,64,0', 'led 1 bank 0': '255,0,0' });
    await xk.clock.advance(500);
    await eventually(() => xk.panel.lit.size === 2, 'the red one is dark');
    await xk.connection.close();
  });

  test('a panel that was pulled out is dark when it is back, and nothing comes late', async () => {
    const xk = await desk('XBK4X6');
    await xk.send({ light: 1, colour: 'green', forMs: 500 });
    xk.panel.unplug();
    expect(await xk.connection.closed).toMatchObject({ code: 'DEVICE_CLOSED' });
    expect(await refusal(xk.send({ light: 1, colour: 'green' }))).toMatchObject({ code: 'DEVICE_CLOSED' });
    xk.panel.replug();
    xk.panel.written.length = 0;
    const again = await desk('XBK4X6', xk.panel);
    await xk.clock.advance(5000);
    await again.send({ light: 2, colour: 'blue' });
    expect(lit(again)).toEqual({ 'led 1 bank 0': '0,0,255', 'led 1 bank 1': '0,0,255' });
    expect(xk.panel.written.filter(([, , , , green]) => green === 255)).toEqual([]);
    await again.connection.close();
  });

  test('a panel that takes no more reports is given up, aloud; it is not sent to later', async () => {
    const xk = await desk('XK24');
    xk.panel.isStuck = true;
    const sending = refusal(xk.send({ light: 1, colour: 'blue' }));
    await xk.clock.advance(1000);
    expect(await sending).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(await xk.connection.closed).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(xk.panel.openings).toBe(0);
  });
});

describe('the bridge file', () => {
  const accepts = (send: object) => validators.send({ device: 'xk', ...send }) === true;
  const why = (command: Command) => xkeysAdapter.problemOfCommand?.(command);

  test('says a lamp as light and colour, or as indicator and on', () => {
    for (const send of [
      { light: 3, colour: 'green', flash: true },
      { light: 'all', colour: '#ff8000', forMs: 2000 },
      { indicator: 'red', on: false },
    ]) {
      expect(accepts(send)).toBe(true);
      expect(why(send)).toBeUndefined();
    }
    for (const send of [
      { light: 0, colour: 'red' },
      { light: 3, colour: 'pink' },
      { light: 'some', colour: 'red' },
    ]) {
      expect(accepts(send)).toBe(false);
    }
  });

  test.each<[Command, string]>([
    [{ light: 3, flash: true }, 'colour is a name, such as green or off, or #rrggbb'],
    [{ light: 3, colour: 'constructor' }, 'colour is a name, such as green or off, or #rrggbb'],
    [{ light: 3, colour: 'red', on: true }, 'a light has a colour instead of on; off is one'],
    [{ light: 3, colour: 'red', indicator: 'red' }, 'name light, or indicator'],
    [{ colour: 'red', flash: true }, 'name light, or indicator'],
    [{ indicator: 'red', flash: true }, 'say on: true or on: false'],
    [{ indicator: 'red', colour: 'red' }, 'an indicator has no colour but its own; say on: true'],
  ])('%j could never be sent', (command, words) => {
    expect(why(command)).toBe(words);
  });

  test('says in a few words what a lamp does', () => {
    expect(xkeysAdapter.summarise({ light: 3, colour: 'green', flash: true, forMs: 2000 })).toBe(
      'light 3 green flashing for 2 s',
    );
    expect(xkeysAdapter.summarise({ indicator: 'red', on: false })).toBe('indicator red off');
  });

  test.each<[object, string]>([
    [{ control: 'jog' }, 'a jog wheel wants direction: forward or direction: back'],
    [{ control: 'tbar' }, 'tbar wants atLeast or atMost'],
    [{ control: 'joystick', atLeast: 5 }, 'a joystick wants axis: x or axis: y'],
    [{ control: 'tbar', atLeast: 5, button: 3 }, 'button is of buttons, and control is not'],
    [{ control: 'shuttle', atLeast: 5, atMost: 3 }, 'nothing is at least 5 and at most 3'],
    [{ button: 3, atLeast: 5 }, 'atLeast wants control, such as control: tbar'],
    [{ gesture: 'hold' }, 'it names neither a button nor a chord, such as chord: [left, right]'],
  ])('when: %j could never fire', (pattern, words) => {
    const checked = { device: 'xk', ...pattern };
    expect(validators.when(checked)).toBe(true);
    const { device: _, ...rest } = checked;
    expect(xkeysAdapter.problemOfPattern?.(rest, {})).toBe(words);
  });

  test('of a panel whose product id is named, check knows the colours, the buttons and the wheels', () => {
    const [xk24, rgb, jog] = [{ productId: 0x0405 }, { productId: 1365 }, { productId: 1062 }];
    const green = { light: 3, colour: 'green' };
    expect(xkeysAdapter.problemOfCommand?.(green, xk24)).toContain('red and blue only');
    expect(xkeysAdapter.problemOfCommand?.(green, rgb)).toBeUndefined();
    expect(xkeysAdapter.problemOfCommand?.({ ...green, light: 25 }, rgb)).toContain('no lamp under a button 25');
    const why = (pattern: object, config: object) => xkeysAdapter.problemOfPattern?.({ ...pattern }, { ...config });
    expect(why({ button: 25 }, xk24)).toContain('there is no button 25, only 0, 1, 2');
    expect(why({ button: 25 }, {})).toBeUndefined();
    expect(why({ control: 'jog', direction: 'back' }, xk24)).toBe('it has no jog');
    expect(why({ control: 'jog', direction: 'back' }, jog)).toBeUndefined();
    expect(why({ control: 'jog', direction: 'back', index: 1 }, jog)).toBe('it has 1 of jog, counted from 0');
  });
});

describe('the table of products', () => {
  test('says what the library says', () => {
    for (const each of Object.values(PRODUCTS)) {
      for (const [id] of each.hidDevices) expect(knownKind(id), `${each.name} ${id}`).toEqual(kindOf(each));
    }
  });

  test('gives a panel as many keys as its name says', () => {
    const named = Object.values(PRODUCTS).filter(({ name }) => /^XK[ER]?-\d/.test(name));
    // A broadcast keyboard and a switch interface, of which the library tells places and sockets that are not in their names.
    const others = ['XKE-180 Broadcast Keyboard', 'XK-3 Switch Interface', 'XK-433RF Remote'];
    for (const product of named.filter(({ name }) => !others.includes(name))) {
      const keys = kindOf(product).buttons.filter((n) => n !== 0);
      expect(keys.length, product.name).toBe(Number(/\d+/.exec(product.name)?.[0]));
    }
    const xk60 = knownKind(1121)?.buttons ?? [];
    expect([1, 2, 4, 8, 12, 80].every((n) => xk60.includes(n))).toBe(true);
    expect([3, 20, 24, 60, 75].some((n) => xk60.includes(n))).toBe(false);
  });

  test('gives each button a number of its own that the bridge file can say', () => {
    for (const each of Object.values(PRODUCTS)) {
      const { buttons, name } = kindOf(each);
      expect(new Set(buttons).size, name).toBe(buttons.length);
      expect(buttons.length, name).toBeGreaterThan(0);
      expect(Math.max(...buttons), name).toBeLessThanOrEqual(254);
    }
  });
});
