/** A gateway on a free port over a show in memory, closed after the test. */
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayOptions, openGateway } from '../../src/gateway/gateway.js';
import type { AccessEntry } from '../../src/generated/types.js';
import { systemClock } from '../../src/kit/clock.js';
import { silentLog } from '../../src/kit/log.js';
import { MemoryShow } from './memory-show.js';

export const LIMITS = {
  frameBytesMax: 65_536,
  messagesPerSecond: 500,
  messagesBurst: 2000,
  clientsMax: 1000,
  bufferedBytesMax: 4_194_304,
};

export const ACCESS: AccessEntry[] = [
  { userId: 'u-sm', role: 'stageManager', displayName: 'Ana', token: 'token-of-ana' },
  { userId: 'u-dir', role: 'director', token: 'token-of-director' },
  { userId: 'u-perf', role: 'performer', token: 'token-of-performer' },
  { userId: 'u-perf-2', role: 'performer', token: 'token-of-performer-2' },
  { userId: 'u-booth', role: 'technician' },
];

export async function gatewayOver(
  options: Partial<GatewayOptions> & { show?: MemoryShow } = {},
): Promise<{ gateway: Gateway; show: MemoryShow; url: string }> {
  const { clock = systemClock(), show = new MemoryShow({ clock }) } = options;
  const gateway = await openGateway({
    listen: '127.0.0.1:0',
    allowedOrigins: [],
    heartbeatMs: 60_000,
    limits: LIMITS,
    devices: () => [],
    deviceIds: () => new Set(['pedal']),
    log: silentLog,
    ...options,
    clock,
    show,
  });
  show.publish = (entries, state) => gateway.publish(entries, state);
  onTestFinished(() => gateway.close());
  return { gateway, show, url: gateway.url };
}
