/**
 * What the public doors of the package hold, as text: docs/api/*.api.md, one for each door that package.json exports.
 * `npm run api` writes them; with --check nothing is written, and a door that is another than its report fails.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** A door with a build of its own for Node is the one that Node gets: it holds the other's names and more. */
const doors = Object.entries(exports)
  .map(([door, { node, types } = {}]) => ({ name: door.slice(2).replaceAll('/', '-'), types: node?.types ?? types }))
  .filter(({ types }) => types);

// The declarations of today's sources, whatever was built last.
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json', '--emitDeclarationOnly'],
  { cwd: root, stdio: 'inherit' },
);
if (status !== 0) process.exit(1);
for (const name of readdirSync(`${root}src/generated`).filter((file) => file.endsWith('.d.ts')))
  cpSync(`${root}src/generated/${name}`, `${root}dist/src/generated/${name}`);

const temporary = mkdtempSync(join(tmpdir(), 'pacebuddy-api-'));
const stale = doors.filter(({ name, types }) => !isFresh(name, types)).map(({ name }) => name);
rmSync(temporary, { recursive: true });
if (check && stale.length > 0) {
  console.error(`docs/api: what ${stale.join(' and ')} exports is another: npm run api, look at what changed, commit`);
  process.exit(1);
}
console.log(
  check ? 'docs/api is fresh' : `docs/api: ${stale.length > 0 ? `wrote ${stale.join(', ')}` : 'nothing changed'}`,
);

function isFresh(name, types) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: `${root}${types.slice(2)}`,
      // TypeScript 7 emits what the extractor's own compiler is to read without any settings of ours.
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2023', 'dom', 'dom.iterable'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
            types: ['node'],
          },
          files: [`${root}${types.slice(2)}`],
        },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: `${name}.api.md`,
        reportFolder: `${root}docs/api`,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    packageJsonFullPath: `${root}package.json`,
    configObjectFullPath: undefined,
  });
  let hasFailed = false;
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel !== ExtractorLogLevel.Error) return;
      hasFailed = true;
      console.error(message.text);
    },
  });
  if (hasFailed) throw new Error(`the declarations of ${name} cannot be read`);
  return !apiReportChanged;
}
