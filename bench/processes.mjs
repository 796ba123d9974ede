/** Programs that the bench runs as processes of their own, and folders that go with the run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A file of this folder, as a path. */
export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * A process that prints lines of JSON.
 * @param pick  called with each line until it returns something: then the process is ready.
 * @returns the process, what was picked, and `next()`, which resolves with the next line after that.
 */
export async function start(command, args, pick, env = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  let onLine;
  const ready = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}`)));
    onLine = (line) => {
      const found = pick(line);
      if (found !== undefined) resolve(found);
    };
  });
  // A pile of lines that nobody asked for is not kept.
  createInterface({ input: child.stdout }).on('line', (line) => onLine?.(JSON.parse(line)));
  const found = await ready;
  onLine = undefined;
  const next = () =>
    new Promise((resolve) => {
      onLine = (line) => {
        onLine = undefined;
        resolve(line);
      };
    });
  return { child, found, next };
}

export const startNode = (args, pick, env) => start(process.execPath, args, pick, env);

export async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** A folder that is there while `work` runs. */
export async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** MiB that only this process holds, and all that it has mapped; undefined where the system does not tell. */
export function memoryOf(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const mib = (name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(rollup)?.[1]) / 1024;
    return { own: mib('Private_Dirty') + mib('Private_Clean'), resident: mib('Rss') };
  } catch {
    return undefined;
  }
}
