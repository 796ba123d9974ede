/** How the devices of a running bridge are: which wire is dead. */

import type { DeviceReport } from '../app/bridge.js';
import { loadChecked } from '../app/registry.js';
import { BOLD, GREEN, isColourful, painted, RED, YELLOW } from '../kit/colours.js';
import { BridgeError } from '../kit/errors.js';
import { EXIT } from './exit.js';
import { type TokenOptions, tokenOf } from './identity.js';

const DEFAULT_URL = 'http://127.0.0.1:8420';
/** What the bridge may take to answer. */
const ANSWER_LIMIT_MS = 5000;
const WORDS: Readonly<Record<DeviceReport['status'], string>> = {
  up: 'up',
  unverified: 'open, unverified',
  degraded: 'degraded',
  connecting: 'connecting',
  down: 'down',
};

/**
 * Tells each device of a running bridge: its state, why, and what it counted. Exit code 1 when one is down or unknown to
 * the bridge, 3 when no bridge answers.
 * @param file  the bridge file, which says where its bridge listens.
 * @throws CONFIG_INVALID, and what the bridge answered instead of its devices
 */
export async function deviceStates(
  file: string | undefined,
  options: TokenOptions & { url?: string; json?: boolean },
): Promise<void> {
  const wanted = file === undefined ? undefined : await ofFile(file);
  const url = options.url ?? wanted?.url ?? DEFAULT_URL;
  const reports = await ask(url, tokenOf(options));
  if (reports === undefined) {
    const message = `no bridge answers at ${url}; pacebuddy run ${file ?? 'bridge.yaml'} starts one`;
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, code: 'DEVICE_UNREACHABLE', message })}\n`);
    else process.stderr.write(`${message}\n`);
    process.exitCode = EXIT.unreachable;
    return;
  }
  const running = new Set(reports.map(({ device }) => device));
  const missing = (wanted?.names ?? []).filter((name) => !running.has(name));
  const ok = missing.length === 0 && reports.every(({ status }) => status !== 'down');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, url, devices: reports, missing })}\n`);
  else for (const line of told(reports, missing)) process.stdout.write(`${line}\n`);
  process.exitCode = ok ? EXIT.done : EXIT.refused;
}

async function ofFile(file: string): Promise<{ url: string; names: string[] }> {
  const result = await loadChecked(file);
  if (!result.ok) {
    const message = `${file} has problems (pacebuddy check ${file} tells them); --url asks its bridge without it`;
    throw new BridgeError('CONFIG_INVALID', message);
  }
  const { server, devices } = result.bridge.config;
  const listen = server.listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
  return { url: `http://${listen}`, names: Object.keys(devices) };
}

/** @returns undefined when nobody answers. @throws what the bridge said no with */
async function ask(url: string, token: string | undefined): Promise<DeviceReport[] | undefined> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const answer = await fetch(new URL('/v1/devices', url), { headers, signal }).catch(() => undefined);
  if (!answer) return undefined;
  const said = (await answer.json().catch(() => undefined)) as
    | { devices?: DeviceReport[]; code?: string; message?: string }
    | undefined;
  if (answer.ok && Array.isArray(said?.devices)) return said.devices;
  const isNoToken = answer.status === 401 || answer.status === 403;
  throw new BridgeError(
    isNoToken ? 'UNAUTHENTICATED' : 'DEVICE_UNREACHABLE',
    said?.message ?? `${url} answered ${answer.status}, and not as a bridge does`,
  );
}

function told(reports: readonly DeviceReport[], missing: readonly string[]): string[] {
  if (reports.length + missing.length === 0) return ['this bridge has no devices'];
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
  const names = width([...reports.map(({ device }) => device), ...missing]);
  const kinds = width(reports.map(({ adapter }) => adapter));
  const states = width(Object.values(WORDS));
  const lines = reports.flatMap((report) => {
    const { device, adapter, status, code, detail, connects, counters, unused } = report;
    const state = paintedStatus(status, WORDS[status].padEnd(states));
    const why = [code, detail].filter((text) => text !== undefined).join(': ');
    const counts = Object.entries(counters).filter(([, count]) => count > 0);
    const numbers = [
      `connected ${connects} ${connects === 1 ? 'time' : 'times'}`,
      ...counts.map(([name, count]) => `${name} ${count}`),
    ];
    const indent = ' '.repeat(names + kinds + 4);
    return [
      `${device.padEnd(names)}  ${adapter.padEnd(kinds)}  ${state}  ${why}`.trimEnd(),
      `${indent}${numbers.join(', ')}`,
      ...(unused ? [`${indent}${unusedWords(unused)}`] : []),
    ];
  });
  const unknown = missing.map(
    (name) => `${name.padEnd(names)}  not in the running bridge: send it SIGHUP to load the file`,
  );
  return [...lines, ...unknown];
}

/** What the device said in vain, and the newest of it. */
function unusedWords({ count, last: { at, words } }: NonNullable<DeviceReport['unused']>): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  return `${count} ${count === 1 ? 'input' : 'inputs'} without effect; the last at ${time}: ${words}`;
}

const STYLES = { up: GREEN, unverified: YELLOW, degraded: YELLOW, connecting: YELLOW, down: `${BOLD};${RED}` };

function paintedStatus(status: DeviceReport['status'], text: string): string {
  return isColourful() ? painted(STYLES[status], text) : text;
}
