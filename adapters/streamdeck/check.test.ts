import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVICE_MODELS } from '@elgato-stream-deck/core';
import { describe, expect, test } from 'vitest';
import { checkedDevice } from '../../test/support/checked-device.js';
import { streamdeckAdapter } from './adapter.js';
import { MODELS, type Model } from './models.js';
import { SimulatedDeck } from './simulator.js';

const usb = DEVICE_MODELS.filter(({ type }) => type !== 'network-dock');

test('the table knows every model on USB that the library knows', () => {
  expect(Object.keys(MODELS).sort()).toEqual(usb.map(({ id }) => String(id)).sort());
});

test.each(Object.entries(MODELS) as [string, Model][])(
  '%s has the buttons, dials and strip of the library',
  async (id, model) => {
    const deck = await new SimulatedDeck(id).open();
    const controls = deck.CONTROLS;
    const buttons = controls.filter((control) => control.type === 'button');
    expect(buttons.map(({ index }) => index)).toEqual(Array.from({ length: model.buttons }, (_, index) => index));
    expect(buttons.filter(({ feedbackType }) => feedbackType === 'lcd')).toHaveLength(model.pictures);
    expect(new Set(buttons.filter(({ row }) => row === buttons[0]?.row).map(({ column }) => column)).size).toBe(
      model.columns,
    );
    expect(controls.filter(({ type }) => type === 'encoder')).toHaveLength(model.dials);
    const strips = controls.filter((control) => control.type === 'lcd-segment');
    expect(strips.map(({ drawRegions }) => (drawRegions ? 'touch' : 'seen'))).toEqual(model.strip ? [model.strip] : []);
    await deck.close();
  },
);

describe('check', () => {
  const why = (pattern: object, device: object = { model: 'mini' }) =>
    streamdeckAdapter.problemOfPattern?.({ ...pattern }, checkedDevice('streamdeck', device));

  test.each([
    [{ button: 5 }, undefined],
    [{ button: 6 }, 'the Stream Deck Mini has the buttons 0 to 5'],
    [{ dial: 0 }, 'the Stream Deck Mini has no dials'],
    [{ touch: 0 }, 'the Stream Deck Mini has no strip to be touched'],
    [{ button: 1, dial: 1 }, 'it wants one of button, chord, dial, touch'],
    [{ gesture: 'press' }, 'it wants one of button, chord, dial, touch'],
    [{ button: 1, gesture: 'turn' }, 'only a dial is turned'],
    [{ button: 1, direction: 'left' }, 'direction wants gesture: turn, and this is a press'],
    [{ button: 1, holdMs: 500 }, 'holdMs wants gesture: hold, and this is a press'],
  ])('of %j on a Mini says %s', (pattern, words) => {
    expect(why(pattern)).toBe(words);
  });

  test.each([
    [{ dial: 3 }, undefined],
    [{ dial: 4 }, 'the Stream Deck + has the dials 0 to 3'],
    [{ touch: 0, gesture: 'double' }, 'the strip tells press and hold, no double'],
    [{ touch: 0, gesture: 'hold', holdMs: 900 }, 'how long a hold on the strip is says the device itself'],
  ])('of %j on a Plus says %s', (pattern, words) => {
    expect(why(pattern, { model: 'plus' })).toBe(words);
  });

  test('without a model nothing is claimed of what it may have', () => {
    expect([why({ button: 31 }, {}), why({ dial: 3 }, {}), why({ touch: 0 }, {})]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  const problem = (device: object) =>
    streamdeckAdapter.problemOfDevice?.(checkedDevice('streamdeck', device), [{ id: 'act-1', mode: 'up' }]);

  test('names what the model has not, the timer that is not there, the letter that no button has', () => {
    expect(problem({ model: 'mini', buttons: { 9: { show: 'go' } } })).toMatchObject({
      pointer: '/buttons/9',
      message: 'the Stream Deck Mini has the buttons 0 to 5',
      severity: 'error',
    });
    expect(problem({ model: 'pedal', buttons: { 0: { show: 'go' } } })).toMatchObject({
      message: 'the Stream Deck Pedal shows nothing',
    });
    expect(problem({ model: 'xl', strip: [{ show: 'go' }] })).toMatchObject({ pointer: '/strip' });
    expect(problem({ buttons: { 0: { show: 'timer', timer: 'act-2' } } })).toMatchObject({
      pointer: '/buttons/0/timer',
      unknown: { name: 'act-2', among: ['act-1'] },
    });
    expect(problem({ buttons: { 0: { show: 'go', timer: 'act-1' } } })).toMatchObject({
      message: 'timer wants show: timer',
    });
    expect(problem({ buttons: { 0: { text: '停止' } } })).toMatchObject({
      pointer: '/buttons/0/text',
      severity: 'warn',
    });
    expect(problem({ buttons: { 0: { show: 'timer', timer: 'act-1' }, 1: { text: 'Öl' } } })).toBeUndefined();
  });

  test('a hold includes the press of its button; a turn of a dial includes nothing', () => {
    const config = checkedDevice('streamdeck', {});
    const includes = (one: object, other: object) => streamdeckAdapter.includes?.({ ...one }, { ...other }, config);
    expect(includes({ button: 1, gesture: 'hold' }, { button: 1 })).toBe(true);
    expect(includes({ dial: 1, gesture: 'hold' }, { dial: 1 })).toBe(true);
    expect(includes({ dial: 1, gesture: 'turn' }, { dial: 1 })).toBe(false);
    expect(includes({ touch: 1, gesture: 'hold' }, { touch: 1 })).toBe(false);
  });
});

describe('what an imitation has to say', () => {
  const { reportDescriptor, reports, getFeature, input } = JSON.parse(
    readFileSync(join(import.meta.dirname, 'fixtures', 'emulator.json'), 'utf8'),
  );

  test('its descriptor declares reports of the lengths that are named', () => {
    const bytes = Buffer.from(reportDescriptor, 'hex');
    const kinds: Readonly<Record<number, string>> = { 128: 'input', 144: 'output', 176: 'feature' };
    const declared: Record<string, number> = {};
    let [id, count, size] = [0, 0, 0];
    for (let at = 0; at < bytes.length; ) {
      const prefix = bytes[at] ?? 0;
      const length = [0, 1, 2, 4][prefix & 3] ?? 0;
      const value = length === 0 ? 0 : bytes.readUIntLE(at + 1, length);
      const tag = prefix & 0xfc;
      if (tag === 0x84) id = value;
      if (tag === 0x94) count = value;
      if (tag === 0x74) size = value;
      const kind = kinds[tag];
      if (kind) declared[`${kind} ${id}`] = 1 + (count * size) / 8;
      at += 1 + length;
    }
    expect(declared).toEqual(reports);
  });

  test('the library reads its answers and its buttons', async () => {
    const deck = new SimulatedDeck('original-mk2');
    const answers = Object.values(getFeature as Record<string, { report: string; reply: string }>);
    deck.answers = new Map(
      answers.map(({ report, reply }) => [Number.parseInt(report, 16), Buffer.from(reply, 'hex')]),
    );
    const open = await deck.open();
    expect([await open.getFirmwareVersion(), await open.getSerialNumber()]).toEqual(['1.00.000', 'A00WA0000001']);
    const moved: string[] = [];
    open.on('down', ({ index }) => moved.push(`${index} down`));
    open.on('up', ({ index }) => moved.push(`${index} up`));
    for (const report of [input['button 3 down'], input['all up']])
      deck.report(...Buffer.from(report, 'hex').subarray(1));
    expect(moved).toEqual(['3 down', '3 up']);
    await open.close();
  });
});
