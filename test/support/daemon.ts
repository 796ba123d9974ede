import type { ChildProcess } from 'node:child_process';
import { type Line, Talking } from './program.js';

/** The built bridge as a process of its own, as a theatre runs it. */
export interface Daemon {
  readonly url: string;
  readonly process: ChildProcess;
  /** Its log. */
  readonly lines: readonly Line[];
  /** Resolves with the first log line, past or to come, that fits; rejects when the daemon ends before it. */
  line(fits: (line: Line) => boolean): Promise<Line>;
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
  as: readonly string[] = [],
): Promise<Daemon> {
  const program = new Talking(['run', file, ...options], env, as);
  const started = await program.line(({ msg }) => msg === 'bridge.started');
  return {
    url: String(started.url),
    process: program.process,
    lines: program.lines,
    line: (fits) => program.line(fits),
    stop: () => {
      program.process.kill('SIGTERM');
      return program.ended;
    },
    kill: async () => {
      program.process.kill('SIGKILL');
      await program.ended;
    },
  };
}
