/** HID devices for drivers in processes of their own: see virtual-hid.mjs. The test holds the simulators, and sees them. */
import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { wordsOf } from '../../src/kit/errors.js';
import { type Caller, isolatedWith, VirtualHub } from './virtual-hub.js';

/** The simulators' common part, at the level of node-hid. */
export interface HidMachine {
  devices(): Promise<readonly object[]>;
  open(path: string): Promise<HidEnd>;
}

interface HidEnd {
  on(event: 'data', listener: (report: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  write?(report: number[]): Promise<unknown>;
  close(): Promise<void>;
}

export class VirtualHid {
  readonly #hub: VirtualHub;

  private constructor(hub: VirtualHub) {
    this.#hub = hub;
  }

  static async make(machine: HidMachine): Promise<VirtualHid> {
    return new VirtualHid(await VirtualHub.open('hid', (caller) => serve(machine, caller)));
  }

  /** For the process that is to find the devices, and those that it starts. */
  get env(): Record<string, string> {
    return this.#hub.env();
  }

  /** The adapter in a process of its own, which finds these devices. */
  isolate(adapter: Adapter): Adapter {
    return isolatedWith(() => this.env, adapter);
  }

  close(): Promise<void> {
    return this.#hub.close();
  }
}

function serve(machine: HidMachine, caller: Caller): void {
  let end: HidEnd | undefined;
  let isGone = false;
  const take = async ({ list, open, write }: { list?: true; open?: string; write?: string }): Promise<void> => {
    if (list) caller.tell({ devices: await machine.devices() });
    if (open !== undefined) {
      end = await machine.open(open);
      if (isGone) return await end.close();
      end.on('data', (report) => caller.tell({ report: Buffer.from(report).toString('hex') }));
      end.on('error', (error) => caller.tell({ error: wordsOf(error) }));
      caller.tell({ opened: true });
    }
    if (write !== undefined) await end?.write?.([...Buffer.from(write, 'hex')]).catch(() => undefined);
  };
  caller.onMessage((message) => void take(message).catch((error) => caller.tell({ failed: wordsOf(error) })));
  caller.onGone(() => {
    isGone = true;
    void end?.close().catch(() => undefined);
  });
}
