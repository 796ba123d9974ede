/** What the kernel says of the machine: who holds what, and what it costs. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** How many times slower this guest started than one whose machine does little else; never less than 1. See init.sh. */
export const slowness = Number(process.env.TEST_PATIENCE ?? 6) / 6;

const orElse = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Paths of a process's open files, sockets and pipes. */
export const openFiles = (pid: number | 'self'): string[] =>
  orElse(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) => orElse(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''));

/** How often all processes together have a file open whose path fits. */
export const holdersOf = (path: RegExp): number =>
  pids()
    .flatMap(openFiles)
    .filter((file) => path.test(file)).length;

/** Lines `Client 14 : "Midi Through" …` of the ALSA sequencer, without the system's own. */
export const sequencerClients = (): string[] =>
  orElse(() => readFileSync('/proc/asound/seq/clients', 'utf8'), '')
    .split('\n')
    .filter((line) => /^Client +\d+ : "(?!System")/.test(line));

/** Those that programs have opened, not the kernel's. */
export const programClients = (): string[] => sequencerClients().filter((line) => !line.includes('[Kernel'));

export interface Process {
  pid: number;
  words: string;
}

/** Processes whose command line or title fits. */
export const processes = (words: RegExp): Process[] =>
  pids()
    .map((pid) => ({
      pid,
      words: orElse(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').replaceAll('\0', ' '),
    }))
    .filter((process) => words.test(process.words));

/** Processor time that a process has used, in seconds. */
export function processorSeconds(pid: number): number {
  const fields = orElse(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
