import { defineAdapter } from 'pacebuddy-bridge/adapter';

export default defineAdapter({
  contract: 1,
  kind: 'artnet',
  schema: new URL('../config.schema.json', import.meta.url),
  adapter: async () => (await import('./adapter.js')).artnetAdapter,
  simulator: () => import('./simulator.js'),
});
