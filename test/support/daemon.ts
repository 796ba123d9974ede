import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/src/cli/index.js');

/** A line of the daemon's log. */
export type LogLine = Record<string, unknown> & { msg?: string };

/** The built bridge as a process of its own, as a theatre runs it. */
export interface Daemon {
  readonly url: string;
  readonly process: ChildProcess;
  readonly lines: LogLine[];
  /** Resolves with the first log line, past or to come, that `pick` accepts; rejects when the daemon ends before it. */
  line(pick: (line: LogLine) => boolean): Promise<LogLine>;
  /** Asks it to stop. @returns its exit code */
  stop(): Promise<number | null>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** Starts `pacebuddy run FILE` and waits until it takes clients. Rejects with the log when it ends instead. */
export async function startDaemon(
  file: string,
  env: Record<string, string> = {},
  options: readonly string[] = [],
): Promise<Daemon> {
  if (!existsSync(cli)) throw new Error('the bridge is not built: npm run build');
  const child = spawn(process.execPath, [cli, 'run', file, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const lines: LogLine[] = [];
  const waiting = new Set<{ pick: (line: LogLine) => boolean; found: (line: LogLine) => void }>();
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    for (const waiter of waiting) {
      if (!waiter.pick(line)) continue;
      waiting.delete(waiter);
      waiter.found(line);
    }
  });
  const line = (pick: (line: LogLine) => boolean): Promise<LogLine> => {
    const past = lines.find(pick);
    if (past) return Promise.resolve(past);
    return Promise.race([
      new Promise<LogLine>((found) => waiting.add({ pick, found })),
      exited.then((code) => {
        throw new Error(
          `the bridge ended (${code}):\n${lines.map((each) => JSON.stringify(each)).join('\n')}\n${errors}`,
        );
      }),
    ]);
  };
  const started = await line(({ msg }) => msg === 'bridge.started');
  return {
    url: String(started.url),
    process: child,
    lines,
    line,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
