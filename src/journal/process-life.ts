import * as fs from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from all others, on this machine and elsewhere. Empty where the system does not say. */
export interface Process {
  pid: number;
  host: string;
  /** Of the machine's running kernel: another one after each start, the same in all its containers. */
  boot: string;
  /** Within which `pid` means this process: each container has its own. */
  namespace: string;
  /** When it began, in the kernel's ticks. */
  start: string;
}

/** File systems that one machine has at a time: a holder from before its last start is dead. statfs(2), f_type. */
const LOCAL_FILE_SYSTEMS: readonly number[] = [
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0xf2f52010, // F2FS
  0x01021994, // tmpfs
  0x2fc12fc1, // ZFS
];

function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return '';
  }
}

/** proc(5): the name, in brackets, may hold anything; behind it come the state, and as 18th and 20th threads and start time. */
function statOf(pid: number | 'self'): { state: string; threads: number; start: string } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields && { state: fields[0] ?? '', threads: Number(fields[17]), start: fields[19] ?? '' };
}

export function thisProcess(): Process {
  // Without a /proc of its own, a container reads there of other processes than those it can name.
  const isOwn = linkOf('/proc/self') === String(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    namespace: isOwn ? linkOf('/proc/self/ns/pid') : '',
    start: (isOwn && statOf('self')?.start) || '',
  };
}

function isLocal(path: string): boolean {
  try {
    return LOCAL_FILE_SYSTEMS.includes(fs.statfsSync(path).type);
  } catch {
    return false;
  }
}

/**
 * Whether a process lives, as far as this one can know.
 * @param path  a file that it wrote.
 * @returns unknown: it is, or may be, in another container or on another machine.
 */
export function judge(holder: Process, path: string): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  if (here.boot === '' || holder.boot === '') {
    return holder.host === here.host && here.boot === holder.boot && isGone(holder.pid) ? 'dead' : 'unknown';
  }
  if (holder.boot !== here.boot) return isLocal(path) ? 'dead' : 'unknown';
  if (holder.namespace === '' || holder.namespace !== here.namespace) return 'unknown';
  if (isGone(holder.pid)) return 'dead';
  const stat = statOf(holder.pid);
  if (!stat) return 'unknown';
  if (stat.start !== holder.start) return 'dead';
  if (stat.state !== 'Z' && stat.state !== 'X') return 'alive';
  // A zombie holds no file any more, whether or not somebody asks for its exit code; but a thread of it may hang in a write.
  return stat.threads > 1 ? 'unknown' : 'dead';
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
