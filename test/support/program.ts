import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './daemon.js';

const cli = join(root, 'dist/src/cli/index.js');

/** Runs `pacebuddy ARGS` to its end. */
export async function pacebuddy(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
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

/** `pacebuddy ARGS` as a process that prints JSON lines and goes on. */
export class Talking {
  readonly process: ChildProcess;
  readonly lines: Record<string, unknown>[] = [];
  readonly #wake = new Set<() => void>();

  constructor(args: string[]) {
    this.process = spawn(process.execPath, [cli, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
      for (const wake of this.#wake) wake();
      this.#wake.clear();
    });
    this.process.once('exit', () => {
      for (const wake of this.#wake) wake();
    });
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** The first line, past or to come, that fits. @throws when it ended before that */
  async line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.lines.find(fits);
      if (found) return found;
      if (this.process.exitCode !== null)
        throw new Error(`it ended with ${this.process.exitCode}: ${JSON.stringify(this.lines.slice(-3))}`);
      await new Promise<void>((resolve) => this.#wake.add(resolve));
    }
  }

  async ended(): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode;
    const [code] = (await once(this.process, 'exit')) as [number | null];
    return code;
  }
}
