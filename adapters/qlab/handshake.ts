/** From an open connection to a session: version, workspace, passcode, what may be done, what will be heard. */
import type { Pattern } from '../../src/adapter-sdk/adapter.js';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';
import type { OscMessage } from './codec.js';
import type { Link } from './link.js';
import type { Reply } from './replies.js';

export interface Permissions {
  view: boolean;
  edit: boolean;
  control: boolean;
}

export interface Session {
  workspaceId: string;
  workspaceName: string;
  version: string;
  major: number;
  permissions: Permissions;
  /** QLab's double-GO window, and how long it still ran, in milliseconds, and when that was asked. */
  minGoTimeMs: number;
  goWindow: GoWindow | undefined;
  /** Other workspaces that are open in this QLab: what is heard may be about them. */
  others: string[];
  /** Whether QLab reports GOs and cues (Show Control Broadcast, 5.3 and newer, with the view permission). */
  hearsEvents: boolean;
  /** What QLab told before anybody listened. */
  early: readonly OscMessage[];
}

interface Workspace {
  uniqueID: string;
  displayName: string;
}

/** A workspace that was in use before. */
export interface Known {
  id: string;
  name: string;
}

/** Messages that are held until the connection is made. */
const EARLY_MAX = 64;

const ofReply = (reply: Reply): string => (typeof reply.data === 'string' ? reply.data : '');

/** Reads `5.5.10`; what cannot be read counts as 5.0, which promises least. */
function readVersion(text: string): { major: number; minor: number } {
  const found = /(\d+)\.(\d+)/.exec(text);
  return { major: Number(found?.[1] ?? 5), minor: Number(found?.[2] ?? 0) };
}

/** Reads what `/connect` answered: `ok:view|control` from 5 on, a bare `ok` with all rights before. */
function readPermissions(answer: string, major: number): Permissions {
  if (major < 5 && answer === 'ok') return { view: true, edit: true, control: true };
  const list = answer.startsWith('ok:') ? answer.slice(3).split('|') : [];
  return { view: list.includes('view'), edit: list.includes('edit'), control: list.includes('control') };
}

function readWorkspaces(data: unknown): Workspace[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('uniqueID' in item)) return [];
    const { uniqueID } = item;
    if (typeof uniqueID !== 'string' || uniqueID === '' || uniqueID.includes('/')) return [];
    const displayName = 'displayName' in item && typeof item.displayName === 'string' ? item.displayName : uniqueID;
    return [{ uniqueID, displayName }];
  });
}

const withoutSuffix = (name: string): string => name.replace(/\.qlab\d*$/i, '');

/** Whether a workspace is the one that the bridge file names. */
export const isCalled = ({ workspaceId: id, workspaceName: name }: Named, wanted: string): boolean =>
  id === wanted || withoutSuffix(name) === withoutSuffix(wanted);

type Named = Pick<Session, 'workspaceId' | 'workspaceName'>;

/** @param known  the one that was in use: it is found again under another name, and no other one takes its place. */
function choose(open: Workspace[], wanted: string | undefined, known: Known | undefined): Workspace {
  const names = open.map(({ displayName }) => displayName).join(', ');
  const first = open[0];
  if (!first) throw new BridgeError('DEVICE_UNREACHABLE', 'QLab runs, but no workspace is open');
  const named = open.find(
    ({ uniqueID, displayName }) =>
      wanted !== undefined && isCalled({ workspaceId: uniqueID, workspaceName: displayName }, wanted),
  );
  const found = named ?? open.find(({ uniqueID }) => uniqueID === known?.id);
  if (found) return found;
  if (wanted === undefined && known === undefined) return first;
  if (wanted === undefined) {
    const detail = `the workspace "${known?.name}" that was in use is not open in QLab; open is ${names}: to change over, name one in the bridge file`;
    throw new BridgeError('DEVICE_UNREACHABLE', detail);
  }
  throw new BridgeError('DEVICE_UNREACHABLE', `the workspace "${wanted}" is not open in QLab; open is ${names}`);
}

/**
 * Connects to the workspace. Called again when QLab says that its access settings changed.
 * @throws DEVICE_REFUSED on a wrong passcode, or when it allows nothing: asking again would only lengthen QLab's delay.
 */
export async function login(
  link: Link,
  workspace: { id: string; name: string; major: number },
  passcode: string | undefined,
): Promise<Permissions> {
  const reply = await link.ask(`/workspace/${workspace.id}/connect`, passcode === undefined ? [] : [passcode]);
  const answer = ofReply(reply);
  if (answer === 'badpass') {
    const what = passcode === undefined ? 'asks for a passcode' : 'does not accept the passcode';
    throw new BridgeError('DEVICE_REFUSED', `the workspace "${workspace.name}" ${what}`);
  }
  if (reply.status === 'denied') {
    throw new BridgeError('DEVICE_REFUSED', `the workspace "${workspace.name}" denies the connection`);
  }
  if (!answer.startsWith('ok')) {
    const said = answer || reply.status;
    throw new BridgeError('DEVICE_UNREACHABLE', `the workspace "${workspace.name}" did not connect: ${said}`);
  }
  const permissions = readPermissions(answer, workspace.major);
  if (!permissions.view && !permissions.control) {
    const whom = passcode === undefined ? 'whoever has no passcode' : 'this passcode';
    throw new BridgeError(
      'DEVICE_REFUSED',
      `the workspace "${workspace.name}" allows ${whom} neither view nor control`,
    );
  }
  return permissions;
}

/** How long QLab would still swallow a GO, in milliseconds. */
export interface GoWindow {
  leftMs: number;
  /** When it was asked, on the monotonic clock. */
  askedMs: number;
}

/** The longest double-GO window that is believed, in seconds. */
const GO_SECONDS_MAX = 3600;
/** A late answer tells the same as one in time, nearly. */
const ANY_REPLY = { interchangeable: true } as const;

async function readSeconds(link: Link, address: string): Promise<number | undefined> {
  try {
    const { status, data } = await link.ask(address, [], ANY_REPLY);
    const seconds = typeof data === 'number' || typeof data === 'string' ? Number(data) : Number.NaN;
    return status === 'ok' && seconds >= 0 && seconds <= GO_SECONDS_MAX ? seconds : undefined;
  } catch (error) {
    if (link.ended) throw error;
    return undefined;
  }
}

/** QLab's double-GO window in milliseconds; undefined when it cannot be read. @throws DEVICE_CLOSED */
export async function readMinGoTimeMs(link: Link, workspaceId: string): Promise<number | undefined> {
  const seconds = await readSeconds(link, `/workspace/${workspaceId}/settings/general/minGoTime`);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** How long the window still runs; undefined when it cannot be read. @throws DEVICE_CLOSED */
export async function readGoWindow(link: Link, workspaceId: string, clock: Clock): Promise<GoWindow | undefined> {
  const askedMs = clock.mono();
  const seconds = await readSeconds(link, `/workspace/${workspaceId}/doubleGoWindowRemaining`);
  return seconds === undefined ? undefined : { leftMs: Math.ceil(seconds * 1000), askedMs };
}

/** The workspaces that are open; undefined when QLab does not say. */
export async function readOpen(link: Link): Promise<{ uniqueID: string; displayName: string }[] | undefined> {
  const { status, data } = await link.ask('/workspaces', [], ANY_REPLY);
  return status === 'ok' && Array.isArray(data) ? readWorkspaces(data) : undefined;
}

/** What `when: { event }` is called on QLab's broadcast, where it is not always listened to. */
const LISTENED: Readonly<Record<string, string>> = { cueStopped: 'cue/stop', playhead: 'playhead' };

/** What QLab is asked to tell for these rules, besides GO, cue starts and panic; each once. */
export const eventsOf = (patterns: readonly Pattern[]): string[] => [
  ...new Set(patterns.flatMap(({ event }) => LISTENED[String(event)] ?? [])),
];

/**
 * Asks for what QLab tells by itself. Nothing waits for an answer: some have none.
 * @param events  what to listen to besides GO, cue starts and panic.
 * @returns whether QLab reports GOs and cues (Show Control Broadcast, 5.3 and newer, with the view permission).
 */
export function subscribe(
  link: Link,
  { workspaceId, version, permissions }: Pick<Session, 'workspaceId' | 'version' | 'permissions'>,
  events: readonly string[],
): boolean {
  const { major, minor } = readVersion(version);
  const send = (address: string, args: number[] = []) =>
    void link.ask(address, args, { urgent: true, interchangeable: true }).catch(() => {});
  send('/alwaysReply', [1]);
  send(major >= 5 ? '/updates' : `/workspace/${workspaceId}/updates`, [1]);
  const hearsEvents = permissions.view && (major > 5 || (major === 5 && minor >= 3));
  if (hearsEvents)
    for (const event of ['go', 'auditionGo', 'cue/start', 'panicAll', ...events]) send(`/listen/${event}`);
  return hearsEvents;
}

/**
 * Everything before the first cue can be sent.
 * @param events  what to listen to besides GO, cue starts and panic.
 * @param known  the workspace that was in use on the last connection.
 * @throws DEVICE_REFUSED, DEVICE_UNREACHABLE, DEVICE_TIMEOUT, DEVICE_CLOSED
 */
export async function shakeHands(
  link: Link,
  config: { passcode?: string; workspace?: string },
  events: readonly string[],
  clock: Clock,
  known: Known | undefined,
): Promise<Session> {
  const version = ofReply(await link.ask('/version'));
  const { major } = readVersion(version);
  const open = readWorkspaces((await link.ask('/workspaces')).data);
  const { uniqueID: workspaceId, displayName: workspaceName } = choose(open, config.workspace, known);
  const workspace = { id: workspaceId, name: workspaceName, major };
  const permissions = await login(link, workspace, config.passcode);

  // What is heard from here on is for the connection.
  const early: OscMessage[] = [];
  link.onPush = (message) => {
    if (early.length < EARLY_MAX) early.push(message);
  };
  const hearsEvents = subscribe(link, { workspaceId, version, permissions }, events);
  // QLab takes messages in order: an answer to this one means that it has the subscriptions.
  const minGoTimeMs = (await readMinGoTimeMs(link, workspaceId)) ?? 0;
  // Somebody may have pressed GO at QLab just before.
  const goWindow = minGoTimeMs > 0 ? await readGoWindow(link, workspaceId, clock) : undefined;
  const others = open.filter((w) => w.uniqueID !== workspaceId).map((w) => w.displayName);
  return {
    ...{ workspaceId, workspaceName, version, major, permissions },
    ...{ minGoTimeMs, goWindow, others, hearsEvents, early },
  };
}
