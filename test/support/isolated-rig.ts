/** Native drivers in processes of their own, as the tests start and look at them. They run what was built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, AdapterIo, Connection, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/rig.js';
import { isolate } from '../../src/devices/drivers/isolated-adapter.js';
import { packageRoot } from '../../src/kit/package.js';
import { keptLog, type LogLine } from './log-lines.js';

/** An adapter of this build, isolated. */
export const isolated = (adapter: Adapter): Adapter =>
  isolate(adapter, { module: join(packageRoot, 'dist/adapters', adapter.kind, 'adapter.js') });

const misbehavingModule = join(packageRoot, 'test/support/misbehaving-adapter.mjs');

/** The bridge's half of misbehaving-adapter.mjs. */
const misbehavingHere: Adapter = {
  kind: 'misbehaving',
  summarise: (command) => `do ${command.do}`,
  connect: () => Promise.reject(new Error('it runs in another process')),
};
const misbehaving = (): Adapter => isolate(misbehavingHere, { module: misbehavingModule });

/** The same, for a machine whose devices come and go as files of this folder. */
export const pausingAdapter = (deviceFolder: string): Adapter =>
  isolate(misbehavingHere, { module: misbehavingModule, deviceFolders: [deviceFolder] });

/** An adapter of misbehaving-adapter.mjs whose list does a deed of it. */
export const misbehavingLister = (deed: string): Adapter =>
  isolate(
    {
      kind: `lists-${deed}`,
      summarise: () => '',
      connect: () => Promise.reject(new Error('it only lists')),
      list: () => Promise.reject(new Error('it runs in another process')),
    },
    { module: misbehavingModule },
  );

export interface Patient {
  connection: Connection;
  inputs: Input[];
  /** Its process. */
  pid: number;
}

/** A device of one adapter, and what its log kept. */
export class PatientBench {
  readonly adapter: Adapter;
  /** What the rules for each of its devices wait for. */
  patterns: readonly Pattern[] = [];
  readonly #kept = keptLog();
  readonly #open: Connection[] = [];

  constructor(adapter: Adapter = misbehaving()) {
    this.adapter = adapter;
  }

  /** Lines of that name that the driver's device has in the bridge's log. */
  logged(name: string): LogLine[] {
    return this.#kept.named(name);
  }

  io(device: string): AdapterIo {
    return { ...testIo(device, this.patterns), log: this.#kept.log.child({ device }) };
  }

  async connect(config: object = {}, device = 'patient', signal = new AbortController().signal): Promise<Patient> {
    const connection = await this.adapter.connect({ ...config }, this.io(device), signal);
    this.#open.push(connection);
    const inputs: Input[] = [];
    connection.onInput((input) => inputs.push(input));
    return { connection, inputs, pid: Number(connection.health().detail) };
  }

  async end(): Promise<void> {
    await Promise.all(this.#open.map((connection) => connection.close()));
  }
}

/** Whether there is such a process and it runs: on Linux an orphan that has ended waits for init to take note of it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
