import { expect, test } from 'vitest';
import { output, stateAt } from '../../test/support/mapping-show.js';
import type { CheckedBridge } from './load-bridge.js';
import { loadAdapters } from './registry.js';
import { restartReasons, Setup } from './setup.js';

test('the adapter says which cue a command fires; one that it cannot read fires none', async () => {
  await loadAdapters(['qlab']);
  const fired = (send: Record<string, unknown>) => {
    const outputs = [output({ call: 'sound', send: { device: 'q', ...send } })];
    const config = { devices: { q: { adapter: 'qlab' } }, inputs: [], outputs };
    return new Setup({ config } as unknown as CheckedBridge).mapping.callFired('q', '10', false, stateAt())?.cueId;
  };
  expect(fired({ start: '$call.number' })).toBe('cue-1');
  expect(fired({ nonsense: '$call.number' })).toBeUndefined();
});

test('what takes a restart is told as long as it differs from what runs, and no longer', () => {
  const file = (fingerprint: string, listen: string) =>
    ({ config: { show: { id: 's' }, server: { listen } }, fingerprint, journalPath: 'd' }) as unknown as CheckedBridge;
  const running = file('a', '127.0.0.1:1');
  expect(restartReasons(running, file('b', '127.0.0.1:2'))).toEqual(['the show file', 'server.listen']);
  expect(restartReasons(running, file('a', '127.0.0.1:1'))).toEqual([]);
});
