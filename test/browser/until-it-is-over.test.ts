/** How long the page says what it says: a press, a failure, a move of another hand; until it is over, and no longer. */
import { appendFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Bridge } from '../../src/app/bridge.js';
import { connect } from '../../src/client/node.js';
import { systemClock } from '../../src/kit/clock.js';
import { newId } from '../../src/kit/ids.js';
import { PROTOCOL_VERSION } from '../../src/protocol/version.js';
import { startDaemon } from '../support/daemon.js';
import { qlabHouse } from '../support/qlab-house.js';
import { stoppableWire } from '../support/stoppable-wire.js';
import { unsentRig } from '../support/unsent-rig.js';
import {
  alarm,
  alert,
  gone,
  live,
  now,
  openBrowser,
  openDesk,
  openPage,
  PHONE,
  pagesDir,
  pressVain,
  start,
} from './support.js';

const clock = systemClock();

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const desk = (options?: Parameters<typeof openDesk>[1], context = {}) => openDesk(browser, options, context);
/** Where the room is narrow, the line under the button makes way for what is told above it. */
const under = (page: Page, words: string) => page.waitForSelector(`#why:has-text("${words}")`, { state: 'attached' });

/** Presses GO and waits until the page says that it was taken. */
async function go(page: Page, number: string): Promise<void> {
  await page.keyboard.press('Space');
  await now(page, number);
  await under(page, 'GO taken in');
}

/** A note of another desk has come through, and so has all that was stored before it. */
let notes = 0;
async function settled(page: Page, bridge: Bridge): Promise<void> {
  notes += 1;
  await bridge.press('NoteAdded', { noteId: `n${notes}`, scope: { type: 'show' }, text: `settled ${notes}` }, 'pedal');
  await page.waitForSelector(`.note:text-is("settled ${notes}")`);
}

/** What a supervised device of the bridge would tell of itself. */
const tellDown = (bridge: Bridge, code: string, detail: string) =>
  new Promise((resolve) => {
    bridge.sequencer.propose(
      {
        kind: 'event',
        version: PROTOCOL_VERSION,
        messageId: newId(),
        showId: bridge.sequencer.showId,
        createdAt: new Date(clock.wall()).toISOString(),
        eventType: 'DeviceStatusChanged',
        actor: { userId: 'bridge', role: 'bridge', deviceId: 'bridge' },
        payload: { device: 'sound', adapter: 'qlab', status: 'down', code, detail },
      },
      resolve,
    );
  });

/** Somebody else at the show, with a name. */
async function another(bridge: Bridge, displayName: string) {
  const client = connect({
    url: bridge.url,
    actor: { userId: `u-${displayName}`, role: 'stageManager', deviceId: 'tablet', displayName },
  });
  onTestFinished(() => client.close());
  await new Promise<void>((resolve) => {
    client.onStatus(({ status }) => {
      if (status === 'live') resolve();
    });
  });
  return client;
}

const DEAD_QLAB = 'devices: { sound: { adapter: qlab, port: 9 } }\n';
const START = `${DEAD_QLAB}outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: sound, start: $call.number } }]`;

test('a GO that was pressed offline is still told as not taken when the line is back, and the one before it no longer', async () => {
  const { page, bridge, file } = await desk();
  await live(page);
  await go(page, '0');
  await bridge.close();
  await page.waitForSelector('[data-status=offline]');
  await page.keyboard.press('Space');
  await alert(page, 'CLIENT_OFFLINE');
  const back = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await back.close()));
  await live(page);
  await page.waitForSelector('.notice:has-text("GO pressed while offline was not taken")');
  expect(await page.textContent('.notice')).not.toContain('ffline since');
  await under(page, 'Space is GO');
  await settled(page, back);
  expect(await page.locator('.notice').count()).toBe(1);
  await go(page, '1');
  await gone(page, '.notice');
});

test('a press on a dead line can be put away, and a hold that was not taken is over when somebody holds', async () => {
  const { page, bridge, file } = await desk();
  await live(page);
  await bridge.close();
  await page.waitForSelector('[data-status=offline]');
  await pressVain(page, '.side.standby');
  await alert(page, 'CLIENT_OFFLINE');
  const back = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await back.close()));
  await live(page);
  await page.click('.notice:has-text("Standby pressed while offline") [aria-label="Put away"]');
  await gone(page, '.notice');
  await back.close();
  await page.waitForSelector('[data-status=offline]');
  await pressVain(page, '.side.hold');
  const again = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await again.close()));
  await live(page);
  await page.waitForSelector('.notice:has-text("Hold pressed while offline was not taken")');
  await again.press('EmergencyTriggered', { emergencyId: 'e', code: 'medical', level: 'hold' }, 'red-button');
  await gone(page, '.notice');
});

test('"GO taken" ends with a move of another hand, with a hold, and with the line', async () => {
  const { page, bridge, file } = await desk();
  await live(page);
  await go(page, '0');
  await bridge.press('CueReverted', {}, 'pedal');
  await page.waitForSelector('.now :text("Before the first cue")');
  await under(page, 'Space is GO');
  await go(page, '0');
  await bridge.press('CueAdvanced', {}, 'pedal');
  await now(page, '1');
  await under(page, 'Space is GO');
  await go(page, '2');
  await bridge.press('EmergencyTriggered', { emergencyId: 'e', code: 'medical', level: 'hold' }, 'red-button');
  await under(page, 'Held: hold, medical');
  await bridge.press('EmergencyResolved', { emergencyId: 'e' }, 'red-button');
  await under(page, 'Space is GO');
  await go(page, '3');
  await page.keyboard.press('s');
  await under(page, 'Standby taken in');
  await bridge.close();
  await page.waitForSelector('[data-status=offline]');
  const back = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await back.close()));
  await live(page);
  await under(page, 'Space is GO');
});

test('after a second press that was refused, the first is no longer told as taken', async () => {
  const { page } = await desk({ goGuardMs: 10_000 });
  await live(page);
  await go(page, '0');
  await page.keyboard.press('Space');
  await alert(page, 'GO_GUARD');
  await under(page, 'Space is GO');
});

test('a lost device that was put away comes back when its cause is another, and not while only its time counts up', async () => {
  const { page, bridge } = await desk();
  await live(page);
  const tell = (code: string, detail: string) => tellDown(bridge, code, detail);
  await tell('DEVICE_UNREACHABLE', 'ECONNREFUSED, silent for 1067 ms');
  await alarm(page, 'ECONNREFUSED');
  await page.click('[aria-label^="Put away: sound down"]');
  await gone(page, '.alarm');
  await tell('DEVICE_UNREACHABLE', 'ECONNREFUSED, silent for 2.1 s');
  await settled(page, bridge);
  expect(await page.locator('.alarm').count()).toBe(0);
  await tell('DEVICE_REFUSED', 'ECONNREFUSED, silent for 2.1 s');
  await alarm(page, 'sound down since');
  await page.click('[aria-label^="Put away: sound down"]');
  await gone(page, '.alarm');
  await tell('DEVICE_REFUSED', 'sound stands at 3');
  await page.click('[aria-label^="Put away: sound down"]');
  await tell('DEVICE_REFUSED', 'sound stands at 4');
  await alarm(page, 'stands at 4');
});

test('a cue that failed is still told after the next GO, by its number, until it is put away or sent again', async () => {
  const { page, bridge } = await desk({ parts: START });
  await live(page);
  await page.click('[aria-label^="Put away: sound down"]');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 0');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 1');
  await alarm(page, 'sound: cue 0, start 0 Failed');
  await bridge.press('CallFired', { cueId: 'c0', kind: 'rerun' }, 'pedal');
  await gone(page, '.alarm:has-text("sound: cue 0, start 0")');
  await alarm(page, 'sound: cue 1, start 1');
  await page.click('[aria-label="Put away: sound: cue 1, start 1"]');
  await gone(page, '.alarm:has-text("start 1")');
  await page.click('[aria-label="Put away: sound: start 0"]');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 2');
  await settled(page, bridge);
  expect(await page.locator('.alarm').count()).toBe(1);
});

test('four failures of earlier cues are kept, and those that a reload met are among them', async () => {
  const { page, bridge } = await desk({ parts: START, cues: 9 });
  await live(page);
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 0');
  await page.reload();
  await live(page);
  await page.click('[aria-label^="Put away: sound down"]');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 1');
  await alarm(page, 'sound: start 0');
  for (const number of ['2', '3', '4', '5', '6']) {
    await page.keyboard.press('Space');
    await alarm(page, `sound: start ${number}`);
  }
  await settled(page, bridge);
  await page.waitForSelector('.alarms :text-is("and 2 more: put one away to see the next")');
  expect(await page.locator('.alarm strong').allTextContents()).toEqual([
    'sound: start 6',
    'sound: cue 2, start 2',
    'sound: cue 3, start 3',
  ]);
});

test('a failure that was put away takes no room from one that was not', async () => {
  const { page } = await desk({ parts: START, cues: 9 });
  await live(page);
  await page.click('[aria-label^="Put away: sound down"]');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 0');
  for (const number of ['1', '2', '3', '4', '5', '6']) {
    await page.keyboard.press('Space');
    await page.click(`[aria-label="Put away: sound: start ${number}"]`);
    await gone(page, `.alarm:has-text("sound: start ${number}")`);
  }
  await alarm(page, 'sound: cue 0, start 0');
});

test('a cue that failed and fires after the next GO is told as fired, and no longer as failed', async () => {
  const house = await qlabHouse({ when: 'go', send: 'start: $call.targets.qlab', pagesDir }, { onTestFinished });
  const { page } = await openPage(browser, house.bridge.url);
  await live(page);
  for (const qlab of house.qlabs) await qlab.setFaults({ holdMs: 5000 });
  await page.keyboard.press('Space');
  await alarm(page, 'qlab-main: start 1 Failed');
  for (const qlab of house.qlabs) await qlab.setFaults({ holdMs: 0 });
  await page.keyboard.press('Space');
  await alarm(page, 'qlab-main: cue 1, start 1 Failed');
  await alarm(page, 'qlab-main fired after all Start 1 fired');
  await gone(page, '.alarm:has-text("cue 1, start 1")');
  // None is behind the three that are shown.
  expect(await page.locator('.alarms > .quiet').count()).toBe(0);
});

test('a cue of nobody knows whose is told over one GO, and ends with the next', async () => {
  const house = await qlabHouse({ when: 'go', send: 'go: true', pagesDir }, { onTestFinished });
  const { page } = await openPage(browser, house.bridge.url);
  await live(page);
  await house.qlabs[0]?.setFaults({ holdMs: 600 });
  house.qlabs[0]?.operatorPlayhead('3');
  await page.keyboard.press('Space');
  await alarm(page, 'qlab-main fired 3');
  await house.bridge.press('CueAdvanced', {}, 'pedal');
  await now(page, '2');
  await settled(page, house.bridge);
  expect(await page.locator('.alarm:has-text("qlab-main fired 3")').count()).toBe(1);
  await house.bridge.press('CueAdvanced', {}, 'pedal');
  await now(page, '3');
  await gone(page, '.alarm:has-text("qlab-main fired 3")');
});

test('a GO of another hand that skips cues is told, and so is a Back; one’s own is not', async () => {
  const { page, bridge } = await desk({ cues: 9 });
  const ana = await another(bridge, 'Ana');
  await live(page);
  await go(page, '0');
  await bridge.press('CueAdvanced', { toCueId: 'c5' }, 'pedal');
  await alarm(page, 'booth skipped 1 to 4 with GO 5');
  expect(await page.getAttribute('.alarm', 'class')).toContain('warn');
  await go(page, '6');
  await settled(page, bridge);
  expect(await page.locator('.alarm').count()).toBe(1);
  await go(page, '7');
  await gone(page, '.alarm');
  await ana.back();
  await alarm(page, 'Ana took back cue 7: the show stands at 6');
  await page.click('text=Back…');
  await page.click('text=Take back cue 6');
  await now(page, '5');
  await gone(page, '.alarm');
  await bridge.press('CueAdvanced', {}, 'pedal');
  await now(page, '6');
  await settled(page, bridge);
  expect(await page.locator('.alarm').count()).toBe(0);
});

test('a stop that sent nothing to a device is told, until it is resolved; a hold is not', async () => {
  const { page, bridge } = await desk({}, PHONE);
  await live(page);
  await page.click('.side.hold');
  expect(await page.textContent('.level.hold small')).toBe('GO is refused, timers freeze');
  expect(await page.textContent('.level.stop small')).toContain('devices with a rule for it');
  await page.click('.level.hold');
  await page.waitForSelector('.emergency.hold');
  await clock.sleep(2000);
  expect(await page.locator('.alarm').count()).toBe(0);
  await page.click('.side.hold');
  await page.click('.level.stop');
  await alarm(page, 'STOP was recorded, and nothing was sent to a device Stop them by hand');
  const isCut = '(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight)(document.querySelector(".alarm p"))';
  expect(await page.evaluate(isCut)).toBe(false);
  await page.click('.side.hold');
  await page.click('.level.evacuate');
  await gone(page, '.alarm:has-text("STOP was recorded")');
  await alarm(page, 'EVACUATE was recorded, and nothing was sent');
  await page.reload();
  await page.waitForSelector('.emergency.evacuate');
  await clock.sleep(2000);
  expect(await page.locator('.alarm').count()).toBe(0);
  await bridge.press('EmergencyResolved', {}, 'red-button');
  await bridge.press('EmergencyTriggered', { level: 'stop' }, 'red-button');
  await alarm(page, 'STOP was recorded');
  await bridge.press('EmergencyResolved', {}, 'red-button');
  await gone(page, '.alarm');
});

test('a stop that sent something, or tried to, is not told as one that sent nothing', async () => {
  const parts = `${DEAD_QLAB}outputs: [{ id: halt, event: EmergencyTriggered, where: { level: stop }, send: { device: sound, panic: true } }]`;
  const { page } = await desk({ parts });
  await live(page);
  await page.click('.side.hold');
  await page.click('.level.stop');
  await alarm(page, 'sound: panic');
  await clock.sleep(2000);
  expect(await page.locator('.alarm:has-text("was recorded")').count()).toBe(0);
});

/** Alarms of cues 0 and 1 that were taken and not sent, on a page of `role`. */
async function unsentPage(role?: string) {
  const { file, fired, pressUnsent, close } = await unsentRig();
  onTestFinished(close);
  await pressUnsent('kill', 2);
  if (role) await appendFile(file, `access: [{ userId: u-lou, role: ${role}, token: open-sesame }]\n`);
  const daemon = await startDaemon(file);
  onTestFinished(async () => void (await daemon.stop()));
  const wire = await stoppableWire(daemon.url);
  onTestFinished(() => wire.close());
  const { page } = await openPage(browser, wire.url);
  if (role) {
    await page.fill('input[type=password]', 'open-sesame');
    await page.keyboard.press('Enter');
  }
  await live(page);
  await alarm(page, 'cue 0, /go/0');
  await alarm(page, 'cue 1, /go/1');
  return { page, fired, wire };
}

test('a double click on "Send now" is one press, also where the next alarm takes the place of the first', async () => {
  const { page, fired } = await unsentPage();
  // The alarms end at the button: the one above comes down.
  await page.dblclick('.alarm:has-text("cue 1") .send', { delay: 120 });
  await gone(page, '.alarm:has-text("cue 1")');
  await page.waitForSelector('.outputs h2:has-text("Sent again: 1")');
  await page.waitForSelector('.alarm:has-text("cue 0") .send[aria-disabled=false]');
  expect(fired).toEqual(['/go/1']);
  expect(await page.locator('.notice').count()).toBe(0);
  await page.click('.alarm:has-text("cue 0") .send');
  await gone(page, '.alarm:has-text("cue 0")');
  await page.waitForSelector('.outputs h2:has-text("Sent again: 0")');
  expect(fired).toEqual(['/go/1', '/go/0']);
});

test('"Send now" is dead while its answer is under way', async () => {
  const { page, fired, wire } = await unsentPage();
  wire.stop();
  await page.click('.alarm:has-text("cue 1") .send');
  await page.waitForSelector('.alarm:has-text("cue 1") .send[aria-disabled=true]');
  await clock.sleep(800);
  await pressVain(page, '.alarm:has-text("cue 1") .send');
  wire.goOn();
  await gone(page, '.alarm:has-text("cue 1")');
  await page.waitForSelector('.outputs h2:has-text("Sent again: 1")');
  await page.waitForSelector('.alarm:has-text("cue 0") .send[aria-disabled=false]');
  expect(fired).toEqual(['/go/1']);
  expect(await page.locator('.notice').count()).toBe(0);
});

test('who may not send a cue again can put its alarm away', async () => {
  const { page, fired } = await unsentPage('lightingOperator');
  expect(await page.locator('.alarm .send').count()).toBe(0);
  await page.click('.alarm:has-text("cue 1") .away');
  await gone(page, '.alarm:has-text("cue 1")');
  await alarm(page, 'cue 0, /go/0');
  expect(fired).toEqual([]);
});

test('the cue to come is next, in white, and amber only while it stands by', async () => {
  const { page } = await desk();
  await live(page);
  const look = () =>
    page.evaluate(`(() => {
      const colourOf = (selector) => getComputedStyle(document.querySelector(selector)).color;
      return {
        word: document.querySelector('.next .kicker b').textContent,
        text: colourOf('.next .standby-text'),
        row: colourOf('.cue.upcoming .status'),
      };
    })()`);
  const white = await page.evaluate('getComputedStyle(document.body).color');
  expect(await look()).toEqual({ word: 'NEXT', text: white, row: white });
  await page.keyboard.press('s');
  await page.waitForSelector('.next.standing');
  await clock.sleep(300);
  const amber = 'rgb(245, 181, 61)';
  expect(await look()).toEqual({ word: 'STANDING BY', text: amber, row: amber });
  await page.keyboard.press('Space');
  await now(page, '0');
  expect(await look()).toMatchObject({ word: 'NEXT', text: white });
});

test('on a telephone that is offline nothing shows through the foot that GO stands on', async () => {
  const { page, bridge } = await desk({ parts: DEAD_QLAB, cues: 30 }, PHONE);
  await live(page);
  await alarm(page, 'sound down');
  await bridge.close();
  await page.waitForSelector('.desk.stale');
  await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight / 2 - innerHeight / 2)');
  const through = await page.evaluate(`(() => {
    const foot = document.querySelector('.go-panel');
    const { left, right, top, bottom } = foot.getBoundingClientRect();
    const strangers = new Set();
    for (let x = left + 2; x < right - 2; x += 6)
      for (let y = top + 2; y < Math.min(bottom, innerHeight) - 2; y += 6) {
        const seen = document.elementFromPoint(x, y);
        if (!foot.contains(seen)) strangers.add(seen?.className ?? 'nothing');
      }
    return [...strangers];
  })()`);
  expect(through).toEqual([]);
});
