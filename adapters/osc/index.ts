import { defineAdapter } from '../../src/adapter-sdk/define-adapter.js';

export default defineAdapter({
  contract: 1,
  kind: 'osc',
  schema: new URL('./config.schema.json', import.meta.url),
  adapter: async () => (await import('./adapter.js')).oscAdapter,
  validators: () => import('./generated/validators.js'),
  wire: async () => (await import('./adapter.js')).wire(),
  simulator: async () => ({ ...(await import('./simulator.js')), ...(await import('./console-simulator.js')) }),
});
