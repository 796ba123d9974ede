import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const BESIDE_THE_CODE = ['src/**/*.test.ts', 'adapters/**/*.test.ts'];
/** A driver in a process of its own runs what was built. */
const needsBuild = (file: string) => readFileSync(file, 'utf8').includes('support/isolated-rig');
/** Node 20 has no globSync. */
const besideTheCode = () =>
  ['src', 'adapters'].flatMap((folder) =>
    readdirSync(new URL(folder, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
const setupFiles = ['test/support/ends-with-its-test.ts'];

/**
 * `bridge` needs Node alone; `fast` is what of it stands beside the code and needs no build; `peers` talks to other
 * people's programs (liblo-tools, socat, tshark). test/hardware is run inside a guest by a runner of its own.
 */
export default defineConfig({
  test: {
    // Most tests wait for other processes: no core is kept free for the one that looks on.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'bridge',
          include: [...BESIDE_THE_CODE, 'test/**/*.test.ts'],
          exclude: ['test/wire/**', 'test/browser/**', 'test/hardware/**'],
          testTimeout: 20_000,
          setupFiles,
        },
      },
      {
        test: {
          name: 'fast',
          include: BESIDE_THE_CODE,
          exclude: besideTheCode().filter(needsBuild),
          testTimeout: 20_000,
        },
      },
      { test: { name: 'peers', include: ['test/wire/**/*.test.ts'], testTimeout: 30_000, setupFiles } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, setupFiles } },
    ],
  },
});
