import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A network of its own with nothing but loopback in it, for programs that would listen on every network of the machine.
 * Linux: a user and a network namespace, which need no root. Rejects where the system allows neither.
 */
export class LoopbackHouse {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<LoopbackHouse> {
    const holder = spawn('unshare', ['-rn', 'sh', '-c', 'ip link set lo up && echo open && exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    holder.stderr.on('data', (data) => {
      said += data;
    });
    const ended = once(holder, 'exit').then(([code]) => {
      throw new Error(`no network namespace can be made (${code}): ${said}`);
    });
    await Promise.race([once(holder.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    return new LoopbackHouse(holder);
  }

  /** What a command line begins with to run in there. The process is the command's own. */
  get enter(): readonly string[] {
    return ['nsenter', '--preserve-credentials', '-U', '-n', '-t', String(this.#holder.pid)];
  }

  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const gone = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await gone;
  }
}
