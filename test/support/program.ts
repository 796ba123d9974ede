import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/kit/package.js';

const cli = join(packageRoot, 'dist/src/cli/index.js');

/** What was started here and has not ended: nothing may outlive its test. */
const running = new Set<ChildProcess>();
function keptUntilItEnds<P extends ChildProcess>(child: P): P {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}
// The last resort, for a worker that ends before its tests do.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The programs that run now. */
export const programsRunning = (): ChildProcess[] => [...running];

/** `kill -9` for each of them that has not ended. Resolves when they have. */
export async function endPrograms(programs: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    programs
      .filter((child) => running.has(child))
      .map((child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        return ended;
      }),
  );
}

/** Runs `pacebuddy ARGS` to its end. @param program  another one than what was built here */
export async function pacebuddy(
  args: string[],
  env: Record<string, string> = {},
  program = cli,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = keptUntilItEnds(
    spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    }),
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** A line that a program printed, as JSON: of a daemon, one of its log. */
export type Line = Record<string, unknown> & { msg?: string };

/** `pacebuddy ARGS` as a process that prints JSON lines and goes on. */
export class Talking {
  readonly process: ChildProcess;
  readonly lines: Line[] = [];
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  readonly #waiting = new Set<{ fits: (line: Line) => boolean; found: (line: Line) => void }>();
  #errors = '';

  /**
   * @param as  the words before its own: Node, or somebody who starts it as somebody else
   * @param program  another one than what was built here
   */
  constructor(
    args: readonly string[],
    env: Record<string, string> = {},
    [first = process.execPath, ...words]: readonly string[] = [],
    program = cli,
  ) {
    if (!existsSync(cli)) throw new Error('the bridge is not built: npm run build');
    const child = keptUntilItEnds(
      spawn(first, [...words, program, ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      }),
    );
    this.process = child;
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
    child.stderr.on('data', (data) => {
      this.#errors += data;
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      this.lines.push(line);
      for (const waiter of this.#waiting) {
        if (!waiter.fits(line)) continue;
        this.#waiting.delete(waiter);
        waiter.found(line);
      }
    });
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** The first line, past or to come, that fits; rejects with what it said when it ends before that. */
  line(fits: (line: Line) => boolean): Promise<Line> {
    const past = this.lines.find(fits);
    if (past) return Promise.resolve(past);
    return Promise.race([
      new Promise<Line>((found) => this.#waiting.add({ fits, found })),
      this.ended.then((code) => {
        const said = this.lines.map((line) => JSON.stringify(line)).join('\n');
        throw new Error(`it ended (${code}):\n${said}\n${this.#errors}`);
      }),
    ]);
  }
}
