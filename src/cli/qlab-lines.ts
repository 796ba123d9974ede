import type { simulators } from '../main.js';

type Qlab = Awaited<ReturnType<typeof simulators.qlab>>;
type Faults = Parameters<Qlab['setFaults']>[0];

interface Line {
  /** What it takes, such as `[NUMBER]`. */
  takes?: string;
  words: string;
  /** @returns why it could not be done. */
  act?: (qlab: Qlab, rest: string) => string | undefined;
  /** A fault stays until `well`; undefined: `rest` is not what it takes. */
  fault?: (rest: string) => Faults | undefined;
}

const milliseconds = (text: string): number | undefined => (/^[0-9]{1,5}$/.test(text) ? Number(text) : undefined);
const SHUFFLE_MS = 300;

/** What can be typed: what an operator does at QLab, and what can be wrong with it. */
const LINES: Readonly<Record<string, Line>> = {
  go: {
    takes: '[NUMBER]',
    words: 'the operator presses GO, at the playhead or at a cue',
    act: (qlab, number) => (qlab.operatorGo(number || undefined) ? undefined : 'no cue went'),
  },
  start: {
    takes: 'NUMBER',
    words: 'the operator starts a cue by itself',
    act: (qlab, number) => (qlab.operatorStart(number) ? undefined : `there is no cue ${number}`),
  },
  playhead: {
    takes: '[NUMBER]',
    words: 'the operator moves the playhead, to no cue without a number',
    act: (qlab, number) => void qlab.operatorPlayhead(number || undefined),
  },
  panic: { words: 'the operator panics', act: (qlab) => void qlab.operatorPanic() },
  close: { words: 'the workspace is closed', act: (qlab) => void qlab.closeWorkspace() },
  open: { words: 'the workspace is opened again', act: (qlab) => void qlab.openWorkspace() },
  cut: { words: 'every TCP connection is cut', act: (qlab) => void qlab.dropClients() },
  refuse: { words: 'nobody new can connect', fault: () => ({ refuseConnections: true }) },
  slow: {
    takes: 'MS',
    words: 'each reply comes so many milliseconds later',
    fault: (rest) => {
      const delayMs = milliseconds(rest);
      return delayMs === undefined ? undefined : { delayMs };
    },
  },
  hold: {
    takes: 'MS',
    words: 'all that it sends comes so many milliseconds later, but the answers to GO and start',
    fault: (rest) => {
      const holdMs = milliseconds(rest);
      return holdMs === undefined ? undefined : { holdMs };
    },
  },
  silent: { words: 'no reply comes', fault: () => ({ dropReplies: true }) },
  shuffle: {
    words: `replies and reports overtake each other, by up to ${SHUFFLE_MS} ms`,
    fault: () => ({ jitterMs: () => Math.random() * SHUFFLE_MS }),
  },
  swallow: { words: 'commands are answered with ok, and nothing fires', fault: () => ({ swallow: true }) },
  deny: { words: 'everything is denied', fault: () => ({ denied: true }) },
  well: { words: 'no fault any more' },
};

/** One line for each thing that can be typed. */
export const lineHelp = (): string =>
  Object.entries(LINES)
    .map(([name, { takes = '', words }]) => `  ${`${name} ${takes}`.padEnd(20)}${words}`)
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
    if (needs || (rest !== '' && line.takes === undefined)) return `write ${name} ${line.takes ?? 'alone'}`;
    if (line.act) return line.act(qlab, rest) ?? line.words;
    const fault = line.fault?.(rest);
    if (line.fault && !fault) return `write ${name} ${line.takes}`;
    faults = fault ? { ...faults, ...fault } : {};
    await qlab.setFaults(faults);
    return line.words;
  };
}
