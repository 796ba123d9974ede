/**
 * MIDI ports in memory that behave as ALSA's do: names end in a client number that a replug may change,
 * an unplug tells nobody, a dead port takes every byte and hears nothing, and each object stays a client until it is
 * destroyed.
 */
import type { MidiDriver, MidiOutPort, MidiPort } from './driver.js';

/** ALSA has room for so many clients of all programs together (the 65th list failed, measured). */
const CLIENTS_MAX = 64;

/** One port of a device, both ways. */
interface SimulatedPort {
  name: string;
  number: number;
  isPlugged: boolean;
}

/** A driver that knows one device with one port. Plugged in when made. */
export class SimulatedMidi implements MidiDriver {
  /** What the device got, message by message, over all openings. */
  readonly received: Uint8Array[] = [];
  /** What listing fails with, as RtMidi says it. */
  listFailure: Error | undefined;
  /** What sending fails with. */
  sendFailure: Error | undefined;
  /** How often the ports were listed. */
  listings = 0;
  /** Whether this system tells that ports came or went. */
  tellsChanges: boolean;
  /** Other ports of this machine, by their full names. */
  readonly others: string[] = [];
  readonly #port: SimulatedPort;
  readonly #inputs = new Map<object, { isDead: boolean; onBytes: (bytes: Uint8Array) => void }>();
  readonly #outputs = new Map<object, { isDead: boolean }>();
  readonly #watchers = new Set<() => void>();

  constructor(name = 'Desk:Desk MIDI 1', { tellsChanges = true } = {}) {
    this.#port = { name, number: 20, isPlugged: true };
    this.tellsChanges = tellsChanges;
  }

  /** The device's port as it is listed now. */
  get fullName(): string {
    return `${this.#port.name} ${this.#port.number}:0`;
  }

  /** How many objects are clients of the system. */
  get clients(): number {
    return this.#inputs.size + this.#outputs.size;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  inputs = (): readonly string[] => this.#list('RtMidi Output Client:RtMidi Output 135:0');
  outputs = (): readonly string[] => this.#list('RtMidi Input Client:RtMidi Input 136:0');

  openInput(name: string, isVirtual: boolean, onBytes: (bytes: Uint8Array) => void): MidiPort {
    this.#check(name, isVirtual);
    const key = {};
    this.#inputs.set(key, { isDead: false, onBytes });
    return { close: () => void this.#inputs.delete(key) };
  }

  openOutput(name: string, isVirtual: boolean): MidiOutPort {
    this.#check(name, isVirtual);
    const key = {};
    const end = { isDead: false };
    this.#outputs.set(key, end);
    return {
      close: () => void this.#outputs.delete(key),
      send: (bytes) => {
        if (this.sendFailure) throw this.sendFailure;
        if (!end.isDead && this.#outputs.has(key)) this.received.push(Uint8Array.from(bytes));
      },
    };
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => void this.#watchers.delete(onChange);
  }

  /** The device plays these bytes, in the pieces given. */
  play(...pieces: (readonly number[] | Uint8Array)[]): void {
    for (const { isDead, onBytes } of [...this.#inputs.values()]) {
      if (isDead) continue;
      for (const piece of pieces) onBytes(Uint8Array.from(piece));
    }
  }

  /** No event, no error: what is open is dead from now on, also when the device comes back. */
  unplug(): void {
    this.#port.isPlugged = false;
    for (const end of [...this.#inputs.values(), ...this.#outputs.values()]) end.isDead = true;
    this.#tellChange();
  }

  replug({ isRenumbered = true } = {}): void {
    this.#port.isPlugged = true;
    if (isRenumbered) this.#port.number += 4;
    this.#tellChange();
  }

  #list(own: string): readonly string[] {
    this.listings += 1;
    if (this.listFailure) throw this.listFailure;
    if (this.clients >= CLIENTS_MAX) throw new Error('Failed to initialise RtMidi');
    const names = ['Midi Through:Midi Through Port-0 14:0', ...this.others];
    if (this.#port.isPlugged) names.push(this.fullName);
    return this.clients > 0 ? [...names, own] : names;
  }

  #check(name: string, isVirtual: boolean): void {
    if (!isVirtual && name !== this.fullName) throw new Error(`${name} is gone`);
    if (!this.#port.isPlugged && !isVirtual) throw new Error(`${name} is gone`);
  }

  #tellChange(): void {
    if (!this.tellsChanges) return;
    for (const watcher of [...this.#watchers]) watcher();
  }
}
