import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CUT_MS } from '../../adapters/serial/codec.js';
import { systemClock } from '../../src/kit/clock.js';
import { eventually, within } from './waiting.js';

/** What comes now is no rest of a line that began before a port was opened. */
export async function portSettles(): Promise<void> {
  const { mono } = systemClock();
  const settledAt = mono() + CUT_MS;
  await eventually(() => mono() > settledAt, 'the port has settled');
}

/** A pty whose far end is socat's standard input and output. */
export class SocatBox {
  readonly path: string;
  readonly #folder: string;
  readonly #received: Buffer[] = [];
  #socat: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'tty');
  }

  static async plugged(): Promise<SocatBox> {
    const box = new SocatBox(await mkdtemp(join(tmpdir(), 'serial-')));
    await box.plug();
    return box;
  }

  async plug(): Promise<void> {
    const socat = spawn('socat', ['-', `PTY,link=${this.path},raw,echo=0`], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#socat = socat;
    let failure: Error | undefined;
    socat.on('error', (error) => {
      failure = error;
    });
    socat.stdin.on('error', () => undefined);
    socat.stdout.on('data', (bytes) => {
      this.#received.push(bytes);
    });
    await eventually(() => failure !== undefined || existsSync(this.path), 'the pty of socat');
    if (failure) throw new Error('socat is needed (Debian: socat)', { cause: failure });
  }

  /** All bytes that reached the box, over all cables. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** The box says something; resolves when it left for socat. Nobody hears it while the cable is out. */
  async say(bytes: string | Uint8Array): Promise<void> {
    const { stdin } = this.#socat ?? {};
    if (stdin) await new Promise<void>((resolve) => stdin.write(bytes, () => resolve()));
  }

  /** What socat has written so far, in bytes; Linux only. */
  get passedOn(): number {
    const io = readFileSync(`/proc/${this.#socat?.pid}/io`, 'utf8');
    return Number(/^wchar: (\d+)$/m.exec(io)?.[1]);
  }

  /** The box reads nothing more, and then goes on: what was written meanwhile stands in the pty. */
  hold(): void {
    this.#socat?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#socat?.kill('SIGCONT');
  }

  async unplug(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (!socat || socat.exitCode !== null || socat.signalCode !== null) return;
    const exited = new Promise((resolve) => socat.once('exit', resolve));
    socat.kill('SIGKILL');
    await within(exited, 'the end of socat');
    // A killed socat leaves its link behind, pointing nowhere; udev would have taken it away.
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.unplug();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
