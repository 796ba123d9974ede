/** How QLab takes a message and answers it: to the application or to workspaces, and the ways in which that may fail. */
import type { Clock } from '../../src/kit/clock.js';
import type { OscArgument, OscMessage } from './codec.js';
import { answers, setting } from './simulator-answers.js';
import { type Kind, readChange, TRUTH, type Value, written } from './simulator-arguments.js';
import { REPLY_PORT, type SimulatorClient } from './simulator-client.js';
import { type Answer, type Asker, own, READERS, tell } from './simulator-question.js';
import { APPLICATION, FONTS, type Kept } from './simulator-settings.js';
import type { Permission, SimulatedWorkspace } from './simulator-workspace.js';

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
  /** Whether the OSC address of a reply (default: as asked) and the address in its JSON (from 5 on it does) hold `/workspace/{id}`. */
  replyAddress?: 'asked' | 'bare' | 'workspace';
  jsonAddress?: 'asked' | 'bare' | 'workspace';
}

/** A wrong passcode makes the next /connect wait, longer each time, in milliseconds. */
const BADPASS_DELAY_MS = 500;
const BADPASS_DELAY_MOST_MS = 8000;
/** The longest `/replyFormat`, in characters: each of its words may stand for a whole address. */
const REPLY_FORMAT_LENGTH_MAX = 1024;
/** Messages of one client that wait behind its /connect. */
const WAITING_MAX = 512;

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
  /** Tells whoever wants updates of a change of the application's. */
  update(path: string): void;
}

/** What a client is remembered with. Whoever has a right may ask and set it. @see QLab's OSC dictionary, "Application Messages" */
const OF_CLIENT: Readonly<Record<string, { kind: Kind; read(client: SimulatorClient): Value; write?: Write }>> = {
  '/alwaysReply': {
    ...{ kind: TRUTH, read: (client) => client.alwaysReply },
    write: (client, value) => {
      client.alwaysReply = value === true;
    },
  },
  '/udpReplyPort': {
    kind: { is: 'number', least: 0, most: 65535, isWhole: true },
    read: (client) => client.replyPort,
    write: (client, value) => {
      client.replyPort = value === 0 ? REPLY_PORT : Number(value);
    },
  },
  '/forgetMeNot': { kind: TRUTH, read: (client) => client.keptAlive, write: keepAlive },
  '/udpKeepAlive': { kind: TRUTH, read: (client) => client.keptAlive, write: keepAlive },
  '/replyFormat': {
    ...{ kind: { is: 'text', most: REPLY_FORMAT_LENGTH_MAX }, read: (client) => client.replyFormat },
    write: (client, value) => {
      client.replyFormat = String(value);
    },
  },
};
type Write = (client: SimulatorClient, value: Value) => void;

function keepAlive(client: SimulatorClient, value: Value): void {
  client.keptAlive = value === true;
}

/** A message on its way: as it was asked, and without the workspace that it names. */
interface Asked {
  client: SimulatorClient;
  address: string;
  path: string;
  args: readonly OscArgument[];
}

export class Messages {
  readonly #options: MessagesOptions;
  readonly #clock: Clock;
  readonly #major: number;
  /** Wrong passcodes in a row, by address. */
  readonly #badPasses = new Map<string, number>();
  readonly #lastMessage = new WeakMap<SimulatorClient, { text: string; at: number }>();
  readonly #kept: Kept = new Map();

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
    const path = /^\/workspace\/[^/]+(\/.+)$/.exec(address)?.[1] ?? address;
    if (this.#options.faults().dropMessages?.(path)) {
      this.#options.count('messages.lost');
      return;
    }
    this.#inTurn({ client, address, path, args });
    const { closeAfter = Number.POSITIVE_INFINITY } = this.#options.faults();
    if (client.messages >= closeAfter) client.cut();
  }

  /** What comes behind a /connect that waits is judged by what that one grants. */
  #inTurn(asked: Asked): void {
    const { client, path } = asked;
    const isFree = path === '/version' || path === '/workspaces';
    if (!client.login || isFree) this.#hand(asked);
    else if (client.waiting === WAITING_MAX) this.#options.count('dropped.waiting');
    else {
      client.waiting += 1;
      const taken = client.login.then(() => {
        client.waiting -= 1;
        if (!this.#options.signal.aborted) this.#inTurn(asked);
      });
      taken.catch(client.failed);
    }
  }

  /** Hands a message to the application, or to the workspaces that it is for. */
  #hand(asked: Asked): void {
    const { client, address, path } = asked;
    const open = this.#options.open();
    const name = /^\/workspace\/([^/]+)\/./.exec(address)?.[1];
    const named = open.find((w) => w.uniqueID === name || w.name === name);
    // Version 5 hands a message without a workspace to every open one, version 4 to the front-most.
    const all = this.#major >= 5 ? open : open.slice(0, 1);
    const workspaces = name === undefined ? all : named ? [named] : [];
    if (path === '/disconnect') {
      client.forget(named);
      return;
    }
    const isNowhere = name !== undefined && !named;
    const result = isNowhere ? undefined : this.#ofApplication(asked, workspaces, named);
    if (result) this.#answer(asked, named, result);
    else if (workspaces.length === 0) {
      const data = path === '/connect' ? { data: 'error' } : {};
      this.#answer(asked, undefined, { status: 'error', action: false, ...data });
    }
    if (result) return;
    for (const workspace of workspaces) {
      if (path === '/connect') this.#login(asked, workspace).catch(client.failed);
      else this.#act(asked, workspace);
    }
  }

  /** What is not about a workspace. @param named  the one that it was sent to all the same. */
  #ofApplication(
    { client, path, args }: Asked,
    workspaces: readonly SimulatedWorkspace[],
    named: SimulatedWorkspace | undefined,
  ): Answer | undefined {
    const { version } = this.#options;
    if (path === '/version') return tell(version);
    if (path === '/workspaces') return tell(this.#options.open().map((workspace) => this.#described(workspace)));
    const may = (permissions: readonly Permission[]) => this.#may(client, named, permissions);
    const denied = (action: boolean): Answer => ({ status: 'denied', action });
    if (Object.hasOwn(FONTS, path)) return may(READERS) ? tell(FONTS[path]) : denied(false);
    const { name, ...change } = readChange(path);
    const ofClient =
      name === '/updates'
        ? {
            kind: TRUTH,
            read: () => workspaces.some((w) => client.updates.has(w)),
            write: this.#wantUpdates(workspaces),
          }
        : own(OF_CLIENT, name);
    if (ofClient) {
      const isRead = args.length === 0 && change.change === undefined;
      if (!may(READERS)) return denied(!isRead);
      if (isRead) return tell(ofClient.read(client));
      const value = written(ofClient.kind, ofClient.read(client), change, args[0]);
      // Whoever ends it is answered once more.
      const { alwaysReply } = client;
      if (value !== undefined) ofClient.write?.(client, value);
      return { status: value === undefined ? 'error' : 'ok', action: !alwaysReply };
    }
    const update = (what: string) => this.#options.update(what);
    return setting(path, args, APPLICATION, this.#kept, { major: this.#major, may, update });
  }

  /** Where every open workspace asks for a passcode, the application does too. */
  #may(client: SimulatorClient, named: SimulatedWorkspace | undefined, permissions: readonly Permission[]): boolean {
    const open = named ? [named] : this.#options.open();
    if (this.#options.faults().denied) return false;
    return (
      open.length === 0 ||
      open.some((w) => client.permissions(w).some((permission) => permissions.includes(permission)))
    );
  }

  #described(workspace: SimulatedWorkspace): Record<string, unknown> {
    const { port, version } = this.#options;
    const more =
      this.#major >= 5 ? { port: port(), udpReplyPort: REPLY_PORT } : { hasPasscode: !('' in workspace.access) };
    return { uniqueID: workspace.uniqueID, displayName: workspace.name, version, ...more };
  }

  #act(asked: Asked, workspace: SimulatedWorkspace): void {
    const { client, path, args } = asked;
    const { version } = this.#options;
    const { denied = false, swallow = false } = this.#options.faults();
    const isDenied = denied && path !== '/thump';
    const asker: Asker = {
      permissions: (w) => (isDenied ? [] : client.permissions(w)),
      ...{ listens: client.listens, major: this.#major, swallow },
      hasBroadcast: isAtLeast(version, 5, 3),
      tellsMissing: isAtLeast(version, 5, 3),
      event: (event) => this.#options.broadcast(workspace, event),
    };
    for (const result of answers({ workspace, asker, path, args })) this.#answer(asked, workspace, result);
  }

  async #login(asked: Asked, workspace: SimulatedWorkspace): Promise<void> {
    const { client, args } = asked;
    const passcode = typeof args[0] === 'string' ? args[0] : '';
    // Asking without one is no guess: it waits for nothing, and nothing waits for it.
    const isGuess = args.length > 0 && args[0] !== '';
    const wrong = isGuess ? (this.#badPasses.get(client.ip) ?? 0) : 0;
    if (wrong > 0) {
      const delayMs = Math.min(BADPASS_DELAY_MS * 2 ** (wrong - 1), BADPASS_DELAY_MOST_MS);
      client.login = this.#clock.sleep(delayMs, this.#options.signal);
      await client.login;
      client.login = undefined;
      if (this.#options.signal.aborted) return;
    }
    const granted = isGuess && passcode === '' ? undefined : own(workspace.access, passcode);
    if (!granted) {
      if (isGuess) this.#badPasses.set(client.ip, wrong + 1);
      this.#answer(asked, workspace, tell('badpass'));
      return;
    }
    if (isGuess) this.#badPasses.delete(client.ip);
    client.rights.set(workspace, granted);
    this.#answer(asked, workspace, tell(this.#major >= 5 ? `ok:${granted.join('|')}` : 'ok'));
  }

  #wantUpdates(workspaces: readonly SimulatedWorkspace[]): Write {
    return (client, isWanted) => {
      for (const workspace of workspaces) {
        if (isWanted === true && client.permissions(workspace).length > 0) client.updates.add(workspace);
        else client.updates.delete(workspace);
      }
    };
  }

  /** Actions, and what writes, are answered only after `/alwaysReply 1`. */
  #answer(asked: Asked, workspace: SimulatedWorkspace | undefined, answer: Answer): void {
    if (!answer.action || asked.client.alwaysReply) this.#reply(asked, workspace, answer);
  }

  #reply({ client, address, path }: Asked, workspace: SimulatedWorkspace | undefined, answer: Answer): void {
    const { dropReplies, delayMs = 0, replyAddress = 'asked', jsonAddress } = this.#options.faults();
    if (dropReplies === true || (typeof dropReplies === 'function' && dropReplies(path))) {
      this.#options.count('replies.withheld');
      return;
    }
    const { status, data, from } = answer;
    const told = from ? path.replace(/^\/cue(?:_id)?\/[^/]+/, `/cue_id/${from.uniqueID}`) : path;
    const named = address.slice(0, address.length - path.length);
    const whole = named || (workspace ? `/workspace/${workspace.uniqueID}` : '');
    const form = (how: 'asked' | 'bare' | 'workspace') =>
      `${how === 'asked' ? named : how === 'workspace' ? whole : ''}${told}`;
    const json = {
      ...(workspace ? { workspace_id: workspace.uniqueID } : {}),
      // Companion and Cue-View find the cue behind the workspace of a version 5.
      address: form(jsonAddress ?? (this.#major >= 5 ? 'workspace' : 'asked')),
      status,
      ...(data === undefined ? {} : { data }),
    };
    const send = () => {
      client.send(`/reply${form(replyAddress)}`, [inFormat(client.replyFormat, json)]);
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

/** A reply as JSON, or in the words of `/replyFormat`. */
function inFormat(
  format: string,
  json: { workspace_id?: string; address: string; status: string; data?: unknown },
): string {
  if (format === '') return JSON.stringify(json);
  const { data = '' } = json;
  const words: Readonly<Record<string, string>> = {
    workspace_id: json.workspace_id ?? '',
    address: json.address,
    status: json.status,
    data: typeof data === 'string' ? data : JSON.stringify(data),
  };
  return format.replace(/#(workspace_id|address|status|data)#/g, (_, word: string) => words[word] ?? '');
}

/** Whether a version is as new as another one. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ours = 0, minorOfOurs = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && minorOfOurs >= minor);
}
