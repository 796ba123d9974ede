/** Which key and which finger is a GO, in a real browser, against the whole bridge. */
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bridge } from '../../src/app/bridge.js';
import { eventually } from '../support/waiting.js';
import { eventTypes, live, now, openBrowser, openDesk } from './support.js';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true };
const desk = (context?: BrowserContextOptions) => openDesk(browser, { cues: 30 }, context);

/** Each control of the page beside GO, as its way from a page at rest. The last of a way is the one that is meant. */
const CONTROLS: readonly string[][] = [
  ['.side.standby'],
  ['text=Back…'],
  ['text=Back…', 'text=Take back cue'],
  ['text=Back…', '.ask >> text=No'],
  ['.side.hold'],
  ['.side.hold', '.emergency-panel >> text=the show goes on'],
  ['.timers [aria-label="Start t"]'],
  ['.timers [aria-label="Pause t"]'],
  ['.timers [aria-label="Reset t"]'],
  ['.notes button'],
];

/** Presses Space, and waits until exactly what it does has been seen: one GO and nothing else. */
async function spaceIsOneGo(page: Page, bridge: Bridge, types: string[]): Promise<void> {
  await settled(page, bridge, types);
  types.length = 0;
  const before = bridge.sequencer.lastEventSeq;
  await page.keyboard.press('Space');
  await eventually(() => bridge.sequencer.lastEventSeq > before, 'space did nothing');
  await settled(page, bridge, types);
  expect(types).toEqual(['CueAdvanced']);
}

/** A note of another page has come through all of the way, so all that was pressed before has, too. */
let notes = 0;
async function settled(page: Page, bridge: Bridge, types: string[]): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  notes += 1;
  await bridge.press('NoteAdded', { noteId: `n${notes}`, scope: { type: 'show' }, text: `settled ${notes}` }, 'pedal');
  await page.waitForSelector(`.note:text-is("settled ${notes}")`);
  await eventually(() => types.includes('NoteAdded'), 'the note was not seen');
  const at = types.lastIndexOf('NoteAdded');
  types.splice(at, 1);
}

describe.each(['click', 'tap'] as const)('after a %s', (how) => {
  test.each(CONTROLS.map((way) => [way.join(' then '), way] as const))('on %s, space is one GO', async (_, way) => {
    const { page, bridge } = await desk();
    await live(page);
    const types = await eventTypes(bridge);
    await page.keyboard.press('Space');
    await now(page, '0');
    if (way[0]?.includes('Pause') || way[0]?.includes('Reset')) {
      await bridge.press('TimerStarted', { timerId: 't' }, 'pedal');
      await page.waitForSelector('.timers [aria-label="Pause t"]');
    }
    for (const selector of way) await page[how](selector);
    await spaceIsOneGo(page, bridge, types);
    await spaceIsOneGo(page, bridge, types);
  });
});

test.each([
  ['.side.standby', '.next.standing'],
  ['.side:not(.standby, .hold)', 'text=Take back cue 0'],
  ['.side.hold', '.emergency-panel'],
  ['.timers [aria-label="Start t"]', '.timers [aria-label="Pause t"]'],
])('where Tab has led to %s, space is that', async (selector, shows) => {
  const { page, bridge } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  for (let tabs = 0; tabs < 20; tabs++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`document.activeElement.matches('${selector}')`)) break;
  }
  await page.keyboard.press('Space');
  await page.waitForSelector(shows);
  expect(bridge.sequencer.state.currentCueId).toBe('c0');
});

test.each([
  ['.side:not(.standby, .hold)', '.ask', 'Take back cue 0'],
  ['.side.hold', '.emergency-panel', 'GO is refused'],
])('what %s opens has the focus with its first pixel: no key falls between', async (selector, opened, answer) => {
  const { page } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  // The observer is called as soon as the document has changed, before a key could be heard.
  await page.evaluate(`
    window.focusedAtOnce = new Promise((resolve) =>
      new MutationObserver(() => {
        if (document.querySelector('${opened}')) resolve([document.activeElement.tagName, document.activeElement.textContent]);
      }).observe(document.body, { childList: true, subtree: true }));
    undefined;
  `);
  await page.click(selector);
  expect(await page.evaluate('window.focusedAtOnce')).toEqual(['BUTTON', expect.stringContaining(answer)]);
});

test('a question that was reached by keyboard is answered by keyboard', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.focus('.go');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.waitForSelector('text=Take back cue 0');
  await page.keyboard.press('Space');
  await page.waitForSelector('.now :text("Before the first cue")');
  expect(bridge.sequencer.lastEventSeq).toBe(2);
});

test('a control that Tab had led to is the pointer’s again after a click', async () => {
  const { page, bridge } = await desk();
  await live(page);
  const types = await eventTypes(bridge);
  await page.focus('.go');
  await page.keyboard.press('Tab');
  await page.click('.side.standby');
  await page.waitForSelector('.next.standing');
  await spaceIsOneGo(page, bridge, types);
});

test.each(['Enter', 'Add', 'Tab and Space'])('after a note was saved with %s, space is GO', async (how) => {
  const { page, bridge } = await desk();
  await live(page);
  const types = await eventTypes(bridge);
  await page.click('.notes input');
  await page.keyboard.type('A late word');
  if (how === 'Add') await page.click('.notes button');
  else if (how === 'Enter') await page.keyboard.press('Enter');
  else {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
  }
  await page.waitForSelector('.note:text-is("A late word")');
  await spaceIsOneGo(page, bridge, types);
});

test('a text field says that keys type there, and Escape gives them back to GO', async () => {
  const { page, bridge } = await desk();
  await live(page);
  const types = await eventTypes(bridge);
  expect(await page.isVisible('text=Keys type here')).toBe(false);
  await page.click('.notes input');
  await page.waitForSelector('text=Keys type here, Esc returns to GO');
  await page.waitForSelector('#why:has-text("Esc returns to GO")');
  await page.keyboard.type('a b');
  expect(await page.inputValue('.notes input')).toBe('a b');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#why:has-text("Space is GO")');
  await spaceIsOneGo(page, bridge, types);
  expect(await page.inputValue('.notes input')).toBe('a b');
});

test('a held space is one GO after a click elsewhere, too', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.click('.side.standby');
  await page.waitForSelector('.next.standing');
  for (let repeats = 0; repeats < 10; repeats++) await page.keyboard.down('Space');
  await page.keyboard.up('Space');
  await now(page, '0');
  expect(bridge.sequencer.lastEventSeq).toBe(2);
});

/** A finger of the browser's own, which scrolls as a finger does. */
async function finger(page: Page) {
  const box = await (await page.waitForSelector('.go')).boundingBox();
  if (!box) throw new Error('GO is not in sight');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session: CDPSession = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel', dx = 0, dy = 0) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchStart' || type === 'touchMove' ? [{ x: x + dx, y: y + dy }] : [],
    });
  return { touch, at: { x, y } };
}

test('a swipe that begins on GO and scrolls the page is no press, in all four directions', async () => {
  const { page, bridge } = await desk(PHONE);
  await live(page);
  const types = await eventTypes(bridge);
  const { touch } = await finger(page);
  for (const [dx, dy] of [
    [0, -1],
    [0, 1],
    [-1, 0],
    [1, 0],
  ] as const) {
    await touch('touchStart');
    for (let step = 1; step <= 10; step++) await touch('touchMove', dx * step * 5, dy * step * 5);
    // Back to where it began, which does not make it a press.
    await touch('touchMove');
    await touch('touchEnd');
  }
  await settled(page, bridge, types);
  expect(types).toEqual([]);
  await page.tap('.go');
  await now(page, '0');
});

test('a finger that the browser takes away is no press; one that trembles or rests long is one', async () => {
  const { page, bridge } = await desk(PHONE);
  await live(page);
  const types = await eventTypes(bridge);
  const { touch } = await finger(page);
  await touch('touchStart');
  await touch('touchCancel');
  await settled(page, bridge, types);
  expect(types).toEqual([]);
  await touch('touchStart');
  await touch('touchMove', 2, 3);
  await touch('touchEnd');
  await now(page, '0');
  await touch('touchStart');
  await page.waitForTimeout(900);
  expect(bridge.sequencer.state.currentCueId).toBe('c0');
  await touch('touchEnd');
  await now(page, '1');
  await settled(page, bridge, types);
  expect(types).toEqual(['CueAdvanced', 'CueAdvanced']);
});

test('the right and the middle button press nothing', async () => {
  const { page, bridge } = await desk();
  await live(page);
  const types = await eventTypes(bridge);
  await page.click('.go', { button: 'right' });
  await page.click('.go', { button: 'middle' });
  await settled(page, bridge, types);
  expect(types).toEqual([]);
  await page.click('.go');
  await now(page, '0');
});

test.each([
  [390, 844],
  [844, 390],
  [768, 1024],
  [1280, 720],
])('at %i × %i GO is wholly in sight, and stays where it is when the page scrolls', async (width, height) => {
  const { page } = await desk({ viewport: { width, height }, isMobile: width < 900 });
  await live(page);
  await page.waitForSelector('.rack');
  const go = await page.waitForSelector('.go');
  const before = await go.boundingBox();
  await page.evaluate('window.scrollTo(0, 300)');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  expect(await go.boundingBox()).toEqual(before);
  expect(before?.y).toBeGreaterThanOrEqual(0);
  expect((before?.y ?? 0) + (before?.height ?? 0)).toBeLessThanOrEqual(height);
});
