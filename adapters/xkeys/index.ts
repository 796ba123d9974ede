import { defineAdapter } from '../../src/adapter-sdk/define-adapter.js';

export default defineAdapter({
  contract: 1,
  kind: 'xkeys',
  schema: new URL('./config.schema.json', import.meta.url),
  adapter: async () => (await import('./adapter.js')).xkeysAdapter,
  validators: () => import('./generated/validators.js'),
  simulator: () => import('./simulator.js'),
});
