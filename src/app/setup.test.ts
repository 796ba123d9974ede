import { expect, test } from 'vitest';
import { output, stateAt } from '../../test/support/mapping-show.js';
import type { CheckedBridge } from './load-bridge.js';
import { loadAdapters } from './registry.js';
import { Setup } from './setup.js';

test('the adapter says which cue a command fires; one that it cannot read fires none', async () => {
  await loadAdapters(['qlab']);
  const fired = (send: Record<string, unknown>) => {
    const outputs = [output({ call: 'sound', send: { device: 'q', ...send } })];
    const config = { devices: { q: { adapter: 'qlab' } }, inputs: [], outputs };
    return new Setup({ config } as unknown as CheckedBridge).mapping.callFired('q', '10', stateAt())?.cueId;
  };
  expect(fired({ start: '$call.number' })).toBe('cue-1');
  expect(fired({ nonsense: '$call.number' })).toBeUndefined();
});
