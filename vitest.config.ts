import { defineConfig } from 'vitest/config';

/**
 * `bridge` needs Node alone; `peers` talks to other people's programs (liblo-tools, socat, tshark). test/hardware is run
 * inside a guest by a runner of its own.
 */
export default defineConfig({
  test: {
    // Most tests wait for other processes: no core is kept free for the one that looks on.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'bridge',
          include: ['src/**/*.test.ts', 'adapters/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/wire/**', 'test/browser/**', 'test/hardware/**'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'peers', include: ['test/wire/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
