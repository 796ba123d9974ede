import { defineAdapter } from '../../src/adapter-sdk/define-adapter.js';

export default defineAdapter({
  contract: 1,
  kind: 'qlab',
  schema: new URL('./config.schema.json', import.meta.url),
  adapter: async () => (await import('./adapter.js')).qlabAdapter,
  validators: () => import('./generated/validators.js'),
  wire: async () => (await import('./adapter.js')).wire(),
  simulator: () => import('./simulator.js'),
});
