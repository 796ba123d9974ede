/** How QLab takes a message and answers it: to the application or to workspaces, and the ways in which that may fail. */
import type { Clock } from '../../src/kit/clock.js';
import type { OscArgument, OscMessage } from './codec.js';
import { answer } from './simulator-answers.js';
import type { SimulatorClient } from './simulator-client.js';
import type { SimulatedWorkspace } from './simulator-workspace.js';

/** What goes wrong. All may be set and taken back while it runs. */
export interface QlabFaults {
  /** Nobody listens any more; those who are connected stay. */
  refuseConnections?: boolean;
  /** Every reply comes so much later, in milliseconds. */
  delayMs?: number;
  /** Replies that never come: all, or those to addresses (without `/workspace/{id}`) that the function picks. */
  dropReplies?: boolean | ((address: string) => boolean);
  /** Messages that never arrive: those whose address (without `/workspace/{id}`) the function picks. */
  dropMessages?: (address: string) => boolean;
  /** Reports (`/qlab/event/…`, without that) that never arrive. */
  dropEvents?: (event: string) => boolean;
  /** Everything that QLab sends comes so much later, in milliseconds, but its answers to a GO and to a start: a stalled network. */
  holdMs?: number;
  /** How long each message to a client waits by itself, in milliseconds: replies, updates and reports overtake each other. */
  jitterMs?: () => number;
  /** Everything but /version, /workspaces, /connect and /thump is denied. */
  denied?: boolean;
  /** Commands are answered with ok, and nothing fires. */
  swallow?: boolean;
  /** A TCP client is cut off after so many messages. */
  closeAfter?: number;
  /** Whether the OSC address of a reply, and the address in its JSON, hold `/workspace/{id}`; default: as asked. */
  replyAddress?: 'asked' | 'bare' | 'workspace';
  jsonAddress?: 'asked' | 'bare' | 'workspace';
}

/** A wrong passcode makes the next /connect wait, longer each time, in milliseconds. */
const BADPASS_DELAY_MS = 500;
const BADPASS_DELAY_MOST_MS = 8000;

/** What the simulator lends to the one that answers. */
export interface MessagesOptions {
  version: string;
  clock: Clock;
  /** Ends what is still to be said. */
  signal: AbortSignal;
  duplicateFilterMs: number;
  faults(): QlabFaults;
  port(): number;
  /** Open workspaces, the front-most first. */
  open(): readonly SimulatedWorkspace[];
  count(name: string): void;
  broadcast(workspace: SimulatedWorkspace, event: string): void;
}

export class Messages {
  readonly #options: MessagesOptions;
  readonly #clock: Clock;
  readonly #major: number;
  /** Wrong passcodes in a row, by address. */
  readonly #badPasses = new Map<string, number>();
  readonly #lastMessage = new WeakMap<SimulatorClient, { text: string; at: number }>();

  constructor(options: MessagesOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#major = Number(options.version.split('.')[0]);
  }

  /** Takes one message of a client, and answers it. */
  take(client: SimulatorClient, { address, args }: OscMessage): void {
    const at = this.#clock.mono();
    client.lastHeardMs = at;
    client.messages += 1;
    if (this.#isDuplicate(client, address, args, at)) {
      this.#options.count('dropped.duplicate');
      return;
    }
    const scoped = /^\/workspace\/([^/]+)(\/.+)$/.exec(address);
    const path = scoped?.[2] ?? address;
    if (this.#options.faults().dropMessages?.(path)) {
      this.#options.count('messages.lost');
      return;
    }
    if (scoped) {
      const workspace = this.#options.open().find((w) => w.uniqueID === scoped[1] || w.name === scoped[1]);
      if (workspace) this.#toWorkspace(client, workspace, address, path, args);
      else if (path === '/connect') this.#reply(client, undefined, address, path, { status: 'error', data: 'error' });
    } else if (!this.#toApplication(client, path, args)) {
      // Version 5 hands a message without a workspace to every open one, version 4 to the front-most.
      for (const workspace of this.#major >= 5 ? this.#options.open() : this.#options.open().slice(0, 1)) {
        this.#toWorkspace(client, workspace, address, path, args);
      }
    }
    const { closeAfter = Number.POSITIVE_INFINITY } = this.#options.faults();
    if (client.messages >= closeAfter) client.cut();
  }

  /** What is not about a workspace. @returns whether it was. */
  #toApplication(client: SimulatorClient, path: string, args: readonly OscArgument[]): boolean {
    const on = args.length === 0 || isTrue(args[0]);
    const accept = () => {
      if (client.alwaysReply) this.#reply(client, undefined, path, path, { status: 'ok' });
      return true;
    };
    switch (path) {
      case '/version':
        this.#reply(client, undefined, path, path, { status: 'ok', data: this.#options.version });
        return true;
      case '/workspaces': {
        const data = this.#options.open().map((w) => ({
          uniqueID: w.uniqueID,
          displayName: w.name,
          version: this.#options.version,
          ...(this.#major >= 5
            ? { port: this.#options.port(), udpReplyPort: 53001 }
            : { hasPasscode: !('' in w.access) }),
        }));
        this.#reply(client, undefined, path, path, { status: 'ok', data });
        return true;
      }
      case '/alwaysReply':
        client.alwaysReply = on;
        return accept();
      case '/udpReplyPort':
        if (typeof args[0] === 'number') client.replyPort = args[0] === 0 ? 53001 : args[0];
        return accept();
      case '/forgetMeNot':
      case '/udpKeepAlive':
        client.keptAlive = on;
        return accept();
      case '/disconnect':
        client.forget();
        return true;
      case '/updates':
        if (this.#major < 5) return false;
        for (const workspace of this.#options.open()) this.#wantUpdates(client, workspace, on);
        return accept();
      default:
        return false;
    }
  }

  #toWorkspace(
    client: SimulatorClient,
    workspace: SimulatedWorkspace,
    address: string,
    path: string,
    args: readonly OscArgument[],
  ): void {
    if (path === '/connect') void this.#login(client, workspace, address, path, args);
    else if (path === '/disconnect') client.forget(workspace);
    else if (path === '/updates' && this.#major < 5) {
      this.#wantUpdates(client, workspace, args.length === 0 || isTrue(args[0]));
    } else this.#act(client, workspace, address, path, args);
  }

  #act(
    client: SimulatorClient,
    workspace: SimulatedWorkspace,
    address: string,
    path: string,
    args: readonly OscArgument[],
  ): void {
    const denied = this.#options.faults().denied && path !== '/thump';
    const result = answer(
      workspace,
      { permissions: (w) => (denied ? [] : client.permissions(w)), listens: client.listens },
      path,
      args,
      {
        hasBroadcast: hasBroadcast(this.#options.version),
        event: (event) => this.#options.broadcast(workspace, event),
        swallow: this.#options.faults().swallow ?? false,
      },
    );
    if (result && (!result.action || client.alwaysReply)) this.#reply(client, workspace, address, path, result);
  }

  async #login(
    client: SimulatorClient,
    workspace: SimulatedWorkspace,
    address: string,
    path: string,
    args: readonly OscArgument[],
  ): Promise<void> {
    const wrong = this.#badPasses.get(client.ip) ?? 0;
    if (wrong > 0) {
      await this.#clock.sleep(
        Math.min(BADPASS_DELAY_MS * 2 ** (wrong - 1), BADPASS_DELAY_MOST_MS),
        this.#options.signal,
      );
    }
    const [passcode] = args;
    const granted = workspace.access[typeof passcode === 'string' ? passcode : ''];
    if (!granted) {
      this.#badPasses.set(client.ip, wrong + 1);
      return this.#reply(client, workspace, address, path, { status: 'ok', data: 'badpass' });
    }
    this.#badPasses.delete(client.ip);
    client.rights.set(workspace, granted);
    const data = this.#major >= 5 ? `ok:${granted.join('|')}` : 'ok';
    this.#reply(client, workspace, address, path, { status: 'ok', data });
  }

  #wantUpdates(client: SimulatorClient, workspace: SimulatedWorkspace, on: boolean): void {
    if (on && client.permissions(workspace).length > 0) client.updates.add(workspace);
    else client.updates.delete(workspace);
  }

  #reply(
    client: SimulatorClient,
    workspace: SimulatedWorkspace | undefined,
    asked: string,
    path: string,
    { status, data }: { status: string; data?: unknown },
  ): void {
    const { dropReplies, delayMs = 0, replyAddress = 'asked', jsonAddress = 'asked' } = this.#options.faults();
    if (dropReplies === true || (typeof dropReplies === 'function' && dropReplies(path))) {
      this.#options.count('replies.withheld');
      return;
    }
    const form = (how: 'asked' | 'bare' | 'workspace') =>
      how === 'asked' || !workspace ? asked : how === 'bare' ? path : `/workspace/${workspace.uniqueID}${path}`;
    const json = {
      ...(workspace ? { workspace_id: workspace.uniqueID } : {}),
      address: form(jsonAddress),
      status,
      ...(data === undefined ? {} : { data }),
    };
    const send = () => {
      client.send(`/reply${form(replyAddress)}`, [JSON.stringify(json)]);
      this.#options.count('replies.sent');
    };
    if (delayMs === 0) send();
    else {
      void this.#clock.sleep(delayMs, this.#options.signal).then(() => {
        if (!this.#options.signal.aborted) send();
      });
    }
  }

  #isDuplicate(client: SimulatorClient, address: string, args: readonly OscArgument[], at: number): boolean {
    const { duplicateFilterMs } = this.#options;
    if (duplicateFilterMs === 0) return false;
    const text = JSON.stringify([address, args]);
    const last = this.#lastMessage.get(client);
    this.#lastMessage.set(client, { text, at });
    return last !== undefined && last.text === text && at - last.at < duplicateFilterMs;
  }
}

/** QLab's truth: T, a number that is not 0, or a text that starts with y, t or 1 to 9. */
function isTrue(arg: OscArgument | undefined): boolean {
  if (typeof arg === 'string') return /^[yt1-9]/i.test(arg);
  return typeof arg === 'number' ? arg !== 0 : arg === true;
}

/** Whether this version reports what happens (Show Control Broadcast, from 5.3 on). */
export function hasBroadcast(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 3);
}
