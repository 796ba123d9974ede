import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('log-writer.mjs', import.meta.url));

type Answer = { opened?: number; stored?: number; closed?: boolean; refused?: string; message?: string };

/** A process that writes a log; see log-writer.mjs. */
export class LogWriter {
  readonly process: ChildProcess;
  readonly #answers: Interface;
  readonly #ended: Promise<never>;
  #errors = '';

  /** @param before  the words before its own, such as those that put it into a container. */
  constructor(folder: string, before: readonly string[] = []) {
    const [first, ...words] = [...before, process.execPath, program, folder];
    this.process = spawn(first as string, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr?.on('data', (data) => {
      this.#errors += data;
    });
    this.#ended = once(this.process, 'exit').then(([code]) => {
      throw new Error(`the writer ended (${code}): ${this.#errors}`);
    });
    this.#ended.catch(() => undefined);
    this.#answers = createInterface({ input: this.process.stdout as NodeJS.ReadableStream });
  }

  /** In a PID namespace of its own, as a container is. */
  static inContainer(folder: string): LogWriter {
    return new LogWriter(folder, ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']);
  }

  tell(word: 'open' | 'append' | 'close'): void {
    this.process.stdin?.write(`${word}\n`);
  }

  /** Its next answer; rejects with what it said when it ends instead, for instance where `unshare` is not permitted. */
  async answer(): Promise<Answer> {
    const [line] = (await Promise.race([once(this.#answers, 'line'), this.#ended])) as [string];
    return JSON.parse(line) as Answer;
  }

  ask(word: 'open' | 'append' | 'close'): Promise<Answer> {
    this.tell(word);
    return this.answer();
  }

  /** The process numbers of those that it started, as this process names them. */
  get children(): number[] {
    const { pid } = this.process;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}
