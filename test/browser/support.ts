/** A page of the stage manager in a real browser, against a whole bridge of its own. */
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { connect } from '../../src/client/node.js';
import { silentLog } from '../../src/kit/log.js';
import { smallShow } from '../support/small-show.js';

const root = join(import.meta.dirname, '../..');
export const pagesDir = join(root, 'dist/views');
/** A telephone. */
export const PHONE = { viewport: { width: 390, height: 844 } };
const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** Starts a browser to open the built pages in. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
}

export async function start(file: string, listen = '127.0.0.1:0'): Promise<Bridge> {
  const loaded = await loadChecked(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded.bridge;
  const checked = { ...loaded.bridge, config: { ...config, server: { ...config.server, listen } } };
  return Bridge.start({ checked, log: silentLog, pagesDir });
}

export interface Desk {
  page: Page;
  bridge: Bridge;
  file: string;
  /** What the page asked for, and what it complained of. */
  requests: string[];
  complaints: string[];
}

/** A bridge of its own, and the page open on it. Both end with the test. */
export async function openDesk(
  browser: Browser,
  options: Partial<Parameters<typeof smallShow>[0]> = {},
  context: BrowserContextOptions = {},
): Promise<Desk> {
  const { file } = await smallShow({ cues: 5, ...options });
  const bridge = await start(file);
  const { page, requests, complaints } = await openPage(browser, bridge.url, context);
  onTestFinished(async () => void (await bridge.close()));
  return { page, bridge, file, requests, complaints };
}

/** The page of whatever is served at `url`; it ends with the test, before what was begun earlier. */
export async function openPage(browser: Browser, url: string, context: BrowserContextOptions = {}) {
  const page = await browser.newPage({ hasTouch: true, ...context });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  onTestFinished(() => page.close());
  return { page, requests, complaints };
}

export const live = (page: Page) => page.waitForSelector('[data-status=live]');
export const now = (page: Page, number: string) => page.waitForSelector(`.now .number:text-is("${number}")`);
export const alert = (page: Page, code: string) => page.waitForSelector(`[role=alert] [data-code=${code}]`);

export const alarm = (page: Page, words: string) => page.waitForSelector(`.alarm:has-text("${words}")`);
export const gone = (page: Page, selector: string) => page.waitForSelector(selector, { state: 'detached' });

/** Presses what says that it would do nothing. */
export const pressVain = (page: Page, selector: string) => page.click(selector, { force: true });

/** The types of all events from now on, as another client sees them. */
export async function eventTypes(bridge: Bridge): Promise<string[]> {
  const types: string[] = [];
  const client = connect({
    url: bridge.url,
    actor: { userId: 'u-watcher', role: 'stageManager', deviceId: 'watcher' },
  });
  onTestFinished(() => client.close());
  client.onEvent(({ eventType }) => types.push(eventType));
  await new Promise<void>((resolve) => {
    client.onStatus(({ status }) => {
      if (status === 'live') resolve();
    });
  });
  return types;
}
