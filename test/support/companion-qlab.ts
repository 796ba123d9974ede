/**
 * What Companion's QLab module (figure53-qlab-advance 2.14) asks a QLab, in its order and in the bytes of its own OSC
 * library (osc.js), and what it reads from the answers. Written from reading the module, whose status words these are.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import osc, { type WireArgument, type WireMessage } from 'osc/src/osc.js';
import { onTestFinished } from 'vitest';
import { encodeFrame, frameReader } from '../../src/wire/osc/framing.js';
import { eventually } from './waiting.js';

const KEYS =
  '["number","uniqueID","listName","type","mode","isPaused","duration","actionElapsed", "preWait", "postWait","parent",' +
  '"flagged","notes","autoLoad","colorName","isRunning","isAuditioning","isLoaded","armed",' +
  '"isBroken","continueMode","percentActionElapsed","cartPosition","infiniteLoop","holdLastFrame"]';
/** It asks for all of these, whichever QLab it is. */
const OVERRIDES = [
  ...['midiInput', 'midiOutput', 'mscInput', 'mscOutput', 'sysexInput', 'sysexOutput', 'oscOutput', 'timecodeInput'],
  ...['timecodeOutput', 'artNet', 'dmxOutput', 'networkExternalInput', 'networkExternalOutput', 'networkLocalInput'],
  'networkLocalOutput',
];

interface Told {
  address: string;
  status: string;
  data: unknown;
}

/** A cue as the module keeps it; what it would throw over throws here too. */
interface Cue {
  number: string;
  type: string;
  colorName: string;
  isRunning: boolean;
  armed: unknown;
}
const readCue = (json: Record<string, unknown>): Cue => ({
  number: String(json.number),
  type: (json.type as string).toLowerCase(),
  colorName: (json.colorName as string).toLowerCase(),
  isRunning: json.isRunning === true,
  armed: json.armed,
});

export interface CompanionOptions {
  port: number;
  passcode?: string;
  /** Its name or ID; left out: the default one, which is not named. */
  workspace?: string;
}

export class Companion {
  /** What it shows: one of its own status words. */
  status = 'No Workspaces';
  isPasscodeOk = false;
  showMode: unknown;
  auditMode: unknown;
  readonly overrides = new Map<string, unknown>();
  readonly cues = new Map<string, Cue>();
  readonly lists = new Map<string, string[]>();
  selected: string[] = [];
  nextCue = '';
  minGo: unknown;
  /** Addresses that were an error to it, but those about cues. */
  readonly errors: string[] = [];
  /** Replies, as they came. */
  readonly told: Told[] = [];
  readonly #write: (bytes: Uint8Array) => void;
  readonly #options: CompanionOptions;
  #hasWorkspace = false;
  #isDenied = false;

  constructor(options: CompanionOptions, write: (bytes: Uint8Array) => void) {
    this.#options = options;
    this.#write = write;
  }

  /** @param isBare  without the workspace that it is set to. */
  send(address: string, args: WireArgument[] = [], isBare = false): void {
    const { workspace } = this.#options;
    const prefix = isBare || workspace === undefined ? '' : `/workspace/${workspace}`;
    this.#write(osc.writePacket({ address: `${prefix}${address}`, args }, { metadata: true }));
  }

  /** Over UDP the passcode goes before every message. */
  sendOverUdp(address: string, args: WireArgument[] = []): void {
    const { passcode } = this.#options;
    if (passcode !== undefined) this.send('/connect', [{ type: 's', value: passcode }]);
    this.send(address, args);
  }

  /** The first that it says: before it knows anything. */
  greet(): void {
    const { passcode } = this.#options;
    this.send('/connect', [], true);
    this.send('/version', [], true);
    this.send('/workspaces', [], true);
    if (passcode === undefined) {
      this.isPasscodeOk = true;
      this.send('/connect');
    } else {
      this.send('/connect', [{ type: 's', value: passcode }]);
      this.send('/showMode');
    }
  }

  /** Five seconds later: what it asks of a workspace that let it in. @returns whether it does. */
  prime(): boolean {
    if (!this.#hasWorkspace || !this.isPasscodeOk || this.#isDenied) return false;
    this.send('/playheadID');
    this.send('/updates');
    this.send('/updates', [{ type: 'i', value: 1 }]);
    this.send('/cueLists');
    this.send('/selectedCues/uniqueIDs', [], true);
    this.send('/alwaysAudition', [], true);
    this.send('/auditionMonitors', [], true);
    this.send('/overrideWindow', [], true);
    this.send('/showMode');
    this.send('/liveFadePreview', [], true);
    this.send('/settings/general/minGoTime');
    for (const name of OVERRIDES) this.send(`/overrides/${name}Enabled`, [], true);
    return true;
  }

  /** What it asks four times a second while a cue runs. */
  poll(): void {
    this.send('/overrideWindow', [], true);
    this.send('/alwaysAudition', [], true);
    this.send('/auditionMonitors', [], true);
    this.send('/cue/active/valuesForKeys', [{ type: 's', value: KEYS }]);
  }

  take(bytes: Uint8Array): void {
    const { address, args } = osc.readPacket(Uint8Array.from(bytes), { metadata: true }) as WireMessage;
    const parts = address.split('/').slice(1);
    const values = args.map((argument) => ('value' in argument ? argument.value : undefined));
    if (parts[0] === 'reply') this.#reply(parts, JSON.parse(String(values[0])) as Told);
    else if (parts[0] === 'update') this.#update(parts, values[0]);
  }

  #reply(parts: string[], told: Told): void {
    this.told.push(told);
    const last = parts.at(-1) ?? '';
    if (told.status === 'error') {
      if (!['valuesForKeys', 'uniqueID'].includes(last)) this.errors.push(told.address);
      return;
    }
    if (told.status === 'denied') {
      this.#isDenied = true;
      this.status = 'Passcode denied';
      return;
    }
    const { data } = told;
    switch (last) {
      case 'workspaces':
        this.#hasWorkspace = (data as unknown[]).length > 0;
        break;
      case 'connect':
        if (data === 'badpass' && this.#options.passcode === undefined) this.#isDenied = true;
        break;
      case 'updates':
        this.status = 'Connected to QLab';
        break;
      case 'showMode':
        this.isPasscodeOk = true;
        this.showMode = data;
        break;
      case 'alwaysAudition':
        this.auditMode = data;
        break;
      case 'minGoTime':
        this.minGo = data;
        break;
      case 'playheadID':
        this.nextCue = data === 'none' ? '' : String(data);
        if (data !== 'none') this.send(`/cue_id/${data}/children`);
        break;
      case 'uniqueIDs':
        this.selected = (data as { uniqueID: string; cues: unknown[] }[]).map(({ uniqueID, cues }) => {
          if (!Array.isArray(cues)) throw new TypeError('cues.forEach is not a function');
          return uniqueID;
        });
        break;
      case 'cueLists':
        for (const list of data as Record<string, unknown>[]) this.#keep(list);
        this.send('/cue/active/valuesForKeys', [{ type: 's', value: KEYS }]);
        break;
      case 'valuesForKeys': {
        const values = data as Record<string, unknown>;
        this.cues.set(String(values.uniqueID), readCue(values));
        break;
      }
      case 'armed': {
        // It looks for the cue behind the workspace.
        const [, , , how, name] = told.address.split('/');
        const cue = [...this.cues].find(([id, { number }]) => name === (how === 'cue' ? number : id))?.[1];
        if (!cue) throw new TypeError('Cannot set properties of undefined');
        cue.armed = data;
        break;
      }
      default:
        if (parts[1] === 'overrides') this.overrides.set(parts[2] ?? '', data);
    }
  }

  #keep(json: Record<string, unknown>): void {
    this.cues.set(String(json.uniqueID), readCue(json));
    const children = json.cues as Record<string, unknown>[];
    this.lists.set(
      String(json.uniqueID),
      children.map(({ uniqueID }) => String(uniqueID)),
    );
    for (const child of children) this.#keep(child);
  }

  #update(parts: string[], argument: unknown): void {
    const last = parts.at(-1) ?? '';
    const ask = (address: string) => this.send(address, [{ type: 's', value: KEYS }], true);
    if (last === 'playbackPosition') {
      if (!this.lists.has(parts[4] ?? '')) throw new TypeError('Cannot read properties of undefined');
      this.nextCue = typeof argument === 'string' ? argument : '';
      this.send('/selectedCues/uniqueIDs', [], true);
      if (this.nextCue) ask(`/cue_id/${this.nextCue}/valuesForKeys`);
    } else if (last === 'dashboard') this.send('/selectedCues/uniqueIDs', [], true);
    else if (last === 'general') this.send('/settings/general/minGoTime');
    else if (last === 'overrides') for (const name of OVERRIDES) this.send(`/overrides/${name}Enabled`, [], true);
    else if (parts.length === 3 && parts[1] === 'workspace') {
      this.send('/showMode');
      this.send('/auditionWindow', [], true);
      this.send('/overrideWindow', [], true);
    } else if (parts[3] === 'cue_id') ask(`/${parts.slice(1).join('/')}/valuesForKeys`);
  }
}

/** The module with "Use TCP". */
export async function companionOverTcp(options: CompanionOptions): Promise<Companion> {
  const socket = connect(options.port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  const companion = new Companion(options, (bytes) => socket.write(encodeFrame('slip', bytes)));
  const frames = frameReader('slip', 5e6, { frame: (frame) => companion.take(frame), fault: () => {} });
  socket.on('data', (bytes) => frames.push(bytes));
  return companion;
}

/** The module without it: it listens on 53001, where QLab answers, and sends from there. @param host  its own address */
export async function companionOverUdp(options: CompanionOptions, host: string): Promise<Companion> {
  const socket = createSocket('udp4').bind(53001, host);
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const companion = new Companion(options, (bytes) => socket.send(bytes, options.port, '127.0.0.1'));
  socket.on('message', (bytes) => companion.take(bytes));
  return companion;
}

/** Greets, and primes as soon as it can. */
export async function settle(companion: Companion): Promise<void> {
  companion.greet();
  await eventually(
    () => companion.told.some(({ address }) => address.endsWith('/showMode')) || companion.isPasscodeOk,
    'let in',
  );
  await eventually(() => companion.prime(), 'it asks the workspace');
  await eventually(() => companion.overrides.has('networkLocalOutputEnabled'), 'the last answer');
}
