import { systemClock, toUtc } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import { loadChecked, simulators } from '../main.js';
import { qlabCues } from './qlab-cues.js';
import { stopSignal } from './run.js';

export interface SimulateQlabOptions {
  host: string;
  port: string;
  passcode?: string;
  qlabVersion: string;
  workspace: string;
  minGoTime: string;
  cues: string;
  bridge?: string;
  json?: boolean;
}

/** A QLab of its own, until it is stopped: tells each cue that it fires. */
export async function simulateQlab(options: SimulateQlabOptions): Promise<void> {
  const clock = systemClock();
  const cues =
    options.bridge === undefined
      ? options.cues.split(',').map((number) => number.trim())
      : await cuesOf(options.bridge);
  if (cues.length === 0) throw new BridgeError('CONFIG_INVALID', 'there is no cue: name some with --cues or --bridge');
  const qlab = await simulators.qlab({
    host: options.host,
    port: Number(options.port),
    version: options.qlabVersion,
    workspace: options.workspace,
    minGoTimeMs: Number(options.minGoTime) * 1000,
    cues,
    ...(options.passcode === undefined ? {} : { passcode: options.passcode }),
  });
  const say = (facts: Record<string, unknown>, words: string) =>
    process.stdout.write(
      `${options.json ? JSON.stringify({ at: toUtc(clock.wall()), ...facts }) : `${toUtc(clock.wall()).slice(11, 23)}  ${words}`}\n`,
    );
  say(
    { msg: 'qlab.ready', host: options.host, port: qlab.port },
    `QLab ${options.qlabVersion}, simulated, with ${cues.length} cues on ${options.host}:${qlab.port}`,
  );
  qlab.onFired(({ number, by }) => say({ msg: 'qlab.fired', number, by }, `cue ${number} fired (${by})`));
  await stopSignal();
  await qlab.close();
}

async function cuesOf(file: string): Promise<{ number: string; name: string }[]> {
  const result = await loadChecked(file);
  if (!result.ok) throw new BridgeError('CONFIG_INVALID', `${file} has problems: pacebuddy check ${file} tells them`);
  return qlabCues(result.bridge);
}
