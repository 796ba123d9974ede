import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadChecked } from '../app/registry.js';
import { connect, type ReceivedEvent } from '../client/node.js';
import { repairLog } from '../journal/repair.js';
import { readLog, verifyLog } from '../journal/verify.js';
import { systemClock, toUtc } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import { EXIT } from './exit.js';
import { identityOf, type TokenOptions, tokenOf } from './identity.js';
import { stopSignal } from './signals.js';

/** Follows the events of a running bridge, from `from` on or from now. */
export async function tail(options: TokenOptions & { url: string; from?: string; json?: boolean }): Promise<void> {
  const token = tokenOf(options);
  const show = (event: ReceivedEvent) =>
    process.stdout.write(`${options.json ? JSON.stringify(event) : oneLine(event)}\n`);
  const client = connect({
    url: options.url,
    ...(await identityOf(options.url, token, { userId: 'u-cli', role: 'technician', deviceId: 'cli-tail' })),
  });
  if (options.from !== undefined) await past(options.url, token, Number(options.from), show);
  client.onEvent(show);
  client.onStatus(({ status, reason }) => {
    if (status === 'offline' || status === 'refused') process.stderr.write(`${status}: ${reason?.message ?? ''}\n`);
  });
  const refused = new Promise<'refused'>((resolve) => {
    client.onStatus(({ status }) => status === 'refused' && resolve('refused'));
  });
  const how = await Promise.race([stopSignal(), refused]);
  await client.close();
  process.exit(how === 'refused' ? EXIT.refused : EXIT.done);
}

async function past(
  url: string,
  token: string | undefined,
  from: number,
  show: (event: ReceivedEvent) => void,
): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL(`/v1/log?from=${from}`, url), { headers }).catch(() => undefined);
  if (!answer?.ok) throw new BridgeError('DEVICE_UNREACHABLE', `${url} did not give its log`);
  for (const line of (await answer.text()).split('\n')) if (line !== '') show(JSON.parse(line) as ReceivedEvent);
}

function oneLine({ eventSeq, recordedAt, eventType, actor, payload }: ReceivedEvent): string {
  return `${String(eventSeq).padStart(6)}  ${recordedAt.slice(0, 23).replace('T', ' ')}  ${eventType.padEnd(22)} ${actor.userId} (${actor.deviceId})  ${JSON.stringify(payload)}`;
}

/** Writes a log's events as JSON Lines. */
export async function exportLog(folder: string, options: { from: string; out?: string }): Promise<void> {
  const from = await logFolder(folder);
  const out = options.out === undefined ? process.stdout : await fileFor(options.out);
  for await (const { lines } of readLog(from, Number(options.from))) {
    if (!out.write(lines)) await once(out, 'drain');
  }
  if (out !== process.stdout) {
    out.end();
    await once(out, 'finish');
  }
}

async function fileFor(path: string): Promise<WriteStream> {
  const out = createWriteStream(path);
  await once(out, 'open').catch((cause: Error) => {
    throw new BridgeError('CONFIG_UNREADABLE', `${path} cannot be written: ${cause.message}`, { cause });
  });
  return out;
}

/** Proves a log whole, or names the first bad place. Exit code 1 when there is one. */
export async function verify(folder: string, options: { json?: boolean }): Promise<void> {
  const { problem, events, segments, bytes } = await verifyLog(await logFolder(folder));
  const files = `${segments} ${segments === 1 ? 'file' : 'files'}`;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: !problem, events, segments, bytes, problem })}\n`);
  else if (!problem) process.stdout.write(`whole: ${events} events in ${files}, ${bytes} bytes\n`);
  else {
    const what = problem.torn ? 'the last write is cut off; the next start takes it away' : 'the log is broken here';
    process.stdout.write(
      `${problem.file}:${problem.line}: ${problem.why}\n  ${what}; ${events} events before it are whole\n`,
    );
  }
  process.exitCode = problem ? EXIT.refused : EXIT.done;
}

/**
 * Saves what can be saved of a broken log into a new folder beside it. Exit code 1 when a dry run finds something to
 * repair, or the new folder cannot be written.
 */
export async function repair(path: string, options: { to?: string; dryRun?: boolean; json?: boolean }): Promise<void> {
  const folder = (await logFolder(path)).replace(/[/\\]+$/, '');
  const stamp = toUtc(systemClock().wall()).replaceAll(/[-:.]/g, '');
  const target = options.dryRun ? undefined : (options.to ?? `${folder}.repaired-${stamp}`);
  const report = await repairLog(folder, target);
  const { problem, keeps, lost, to } = report;
  if (options.json) process.stdout.write(`${JSON.stringify({ folder, ...report })}\n`);
  else if (!problem) process.stdout.write(`whole: ${keeps} events; there is nothing to repair\n`);
  else {
    const said = [
      `${problem.file}:${problem.line}: ${problem.why}`,
      `  ${to === undefined ? 'would keep' : 'keeps'} ${keeps} events, from the first to the last before that place`,
      `  lost to the show: ${lost.lastSeq - keeps > 0 ? `events ${keeps + 1} to ${lost.lastSeq}` : 'no event that is known of'}; ${lost.bytes} bytes, in them ${lost.readable} events that can be read one by one`,
      to === undefined
        ? '  nothing was written'
        : `  written to ${to}, what is lost in its files *.lost; ${folder} is as it was. Stop the bridge, move ${folder} aside, and give ${to} its name`,
    ];
    process.stdout.write(`${said.join('\n')}\n`);
  }
  process.exitCode = problem && options.dryRun ? EXIT.refused : EXIT.done;
}

/** The folder itself, or the one that a bridge file's show writes to. @throws CONFIG_UNREADABLE when no log is there */
async function logFolder(path: string): Promise<string> {
  const found = await stat(path).catch((cause) => {
    throw new BridgeError('CONFIG_UNREADABLE', `there is no ${path}`, { cause });
  });
  let folder = path;
  if (!found.isDirectory()) {
    const result = await loadChecked(path);
    if (!result.ok) throw new BridgeError('CONFIG_INVALID', `${path} has problems: pacebuddy check ${path} tells them`);
    folder = join(result.bridge.journalPath, result.bridge.config.show.id);
  }
  const names: string[] = await readdir(folder).catch(() => []);
  if (names.some((name) => /^\d+\.jsonl$/.test(name))) return folder;
  throw new BridgeError('CONFIG_UNREADABLE', `there is no log in ${folder}; each show has a folder of its own`);
}
