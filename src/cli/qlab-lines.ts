import type { SimulatorOf } from '../app/registry.js';

type Qlab = Awaited<ReturnType<SimulatorOf<'qlab'>['startQlabSimulator']>>;
type Workspace = Qlab['workspace'];
type Cue = ReturnType<Workspace['all']>[number];
type Faults = Parameters<Qlab['setFaults']>[0];

/** @returns what was done, or why not; undefined: what the line says; false: `rest` is not what it takes. */
type Act = (qlab: Qlab, rest: string) => string | false | undefined;

interface Line {
  /** What it takes, such as `[NUMBER]`; `on|off` are words to choose from. */
  takes?: string;
  words: string;
  act?: Act;
  /** A fault stays until `well`; undefined: `rest` is not what it takes. */
  fault?: (rest: string) => Faults | undefined;
}

/** Milliseconds, or messages. */
const whole = (text: string): number | undefined => (/^[0-9]{1,5}$/.test(text) ? Number(text) : undefined);
/** As many as a timer can wait. */
const SECONDS_MAX = 2_000_000;
const seconds = (text: string): number | undefined =>
  /^[0-9]+(?:\.[0-9]+)?$/.test(text) && Number(text) <= SECONDS_MAX ? Number(text) : undefined;
const SHUFFLE_MS = 300;

/** Does something with the cue whose number is typed, and with what stands behind it. */
const toCueWith =
  (act: (workspace: Workspace, cue: Cue, rest: string) => string | false): Act =>
  ({ workspace }, typed) => {
    const [, number = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(typed) ?? [];
    const cue = cueOf(workspace, number);
    return cue ? act(workspace, cue, rest) : `there is no cue ${number}`;
  };

const cueOf = (workspace: Workspace, number: string): Cue | undefined =>
  workspace.all().find((other) => other.number === number);

/** @param done  what is then true of the cue, such as `is armed`. */
const toCue = (
  act: (workspace: Workspace, cue: Cue) => void,
  done: string | ((workspace: Workspace, cue: Cue) => string),
): Act =>
  toCueWith((workspace, cue, rest) => {
    if (rest !== '') return false;
    act(workspace, cue);
    return `cue ${cue.number} ${typeof done === 'string' ? done : done(workspace, cue)}`;
  });

const inSeconds = (key: 'preWaitMs' | 'durationMs', done: (text: string) => string) =>
  toCueWith((workspace, cue, text) => {
    const value = seconds(text);
    if (value === undefined) return false;
    workspace.edit(cue, { [key]: value * 1000 });
    return `cue ${cue.number} ${done(text)}`;
  });

const onOrOff =
  (act: (workspace: Workspace, isOn: boolean) => void, on: string, off: string): Act =>
  ({ workspace }, text) => {
    if (text !== 'on' && text !== 'off') return false;
    act(workspace, text === 'on');
    return text === 'on' ? on : off;
  };

/** What a cue that is told to fire does instead. */
const butNot = ({ broken, armed }: Cue): string =>
  broken ? ', whose file is missing: it does not fire' : armed ? '' : ', which is disarmed: it does not fire';

/** What can be typed: what an operator does at QLab, and what can be wrong with it. */
const LINES: Readonly<Record<string, Line>> = {
  go: {
    takes: '[NUMBER]',
    words: 'the operator presses GO, at the playhead or at a cue',
    act: (qlab, number) => {
      const { workspace } = qlab;
      const cue = number === '' ? workspace.playhead : cueOf(workspace, number);
      if (!cue) return number === '' ? 'no cue went: the playhead is at none' : `there is no cue ${number}`;
      return qlab.operatorGo(number || undefined)
        ? `GO at cue ${cue.number}${butNot(cue)}`
        : `no cue went: GO at cue ${cue.number} is in the double-GO window, or in a cart`;
    },
  },
  start: {
    takes: 'NUMBER',
    words: 'the operator starts a cue by itself',
    act: toCueWith((workspace, cue, rest) => {
      if (rest !== '') return false;
      workspace.start(cue, 'operator');
      return `cue ${cue.number} is started${butNot(cue)}`;
    }),
  },
  playhead: {
    takes: '[NUMBER]',
    words: 'the operator moves the playhead, to no cue without a number',
    act: (qlab, number) => {
      if (number !== '' && !cueOf(qlab.workspace, number)) return `there is no cue ${number}`;
      qlab.operatorPlayhead(number || undefined);
      return `the playhead is at ${number === '' ? 'no cue' : `cue ${number}`}`;
    },
  },
  select: {
    takes: 'NUMBER',
    words: 'the operator selects a cue',
    act: toCue((workspace, cue) => workspace.select([cue]), 'is selected'),
  },
  stop: {
    takes: 'NUMBER',
    words: 'the operator stops a cue',
    act: toCue((workspace, cue) => workspace.stop(cue), 'is stopped'),
  },
  pause: {
    takes: 'NUMBER',
    words: 'the operator pauses a cue',
    act: toCue(
      (workspace, cue) => workspace.pause(cue),
      (workspace, cue) => (workspace.isPaused(cue) ? 'is paused' : 'does not run'),
    ),
  },
  resume: {
    takes: 'NUMBER',
    words: 'the operator lets it go on',
    act: toCue(
      (workspace, cue) => workspace.resume(cue),
      (workspace, cue) => (workspace.isRunning(cue) ? 'goes on' : 'does not run'),
    ),
  },
  panic: { words: 'the operator panics', act: (qlab) => void qlab.operatorPanic() },
  audition: {
    takes: 'on|off',
    words: 'every GO is an audition, or none',
    act: onOrOff(
      (workspace, isOn) => {
        workspace.alwaysAudition = isOn;
      },
      'every GO is an audition',
      'no GO is an audition',
    ),
  },
  show: {
    takes: 'on|off',
    words: 'show mode, or edit mode',
    act: onOrOff(
      (workspace, isOn) => {
        workspace.settings.set('/showMode', isOn);
        workspace.tell('');
      },
      'show mode is on',
      'edit mode is on',
    ),
  },
  mingo: {
    takes: 'SECONDS',
    words: 'the double-GO window',
    act: ({ workspace }, text) => {
      const value = seconds(text);
      if (value === undefined) return false;
      workspace.minGoTimeMs = value * 1000;
      workspace.tellSettings('general');
      return `the double-GO window is ${text} s`;
    },
  },
  prewait: {
    takes: 'NUMBER SECONDS',
    words: 'how long a cue waits before it fires',
    act: inSeconds('preWaitMs', (text) => `waits ${text} s before it fires`),
  },
  duration: {
    takes: 'NUMBER SECONDS',
    words: 'how long a cue lasts, from its next start on',
    act: inSeconds('durationMs', (text) => `lasts ${text} s from its next start on`),
  },
  disarm: {
    takes: 'NUMBER',
    words: 'a cue takes every command and never fires',
    act: toCue(
      (workspace, cue) => workspace.edit(cue, { armed: false }),
      'is disarmed: it takes every command and never fires',
    ),
  },
  arm: {
    takes: 'NUMBER',
    words: 'it fires again',
    act: toCue((workspace, cue) => workspace.edit(cue, { armed: true }), 'is armed'),
  },
  break: {
    takes: 'NUMBER',
    words: "a cue's file is missing",
    act: toCue((workspace, cue) => workspace.edit(cue, { broken: true }), 'is broken: its file is missing'),
  },
  mend: {
    takes: 'NUMBER',
    words: 'it is there again',
    act: toCue((workspace, cue) => workspace.edit(cue, { broken: false }), 'is whole again'),
  },
  renumber: {
    takes: 'NUMBER NUMBER',
    words: 'a cue gets another number',
    act: toCueWith((workspace, cue, number) => {
      if (number === '' || /\s/.test(number)) return false;
      if (workspace.all().some((other) => other.number === number)) return `there is a cue ${number}`;
      const { number: before } = cue;
      workspace.renumber(cue, number);
      return `cue ${before} is cue ${number}`;
    }),
  },
  delete: {
    takes: 'NUMBER',
    words: 'a cue is deleted',
    act: toCueWith((workspace, cue, more) => {
      if (more !== '') return false;
      if (!cue.parent) return 'a list stays';
      workspace.remove(cue);
      return `cue ${cue.number} is deleted`;
    }),
  },
  name: {
    takes: 'NAME',
    words: 'the workspace is saved under another name',
    act: ({ workspace }, name) => {
      workspace.name = name;
      workspace.tell('');
      return undefined;
    },
  },
  close: { words: 'the workspace is closed', act: (qlab) => void qlab.closeWorkspace() },
  vanish: {
    words: 'the workspace is closed, and nobody is told',
    act: (qlab) => void qlab.forgetWorkspace(qlab.workspace),
  },
  open: { words: 'the workspace is opened again', act: (qlab) => void qlab.openWorkspace() },
  cut: { words: 'every TCP connection is cut', act: (qlab) => void qlab.dropClients() },
  refuse: { words: 'nobody new can connect', fault: () => ({ refuseConnections: true }) },
  slow: {
    takes: 'MS',
    words: 'each reply comes so many milliseconds later',
    fault: (rest) => {
      const delayMs = whole(rest);
      return delayMs === undefined ? undefined : { delayMs };
    },
  },
  hold: {
    takes: 'MS',
    words: 'all that it sends comes so many milliseconds later, but the answers to GO and start',
    fault: (rest) => {
      const holdMs = whole(rest);
      return holdMs === undefined ? undefined : { holdMs };
    },
  },
  hangup: {
    takes: 'MESSAGES',
    words: 'a TCP client is cut off after so many messages',
    fault: (rest) => {
      const closeAfter = whole(rest);
      return closeAfter ? { closeAfter } : undefined;
    },
  },
  silent: { words: 'no reply comes', fault: () => ({ dropReplies: true }) },
  deaf: { words: 'no message arrives', fault: () => ({ dropMessages: () => true }) },
  mute: { words: 'no report of a GO, a start or a stop comes', fault: () => ({ dropEvents: () => true }) },
  bare: { words: 'replies do not name the workspace', fault: () => ({ replyAddress: 'bare', jsonAddress: 'bare' }) },
  shuffle: {
    words: `replies and reports overtake each other, by up to ${SHUFFLE_MS} ms`,
    fault: () => ({ jitterMs: () => Math.random() * SHUFFLE_MS }),
  },
  swallow: { words: 'commands are answered with ok, and nothing fires', fault: () => ({ swallow: true }) },
  deny: { words: 'everything is denied', fault: () => ({ denied: true }) },
  well: { words: 'no fault any more' },
  help: { words: 'what can be typed', act: () => lineHelp() },
};

/** One line for each thing that can be typed. */
export const lineHelp = (): string =>
  Object.entries(LINES)
    .map(([name, { takes = '', words }]) => `  ${`${name} ${takes}`.padEnd(26)}${words}`)
    .join('\n');

/** Does what is typed at a simulated QLab. Faults add up until `well`. */
export function qlabLines(qlab: Qlab): (typed: string) => Promise<string> {
  let faults: Faults = {};
  /** @returns what was done, or why not, in words. */
  return async (typed) => {
    const [name = '', ...more] = typed.trim().split(/\s+/);
    const rest = more.join(' ');
    const line = Object.hasOwn(LINES, name) ? LINES[name] : undefined;
    if (!line) return `there is no ${name}; there are ${Object.keys(LINES).join(', ')}`;
    const needs = line.takes?.startsWith('[') === false && rest === '';
    const usage = `write ${name} ${line.takes ?? 'alone'}`;
    if (needs || (rest !== '' && line.takes === undefined)) return usage;
    if (line.act) {
      const why = line.act(qlab, rest);
      return why === false ? usage : (why ?? line.words);
    }
    const fault = line.fault?.(rest);
    if (line.fault && !fault) return usage;
    faults = fault ? { ...faults, ...fault } : {};
    await qlab.setFaults(faults);
    return line.words;
  };
}
