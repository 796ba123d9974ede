import { basename, join } from 'node:path';
import { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import pretty from 'pino-pretty';
import { Bridge, type LoadResult } from '../app/bridge.js';
import { loadChecked } from '../app/registry.js';
import { formatProblem, type Problem } from '../config/problems.js';
import { systemClock } from '../kit/clock.js';
import { toBridgeError } from '../kit/errors.js';
import { createLog, type Log, type LogOutput, standardOutput } from '../kit/log.js';
import { packageRoot } from '../kit/package.js';
import { EXIT } from './exit.js';
import { loadApart } from './load-apart.js';
import { hearSignals } from './signals.js';

export const pagesDir = join(packageRoot, 'dist', 'views');

/** How long the last lines may take, in milliseconds. */
const LAST_LINES_MS = 300;

// A show rests for minutes: what was compiled for the last GO must still be there for the next one.
setFlagsFromString('--no-flush-bytecode');

/** Runs the bridge until it is told to stop. */
export async function run(file: string, options: { logLevel?: string; json?: boolean }): Promise<void> {
  const human = process.stdout.isTTY && !options.json;
  const level = options.logLevel ?? 'info';
  const output = standardOutput();
  const destination = human
    ? pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', sync: true, destination: writableTo(output) })
    : output.destination;
  const log = createLog({ level, destination });
  const leave = async (code: number): Promise<never> => {
    await output.settle(systemClock(), LAST_LINES_MS);
    process.exit(code);
  };
  const signals = hearSignals();
  const result = await loadChecked(file);
  tellProblems(result, log);
  if (!result.ok) return leave(EXIT.refused);
  let bridge: Bridge;
  try {
    bridge = await Bridge.start({ checked: result.bridge, log, pagesDir });
  } catch (thrown) {
    const error = toBridgeError(thrown);
    log.fatal(
      { code: error.code, detail: error.message, hint: error.hint, err: error.code === 'INTERNAL' ? error : undefined },
      'bridge.failed',
    );
    return leave(EXIT.refused);
  }
  log.info(
    { url: bridge.url, show: result.bridge.config.show.id, seq: bridge.sequencer.lastEventSeq },
    'bridge.started',
  );

  const life = new AbortController();
  let reloading = Promise.resolve();
  signals.onReload(() => {
    // One after the other, so that the newest file is the last; whatever fails in it, the show goes on.
    reloading = reloading
      .then(() => reload(file, bridge, log, life.signal))
      .catch((thrown: unknown) => {
        const { code, message } = toBridgeError(thrown);
        log.error({ code, detail: message }, 'config.reload-failed');
        bridge.reloadRefused(`${basename(file)} could not be loaded: ${message}`);
      });
  });
  await signals.stopped;
  life.abort();
  log.info({}, 'bridge.stopping');
  for (const failure of await bridge.close())
    log.error({ code: failure.code, detail: failure.message }, 'bridge.stop-failed');
  log.info({ seq: bridge.sequencer.lastEventSeq }, 'bridge.stopped');
  await leave(EXIT.done);
}

function writableTo({ destination }: LogOutput): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      destination.write(String(chunk));
      done();
    },
  });
}

async function reload(file: string, bridge: Bridge, log: Log, signal: AbortSignal): Promise<void> {
  const result = await loadApart(file, systemClock());
  if (signal.aborted) return;
  tellProblems(result, log);
  if (!result.ok) {
    const why = refusalWords(file, result.problems);
    log.error({ code: 'CONFIG_RELOAD_REFUSED', detail: why }, 'config.refused');
    bridge.reloadRefused(why);
    return;
  }
  for (const reason of await bridge.reload(result.bridge)) {
    log.warn({ code: 'CONFIG_RESTART_NEEDED', detail: `${reason} changes at the next start` }, 'config.kept');
  }
  log.info({ file }, 'config.reloaded');
}

/** Why a file was refused: its first error with its place, and how many more there are. */
function refusalWords(file: string, problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const where = first ? `${basename(first.file)}:${first.line}:${first.column} ${first.message}` : 'it has problems';
  const more = errors.length > 1 ? `; and ${errors.length - 1} more` : '';
  return `${basename(file)} was refused, the old one stays: ${where}${more}`;
}

function tellProblems(result: LoadResult, log: Log): void {
  for (const problem of result.ok ? result.warnings : result.problems) {
    const facts = { code: problem.code, place: formatProblem(problem, {}) };
    if (problem.severity === 'error') log.error(facts, 'config.problem');
    else log.warn(facts, 'config.warning');
  }
}
