import { didYouMean } from '../config/nearest.js';
import { type ConfigCode, type Finding, type ProblemSeverity, wrong } from '../config/problems.js';
import { isLoopback } from '../kit/loopback.js';
import { isMap, listAt, member, pointerOf, textAt } from '../kit/pointer.js';
import { duplicates, entries, type ShowIndex } from './show.js';

/** The bridge's own name as a user and as a device; nobody else may have it. */
const OWN_NAME = 'bridge';

/**
 * What the schema of the bridge file cannot see. Works on what is half right, so that all is told at once.
 * @param show  undefined when the show file is broken: then nothing is said about names in it.
 */
export function checkBridge(
  bridge: unknown,
  adapters: readonly string[],
  show: ShowIndex | undefined,
  place: (pointer: string) => { line: number },
): Finding[] {
  const found: Finding[] = [];
  const say = (code: ConfigCode, pointer: string, message: string, severity: ProblemSeverity = 'error') =>
    void found.push(wrong(pointer, code, message, { severity }));
  const unknown = (what: string, name: string | undefined, among: readonly string[], pointer: string) => {
    if (name === undefined || among.includes(name)) return;
    const message = `unknown ${what} '${name}'${none(what, among)}`;
    found.push(wrong(pointer, 'CONFIG_UNKNOWN_NAME', message, { unknown: { name, among } }));
  };

  const devices = member(bridge, 'devices');
  const deviceNames = isMap(devices) ? Object.keys(devices) : [];
  for (const name of deviceNames) {
    const at = pointerOf('devices', name);
    unknown('adapter', textAt(member(devices, name), 'adapter'), adapters, `${at}/adapter`);
    if (name === OWN_NAME) found.push({ ...reserved('device', at), on: 'key' });
  }
  found.push(...checkBackups(bridge, devices, deviceNames));

  const access = member(bridge, 'access');
  const users = entries(bridge, 'access', 'userId');
  found.push(
    ...duplicates(
      users,
      place,
      'bridge',
      (id, line) => `two users have the userId '${id}' (the first is in line ${line})`,
    ),
  );
  found.push(
    ...duplicates(
      entries(bridge, 'access', 'token'),
      place,
      'bridge',
      (_, line) => `two users have one token (the other is in line ${line}): nobody could tell who is who`,
    ),
  );
  for (const { id, pointer } of users) if (id === OWN_NAME) found.push(reserved('user', pointer));

  const rules = [
    ...entries(bridge, 'inputs').map((rule) => ({ ...rule, list: 'inputs' })),
    ...entries(bridge, 'outputs').map((rule) => ({ ...rule, list: 'outputs' })),
  ];
  found.push(
    ...duplicates(rules, place, 'bridge', (id, line) => `two rules have the id '${id}' (the first is in line ${line})`),
  );

  const userIds = users.map(({ id }) => id);
  listAt(bridge, 'inputs').forEach((rule, index) => {
    const at = pointerOf('inputs', index);
    unknown('device', textAt(member(rule, 'when'), 'device'), deviceNames, `${at}/when/device`);
    if (access !== undefined) unknown('user', textAt(rule, 'as'), userIds, `${at}/as`);
    checkDepartment(textAt(member(member(rule, 'with'), 'toCue'), 'call'), `${at}/with/toCue/call`);
  });
  listAt(bridge, 'outputs').forEach((rule, index) => {
    const at = pointerOf('outputs', index);
    unknown('device', textAt(member(rule, 'send'), 'device'), deviceNames, `${at}/send/device`);
    checkDepartment(textAt(rule, 'call'), `${at}/call`);
  });
  checkListen(textAt(member(bridge, 'server'), 'listen'), access === undefined, say);
  return found;

  function checkDepartment(department: string | undefined, pointer: string): void {
    if (department === undefined || !show || show.departments.has(department)) return;
    const known = [...show.departments];
    const meant = didYouMean(department, known);
    const list = meant === '' && known.length > 0 ? `; the show calls ${known.join(', ')}` : meant;
    say('CONFIG_RULE_UNUSED', pointer, `no cue has a call for '${department}'${list}`, 'warn');
  }
}

/** Who may be a backup of whom, who is one of itself by another name, and who sends a backup twice what its main gets. */
function checkBackups(bridge: unknown, devices: unknown, names: readonly string[]): Finding[] {
  const found: Finding[] = [];
  const say = (code: ConfigCode, pointer: string, message: string, more: Partial<Finding> = {}) =>
    void found.push(wrong(pointer, code, message, more));
  const outputs = listAt(bridge, 'outputs').map((rule) => ({
    id: textAt(rule, 'id') ?? '',
    event: textAt(rule, 'event'),
    call: textAt(rule, 'call'),
    device: textAt(member(rule, 'send'), 'device'),
  }));
  for (const name of names) {
    const entry = member(devices, name);
    const main = textAt(entry, 'backupOf');
    const at = pointerOf('devices', name, 'backupOf');
    if (main === undefined) {
      if (member(entry, 'mirrored') !== undefined) {
        const mirrored = pointerOf('devices', name, 'mirrored');
        say('CONFIG_INVALID', mirrored, `mirrored says something of a backup: ${name} has no backupOf`);
      }
      continue;
    }
    const [adapter, other] = [textAt(entry, 'adapter'), textAt(member(devices, main), 'adapter')];
    const further = textAt(member(devices, main), 'backupOf');
    if (main === name) {
      say('CONFIG_INVALID', at, `${name} cannot be its own backup`);
    } else if (!names.includes(main)) {
      say('CONFIG_UNKNOWN_NAME', at, `unknown device '${main}'`, { unknown: { name: main, among: names } });
    } else if (further !== undefined) {
      say(
        'CONFIG_INVALID',
        at,
        `${main} is itself the backup of ${further}: name ${further} here, which may have several`,
      );
    } else if (adapter !== other) {
      say(
        'CONFIG_INVALID',
        at,
        `${name} (${adapter}) cannot stand in for ${main} (${other}): both must have the same adapter`,
      );
    } else if (whereabouts(entry) === whereabouts(member(devices, main))) {
      say('CONFIG_DUPLICATE', at, `${name} is the very device that ${main} is: it would play every cue twice`);
    } else {
      outputs.forEach((rule, index) => {
        const twin = outputs.find(
          ({ event, call, device }) => device === main && event === rule.event && call === rule.call,
        );
        if (rule.device !== name || !twin) return;
        const message = `${name} would get this twice: as the backup of ${main} it gets what ${twin.id} sends there`;
        say('CONFIG_DUPLICATE', pointerOf('outputs', index, 'send', 'device'), message);
      });
    }
  }
  return found;
}

/** What is written of the device itself, less what the bridge does with it, for comparing; the order does not count. */
function whereabouts(entry: unknown): string {
  const { backupOf: _b, mirrored: _m, playhead: _p, ...device } = isMap(entry) ? entry : {};
  return JSON.stringify(Object.entries(device).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const none = (what: string, among: readonly string[]): string =>
  among.length === 0 ? ` (there is no ${what} yet)` : '';

const reserved = (what: 'user' | 'device', pointer: string): Finding =>
  wrong(pointer, 'CONFIG_DUPLICATE', `'${OWN_NAME}' is the bridge itself; give the ${what} another name`);

const LISTEN = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/;

function checkListen(
  listen: string | undefined,
  isOpen: boolean,
  say: (code: ConfigCode, pointer: string, message: string) => void,
): void {
  const match = LISTEN.exec(listen ?? '');
  if (!match) return;
  const host = match[1] ?? match[2] ?? '';
  if (Number(match[3]) > 65535) say('CONFIG_INVALID', '/server/listen', `listen: port ${match[3]} is above 65535`);
  if (isOpen && !isLoopback(host)) {
    const message = `listen ${host} serves other machines, so an access list must say who may connect`;
    say('CONFIG_ACCESS_REQUIRED', '/server/listen', message);
  }
}
