/** MIDI ports for the built bridge, whose drivers' processes load virtual-midi.mjs in the place of the native library. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, VirtualHub } from './virtual-hub.js';

/** One message that came out of a port, and when: on the machine's own clock, see machineMs(). */
export interface Sent {
  port: string;
  bytes: Uint8Array;
  atMs: number;
}

export class VirtualMidi {
  /** What came out of the ports, in order. */
  readonly sent: Sent[] = [];
  readonly #folder: string;
  readonly #hub: VirtualHub;
  readonly #inputs = new Map<string, Set<Caller>>();

  private constructor(folder: string, hub: VirtualHub) {
    this.#folder = folder;
    this.#hub = hub;
  }

  static async open(...ports: string[]): Promise<VirtualMidi> {
    const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-midi-'));
    const hub = await VirtualHub.open('midi', (caller) => midi.#take(caller));
    const midi = new VirtualMidi(folder, hub);
    for (const port of ports) await midi.plug(port);
    return midi;
  }

  /** For the bridge that is to have these ports. */
  get env(): Record<string, string> {
    return this.#hub.env({ VIRTUAL_MIDI_PORTS: this.#folder });
  }

  async plug(port: string): Promise<void> {
    await writeFile(join(this.#folder, port), '');
  }

  /** Tells nobody; whoever has it open has a dead port. */
  async unplug(port: string): Promise<void> {
    await rm(join(this.#folder, port));
  }

  /** Whether somebody hears this port. */
  isHeard(port: string): boolean {
    return (this.#inputs.get(port)?.size ?? 0) > 0;
  }

  /** The device plays these bytes. */
  play(port: string, bytes: Uint8Array): void {
    for (const caller of this.#inputs.get(port) ?? []) caller.tell({ hex: Buffer.from(bytes).toString('hex') });
  }

  async close(): Promise<void> {
    await this.#hub.close();
    await rm(this.#folder, { recursive: true });
  }

  #take(caller: Caller): void {
    let port = '';
    caller.onGone(() => this.#inputs.get(port)?.delete(caller));
    caller.onMessage((message: { open?: string; port?: string; hex?: string; atMs?: number }) => {
      if (message.port !== undefined) port = message.port;
      if (message.open === 'input') {
        const heard = this.#inputs.get(port) ?? new Set();
        this.#inputs.set(port, heard.add(caller));
      }
      if (message.hex === undefined || message.atMs === undefined) return;
      this.sent.push({ port, bytes: Buffer.from(message.hex, 'hex'), atMs: message.atMs });
    });
  }
}
