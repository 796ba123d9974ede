import { encodeFrame } from '../../src/wire/osc/framing.js';
import { encodeMessage, type OscArgument } from './codec.js';
import type { Permission, SimulatedWorkspace } from './simulator-workspace.js';

/** Where replies over UDP go, unless a client says otherwise. */
export const REPLY_PORT = 53001;

/** A client as QLab remembers it: a TCP connection, or the address that UDP comes from. */
export class SimulatorClient {
  alwaysReply = false;
  keptAlive = false;
  replyPort = REPLY_PORT;
  /** `/replyFormat`; '' is JSON. */
  replyFormat = '';
  /** A `/connect` that waits, since wrong passcodes came before: what comes behind it waits too. */
  login: Promise<void> | undefined;
  waiting = 0;
  lastHeardMs = 0;
  messages = 0;
  readonly listens = new Set<string>();
  readonly updates = new Set<SimulatedWorkspace>();
  /** What `/connect` granted. */
  readonly rights = new Map<SimulatedWorkspace, readonly Permission[]>();
  readonly name: string;
  readonly ip: string;
  readonly cut: () => void;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #framed: boolean;
  /** When a message leaves; set by whoever wants it later. */
  post: (send: () => void, address: string) => void = (send) => send();
  /** What could not be sent: it may leave long after the message that brought it about. */
  failed: (fault: unknown) => void = (fault) => {
    throw fault;
  };

  /** @param cut  ends the connection; left out for UDP, where packets are not framed. */
  constructor(name: string, ip: string, write: (bytes: Uint8Array) => void, cut?: () => void) {
    this.name = name;
    this.ip = ip;
    this.#write = write;
    this.#framed = cut !== undefined;
    this.cut = cut ?? (() => {});
  }

  /** Whoever has not connected has what whoever has no passcode has. */
  permissions(workspace: SimulatedWorkspace): readonly Permission[] {
    return this.rights.get(workspace) ?? workspace.access[''] ?? [];
  }

  /** Whether it listens to an event such as `go/number`. */
  hears(event: string): boolean {
    for (const what of this.listens) if (what === '' || what === event || event.startsWith(`${what}/`)) return true;
    return false;
  }

  send(address: string, args: readonly OscArgument[]): void {
    const leave = () => {
      try {
        const packet = encodeMessage(address, args);
        this.#write(this.#framed ? encodeFrame('slip', packet) : packet);
      } catch (fault) {
        this.failed(fault);
      }
    };
    this.post(leave, address);
  }

  sendRaw(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** After `/disconnect`. @param workspace  left out: all. */
  forget(workspace?: SimulatedWorkspace): void {
    if (workspace) {
      this.rights.delete(workspace);
      this.updates.delete(workspace);
    } else {
      this.rights.clear();
      this.updates.clear();
    }
    this.listens.clear();
  }
}
