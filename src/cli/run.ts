import { join } from 'node:path';
import pretty from 'pino-pretty';
import { formatProblem } from '../config/problems.js';
import { toBridgeError } from '../kit/errors.js';
import { createLog, type Log } from '../kit/log.js';
import { packageRoot } from '../kit/package.js';
import { type Bridge, type LoadResult, loadChecked, startBridge } from '../main.js';
import { EXIT } from './exit.js';

export const pagesDir = join(packageRoot, 'dist', 'views');

/** Runs the bridge until it is told to stop. */
export async function run(file: string, options: { logLevel?: string; json?: boolean }): Promise<void> {
  const human = process.stdout.isTTY && !options.json;
  const level = options.logLevel ?? 'info';
  const log = createLog(
    human
      ? { level, destination: pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', sync: true }) }
      : { level },
  );
  const result = await loadChecked(file);
  tellProblems(result, log);
  if (!result.ok) {
    process.exitCode = EXIT.refused;
    return;
  }
  let bridge: Bridge;
  try {
    bridge = await startBridge({ checked: result.bridge, log, pagesDir });
  } catch (thrown) {
    const error = toBridgeError(thrown);
    log.fatal(
      { code: error.code, detail: error.message, hint: error.hint, err: error.code === 'INTERNAL' ? error : undefined },
      'bridge.failed',
    );
    process.exitCode = EXIT.refused;
    return;
  }
  log.info(
    { url: bridge.url, show: result.bridge.config.show.id, seq: bridge.sequencer.lastEventSeq },
    'bridge.started',
  );

  process.on('SIGHUP', () => void reload(file, bridge, log));
  await stopSignal();
  log.info({}, 'bridge.stopping');
  for (const failure of await bridge.close())
    log.error({ code: failure.code, detail: failure.message }, 'bridge.stop-failed');
  log.info({ seq: bridge.sequencer.lastEventSeq }, 'bridge.stopped');
  log.flush?.();
  process.exit(EXIT.done);
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT.refused));
        resolve();
      });
    }
  });
}

async function reload(file: string, bridge: Bridge, log: Log): Promise<void> {
  const result = await loadChecked(file);
  tellProblems(result, log);
  if (!result.ok) {
    log.error({ code: 'CONFIG_INVALID', detail: 'the bridge file has problems; the old one stays' }, 'config.refused');
    return;
  }
  for (const reason of await bridge.reload(result.bridge)) {
    log.warn({ code: 'CONFIG_RESTART_NEEDED', detail: `${reason} changes at the next start` }, 'config.kept');
  }
  log.info({ file }, 'config.reloaded');
}

function tellProblems(result: LoadResult, log: Log): void {
  for (const problem of result.ok ? result.warnings : result.problems) {
    const facts = { code: problem.code, place: formatProblem(problem, {}) };
    if (problem.severity === 'error') log.error(facts, 'config.problem');
    else log.warn(facts, 'config.warning');
  }
}
