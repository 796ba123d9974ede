import { type Finding, wrong } from '../config/problems.js';
import type { BridgeConfig, InputRule, OutputRule } from '../generated/types.js';
import { isLoopback } from '../kit/loopback.js';
import type { Pattern } from '../mapping/inputs.js';

/** What the adapters say of where a command may come back. */
export interface LoopChecks {
  /** Where on the network a device is, and where the bridge listens for it. */
  placeOf?: (device: string) => { host?: string; port?: number; listen?: string } | undefined;
  /** Whether what the command does at the device may come back from it as a press that fits the pattern. */
  comesBack?: (device: string, command: Readonly<Record<string, unknown>>, pattern: Pattern) => boolean;
}

/** An address to listen on that stands for all of this machine’s, or one that only this machine has. */
const isThisMachine = (host: string): boolean => host === '0.0.0.0' || host === '::' || isLoopback(host);

/**
 * A cue that may come back as a press plays the show by itself: a device that says again what it was sent, an output that is
 * sent to where the bridge itself listens, and two entries on one host, of which one is sent cues and the other presses GO.
 */
export function lintLoops({ devices, inputs, outputs }: BridgeConfig, checks: LoopChecks): Finding[] {
  const cues = outputs.filter(({ event }) => event === 'CueAdvanced');
  return inputs.flatMap((rule, index) => {
    if (rule.propose !== 'CueAdvanced') return [];
    const { device } = rule.when;
    for (const output of cues) {
      if (devices[device]?.backupOf === output.send.device) continue;
      const how = comesBack(rule, output, checks);
      if (how === undefined) continue;
      const message = `a cue may come back as a press: ${output.id} ${how}, and ${rule.id} makes a GO of it`;
      return [wrong(`/inputs/${index}/when`, 'CONFIG_LOOP', message, { severity: 'warn' })];
    }
    return [];
  });
}

/** How what the output sends may come back to the input rule; undefined when nothing says that it does. */
function comesBack(
  { when: { device: from, ...pattern } }: InputRule,
  { send: { device: to, ...command } }: OutputRule,
  checks: LoopChecks,
): string | undefined {
  if (from === to) {
    return checks.comesBack?.(to, command, pattern) ? `sends ${to} what it may say again` : undefined;
  }
  const sent = checks.placeOf?.(to);
  const heard = checks.placeOf?.(from);
  if (sent?.host === undefined || !heard) return undefined;
  const [, listenHost = '', listenPort] = /^(.*):(\d+)$/.exec(heard.listen ?? '') ?? [];
  if (listenPort !== undefined && Number(listenPort) === sent.port && isThisMachine(sent.host)) {
    if (isOne(sent.host, listenHost.replace(/^\[|\]$/g, ''))) return `is sent to where the bridge listens for ${from}`;
  }
  if (heard.host !== undefined && isOne(heard.host, sent.host)) {
    return `is sent to ${to} at ${sent.host}, where ${from} is as well`;
  }
  return undefined;
}

const isOne = (a: string, b: string): boolean =>
  a.toLowerCase() === b.toLowerCase() || (isThisMachine(a) && isThisMachine(b));
