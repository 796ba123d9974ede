/** What the page says of lost lines, lost devices and lost cues: as it is, where it is seen, and no longer than it is so. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { startDaemon } from '../support/daemon.js';
import { qlabHouse } from '../support/qlab-house.js';
import { stoppableWire } from '../support/stoppable-wire.js';
import { unsentRig } from '../support/unsent-rig.js';
import { eventually } from '../support/waiting.js';
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
const notice = (page: Page, what: string) => page.waitForSelector(`.notice:has-text("${what} not taken")`);

/** Whether all of it is on the screen, without scrolling. */
async function isInSight(page: Page, selector: string): Promise<boolean> {
  const box = await page.locator(selector).first().boundingBox();
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  return box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
}

const DEAD_QLAB = 'devices: { sound: { adapter: qlab, port: 9 } }\n';

test('on a telephone a cue that failed and a device that is lost are in sight beside the button, until they are put away', async () => {
  const parts = `${DEAD_QLAB}outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: sound, start: $call.number } }]`;
  const { page } = await desk({ parts }, PHONE);
  await live(page);
  await alarm(page, 'sound down since');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 0');
  for (const selector of ['.alarm:has-text("start 0")', '.alarm:has-text("down since")', '.go', '.now .number'])
    expect([selector, await isInSight(page, selector)]).toEqual([selector, true]);
  await page.click('[aria-label^="Put away: sound down"]');
  await gone(page, '.alarm:has-text("down since")');
  await page.click('[aria-label^="Put away: sound: start 0"]');
  await gone(page, '.alarm');
  await page.keyboard.press('Space');
  await alarm(page, 'sound: start 1');
});

test('a log that takes nothing makes the button red, with words, on a telephone too', async () => {
  const { page, bridge, file } = await desk({}, PHONE);
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await rm(join(file, '..', 'data'), { recursive: true });
  await page.waitForSelector('.go.faulted');
  await alarm(page, 'GO may not be taken');
  expect(await page.textContent('#why')).toContain('Call the cue by voice');
  expect(await isInSight(page, '.alarm')).toBe(true);
  await page.keyboard.press('Space');
  await page.waitForSelector('.notice[data-code^=JOURNAL_]');
  expect(bridge.sequencer.state.currentCueId).toBe('c0');
});

test('what was taken and not sent is told for each cue; one press sends it, once, another leaves it', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  onTestFinished(close);
  await pressUnsent('kill', 2);
  const daemon = await startDaemon(file);
  onTestFinished(async () => void (await daemon.stop()));
  const { page } = await openPage(browser, daemon.url, PHONE);
  await live(page);
  await alarm(page, 'cue 0, /go/0');
  await alarm(page, 'cue 1, /go/1');
  expect(await page.textContent('.alarm:has-text("cue 1")')).toContain('Taken, not sent');
  expect(await isInSight(page, '.alarm:has-text("cue 1") .send')).toBe(true);
  await page.click('.alarm:has-text("cue 1") .send');
  await gone(page, '.alarm:has-text("cue 1")');
  await alarm(page, 'cue 0, /go/0');
  await page.click('.alarm:has-text("cue 0") >> text=Leave it');
  await gone(page, '.alarm[data-alarm=OUTPUT_UNSENT]');
  await page.waitForSelector('.outputs h2:has-text("Sent again: 1")');
  expect(fired).toEqual(['/go/1']);
});

test('a cue that fires after it was told as failed is told as fired, with its time', async () => {
  const context = { onTestFinished };
  const house = await qlabHouse({ when: 'go', send: 'start: $call.targets.qlab', pagesDir }, context);
  const { page } = await openPage(browser, house.bridge.url, PHONE);
  await live(page);
  for (const qlab of house.qlabs) await qlab.setFaults({ holdMs: 3500 });
  await page.keyboard.press('Space');
  await alarm(page, 'qlab-main: start 1 Failed');
  await alarm(page, 'qlab-main fired after all');
  expect(await page.textContent('.alarm.good')).toMatch(/tart 1 fired after 3\.\d s/);
  await gone(page, '.alarm.bad');
  expect(await page.textContent('.output:has-text("qlab-main") .stage')).toMatch(/^fired after 3\.\d s$/);
});

test('a cue of nobody knows whose is said, and the show stays', async () => {
  const house = await qlabHouse({ when: 'go', send: 'go: true', pagesDir }, { onTestFinished });
  const { page } = await openPage(browser, house.bridge.url, PHONE);
  await live(page);
  await house.qlabs[0]?.setFaults({ holdMs: 600 });
  house.qlabs[0]?.operatorPlayhead('3');
  await page.keyboard.press('Space');
  await alarm(page, 'qlab-main fired 3');
  expect(await page.textContent('.alarm:has-text("fired 3")')).toContain('GO 3 starts Sound 3 all the same');
  await now(page, '1');
});

test('an operator who is early is told before the GO, who has gone after it, and a Back forgets both', async () => {
  const scene = { when: 'go', send: 'start: $call.targets.qlab', pagesDir };
  const house = await qlabHouse(scene, { onTestFinished });
  const { page } = await openPage(browser, house.bridge.url, PHONE);
  await live(page);
  await page.keyboard.press('Space');
  await page.waitForSelector('.now .gone:has-text("Gone: Sound 1, LX 1")');
  expect(await page.locator('.gone.early').count()).toBe(0);
  // A start right behind ours counts as part of it.
  await clock.sleep(500);
  house.qlabs[0]?.operatorStart('2');
  await page.waitForSelector('.next .gone.early');
  expect(await page.textContent('.gone.early')).toMatch(
    /^Gone already: Sound 2 by hand \d\d:\d\d:\d\d\. GO does not start it again$/,
  );
  expect(await isInSight(page, '.gone.early')).toBe(true);
  await clock.sleep(400);
  await page.keyboard.press('Space');
  await now(page, '2');
  await page.waitForSelector('.now .gone:has-text("LX 2")');
  expect(await page.textContent('.now .gone')).toMatch(/^Gone: Sound 2 by hand \d\d:\d\d:\d\d, LX 2$/);
  await house.bridge.press('CueReverted', {}, 'desk-button');
  await now(page, '1');
  await gone(page, '.gone.early');
});

test('a line that stands still is amber within two seconds, says since when, and is green again when it goes on', async () => {
  const { bridge } = await desk();
  const wire = await stoppableWire(bridge.url);
  onTestFinished(() => wire.close());
  const { page } = await openPage(browser, wire.url);
  await live(page);
  await clock.sleep(1500);
  wire.stop(true);
  const stoppedMono = clock.mono();
  await page.waitForSelector('[data-status=doubtful]', { timeout: 2600 });
  expect(clock.mono() - stoppedMono).toBeGreaterThan(700);
  expect(await page.textContent('.line')).toContain('last heard 2 s ago');
  expect(await page.textContent('#why')).toContain('A GO may not arrive');
  wire.goOn();
  await live(page);
  wire.stop(true);
  await page.waitForSelector('[data-status=offline]', { timeout: 6000 });
});

test('a browser that says that its network is down is amber at once, and green when the bridge is heard again', async () => {
  const { page } = await desk();
  await live(page);
  await page.evaluate('window.dispatchEvent(new Event("offline"))');
  await page.waitForSelector('[data-status=doubtful]', { timeout: 900 });
  expect(await page.textContent('.line')).toContain('the network of this machine is down');
  await live(page);
});

test('Standby, Back and Hold say why not, and what was said of the line itself ends when it is back', async () => {
  const { page, bridge, file } = await desk();
  await live(page);
  await pressVain(page, 'text=Back…');
  await notice(page, 'Back');
  expect(await page.textContent('.notice')).toContain('before its first cue');
  await bridge.close();
  await page.waitForSelector('[data-status=offline]');
  await pressVain(page, '.side.standby');
  await notice(page, 'Standby');
  await pressVain(page, 'text=Back…');
  await notice(page, 'Back');
  await pressVain(page, '.side.hold');
  await notice(page, 'Hold');
  const back = await start(file, bridge.url.replace('http://', ''));
  onTestFinished(async () => void (await back.close()));
  await live(page);
  await gone(page, '.notice:has-text("ffline since")');
});

test('what was said of a hold ends when it is resolved, and what was said of a double press ends by itself', async () => {
  const { page, bridge } = await desk({ goGuardMs: 10_000 });
  await live(page);
  await bridge.press('EmergencyTriggered', { emergencyId: 'e', code: 'medical', level: 'hold' }, 'red-button');
  await page.waitForSelector('.emergency');
  await page.keyboard.press('Space');
  await alert(page, 'EMERGENCY_ACTIVE');
  await bridge.press('EmergencyResolved', { emergencyId: 'e' }, 'red-button');
  await gone(page, '.notice');
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.keyboard.press('Space');
  await alert(page, 'GO_GUARD');
  await gone(page, '.notice');
  expect(bridge.sequencer.state.currentCueId).toBe('c0');
});

test('a hold is made a stop, and a stop an evacuation, from the page; never the other way', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.click('.side.hold');
  await page.selectOption('.emergency-panel select', 'medical');
  await page.click('.level.hold');
  await page.waitForSelector('.emergency.hold');
  await page.click('.side.hold:has-text("Raise…")');
  expect(await page.locator('.emergency-panel .level strong').allTextContents()).toEqual(['Stop', 'Evacuate', 'No']);
  await page.click('.level.stop');
  await page.waitForSelector('.emergency.stop');
  expect(bridge.sequencer.state.emergency).toMatchObject({ level: 'stop', code: 'medical' });
  await page.click('.side.hold');
  await page.click('.level.evacuate');
  await page.waitForSelector('.emergency.evacuate');
  await pressVain(page, '.side.hold');
  await notice(page, 'Hold');
  expect(bridge.sequencer.state.emergency).toMatchObject({ level: 'evacuate' });
});

test('after a stop the outputs are those of the stop, and a panic that failed is in sight', async () => {
  const parts = `${DEAD_QLAB}outputs: [{ id: halt, event: EmergencyTriggered, where: { level: stop }, send: { device: sound, panic: true } }]`;
  const { page } = await desk({ parts }, PHONE);
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.waitForSelector('.outputs h2:has-text("GO 0")');
  await page.click('.side.hold');
  await page.click('.level.stop');
  await alarm(page, 'sound: panic');
  expect(await isInSight(page, '.alarm:has-text("panic")')).toBe(true);
  await page.waitForSelector('.outputs h2:has-text("STOP")');
  expect(await page.textContent('.outputs')).not.toContain('Nothing was sent');
});

test('who pressed last is known after a reload', async () => {
  const { page, bridge } = await desk();
  await live(page);
  await page.keyboard.press('Space');
  await now(page, '0');
  await page.reload();
  await page.waitForSelector('.last-go:has-text("by you")');
  await bridge.press('CueAdvanced', {}, 'pedal');
  await page.waitForSelector('.last-go:has-text("by booth")');
  await page.reload();
  await page.waitForSelector('.last-go:has-text("by booth")');
});

test('what a device said in vain stands beside it', async () => {
  const parts =
    'devices: { box: { adapter: osc, transport: udp, listen: "127.0.0.1:0" } }\ninputs: [{ id: go, when: { device: box, address: /go }, propose: CueAdvanced }]\n';
  const { page, bridge } = await desk({ parts });
  await live(page);
  const { detail = '' } = bridge.devices().find(({ device }) => device === 'box') ?? {};
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(detail)?.[1]);
  expect(port).toBeGreaterThan(0);
  // "/G0" and an empty list of types, each padded to four bytes.
  socket.send(Buffer.from('/G0\0,\0\0\0'), port, '127.0.0.1');
  await page.waitForSelector('[data-device=box] .unused:has-text("in vain")');
  expect(await page.textContent('[data-device=box] .unused')).toMatch(/^1 in vain, .*G0.*no rule fits it$/);
  await eventually(() => bridge.sequencer.state.currentCueId === null, 'nothing moved');
});
