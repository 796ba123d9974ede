/** The stage manager's page in a real browser, against the whole bridge. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/client/node.js';
import { alert, live, now, openBrowser, openDesk, start } from './support.js';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const desk = (options?: Parameters<typeof openDesk>[1]) => openDesk(browser, options);

test('space is one GO, however long the key is held', async () => {
  const { page, bridge } = await desk();
  await live(page);
  for (let repeats = 0; repeats < 10; repeats++) await page.keyboard.down('Space');
  await page.keyboard.up('Space');
  await now(page, '0');
  await page.keyboard.press('Space');
  await now(page, '1');
  expect(bridge.sequencer.lastEventSeq).toBe(2);
});

test('a click is one GO, a tap is one, and Enter on the button is one', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.click('.go');
  await now(page, '0');
  await page.tap('.go');
  await now(page, '1');
  await page.focus('.go');
  await page.keyboard.press('Enter');
  await now(page, '2');
  expect(bridge.sequencer.lastEventSeq).toBe(3);
});

test('space in the note field is a space, and on a button that was reached by keyboard it presses that', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.click('.notes input');
  await page.keyboard.type('Late follow spot');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.note:text-is("Late follow spot")');
  await page.focus('.go');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.waitForSelector('.next.standing');
  expect(bridge.sequencer.state.currentCueId).toBe(null);
});

test('a second press within the guard is told in words, and is no second GO', async () => {
  const { page, bridge } = await desk({ goGuardMs: 10_000 });
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.keyboard.press('Space');
  await alert(page, 'GO_GUARD');
  expect(await page.textContent('.notice')).toMatch(/GO not taken.*counts as the same press/s);
  expect(bridge.sequencer.lastEventSeq).toBe(1);
});

test('a GO from elsewhere moves this page', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await bridge.press('CueAdvanced', {}, 'pedal');
  await now(page, '0');
});

test('S puts the next cue on standby, and back asks before it goes', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.keyboard.press('s');
  await page.waitForSelector('.next.standing');
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.click('text=Back…');
  await page.keyboard.press('Escape');
  expect(bridge.sequencer.state.currentCueId).toBe('c0');
  await page.click('text=Back…');
  await page.click('text=Take back cue 0');
  await page.waitForSelector('.now :text("Before the first cue")');
});

test('a hold closes the GO with its reason until it is resolved', async () => {
  const { page } = await desk();
  await live(page);
  await page.click('.side.hold');
  await page.click('.level.hold');
  await page.waitForSelector('.emergency :text("HOLD")');
  await page.keyboard.press('Space');
  await alert(page, 'EMERGENCY_ACTIVE');
  expect(await page.getAttribute('.go', 'aria-disabled')).toBe('true');
  await page.click('text=Resolve…');
  await page.click('text=Yes, the show goes on');
  await page.waitForSelector('.go[aria-disabled=false]');
});

test('without the bridge the page says so and sends no GO; when it is back, it goes on, and notes arrive', async () => {
  const { page, bridge, file } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await bridge.close();
  await page.waitForSelector('[data-status=offline]');
  await page.keyboard.press('Space');
  await alert(page, 'CLIENT_OFFLINE');
  expect(await page.textContent('#why')).toMatch(/Offline since .*: a GO would not arrive/);
  await page.fill('.notes input', 'Written offline');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.note.unsent');

  const back = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await back.close()));
  await live(page);
  await page.waitForSelector('.note:not(.unsent):text-is("Written offline")');
  await page.click('.go');
  await now(page, '1');
  const types = ['CueAdvanced', 'NoteAdded', 'CueAdvanced'];
  expect(back.sequencer.lastEventSeq).toBe(types.length);
});

test('with an access list the page asks for a token, keeps it where no script sees it, and acts as its owner', async () => {
  const access = 'access:\n  - { userId: u-ana, role: stageManager, displayName: Ana, token: open-sesame }\n';
  const { page, bridge } = await desk({ parts: access });
  await page.fill('input[type=password]', 'a wrong one');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert]:has-text("does not know this token")');
  await page.fill('input[type=password]', 'open-sesame');
  await page.keyboard.press('Enter');
  await live(page);
  expect(await page.evaluate('document.cookie')).toBe('');
  const watcher = connect({
    url: bridge.url,
    token: 'open-sesame',
    actor: { userId: 'u-ana', role: 'stageManager', deviceId: 'watcher' },
  });
  onTestFinished(() => watcher.close());
  const actor = new Promise((resolve) => {
    watcher.onEvent((event) => {
      if (event.eventType === 'CueAdvanced') resolve(event.actor);
    });
  });
  await new Promise<void>((resolve) => {
    watcher.onStatus(({ status }) => {
      if (status === 'live') resolve();
    });
  });
  await page.keyboard.press('Space');
  expect(await actor).toMatchObject({ userId: 'u-ana', role: 'stageManager', displayName: 'Ana' });
});

test('a device without evidence says so, and is not green', async () => {
  const parts = 'devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: 9 } }\n';
  const { page } = await desk({ parts });
  await live(page);
  const row = await page.waitForSelector('[data-device=desk].unverified');
  expect(await row.textContent()).toContain('unverified');
  const colours = await page.evaluate(`(() => {
    const colourOf = (selector) => getComputedStyle(document.querySelector(selector)).color;
    return [colourOf('[data-device=desk] .mark'), colourOf('.line-live .mark')];
  })()`);
  const [unverified, live_] = colours as [string, string];
  expect(unverified).not.toBe(live_);
});

test('the page asks nobody but the bridge, and keeps to its content security policy', async () => {
  const { page, bridge, requests, complaints } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  expect(requests.filter((url) => !url.startsWith(bridge.url) && !url.startsWith('ws://'))).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a timer that a device set says so, with the word that the device has when it is down', async () => {
  const parts =
    'devices:\n  tc: { adapter: serial, path: /dev/tty-of-nobody }\n  house: { adapter: osc, transport: udp, listen: "127.0.0.1:0" }';
  const { page, bridge } = await desk({ parts });
  await live(page);
  const status = (text: string) => page.waitForSelector(`.timer .status:has-text("${text}")`);
  await bridge.press('TimerStarted', { timerId: 't' }, 'house');
  await status('running by house');
  await bridge.press('TimerPaused', { timerId: 't' }, 'a-page-of-somebody');
  await page.waitForSelector('.timer .status:text-is("paused")');
  await bridge.press('TimerStarted', { timerId: 't' }, 'tc');
  await status('running by tc');
  await status('tc is down: runs on by itself');
});
