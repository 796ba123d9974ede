/**
 * Consoles that speak as their makers' documents say (the sources are in config/osc-profiles/*.yaml; nothing here is read
 * from those files), on a real socket: what they are told, and what an operator does at them.
 */
import type { OscArg, OscMessage, ReceivedMessage } from '../../src/wire/osc/codec.js';
import { type OscSimulator, type OscSimulatorOptions, openOscSimulator } from './simulator.js';

export type ConsoleKind = 'eos' | 'grandma3' | 'qlcplus' | 'linux-show-player' | 'reaper';

/** The consoles that there are. */
export const consoleKinds: readonly ConsoleKind[] = ['eos', 'grandma3', 'qlcplus', 'linux-show-player', 'reaper'];

/** How a console behaves; each message that it gets gives what it says to it. */
interface Behaviour {
  /** What was fired, oldest first, in the console's own words; it may go on growing. */
  readonly fired: string[];
  take(message: ReceivedMessage): OscMessage[];
  /** An operator fires `what`, in the words of `fired`. */
  press(what: string): OscMessage[];
}

export interface ConsoleSimulator {
  readonly simulator: OscSimulator;
  readonly fired: readonly string[];
  /** Nothing is said any more, not even to a ping; what comes in is still done. */
  isMute: boolean;
  /** What it would say is kept for `release`. */
  isStalled: boolean;
  /** Says what was kept. */
  release(): Promise<void>;
  /** What an operator can fire here, in words with an example. */
  readonly firable: string;
  /** An operator fires `what`. @returns once the packets have left; false: it is nothing that can be fired here. */
  press(what: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Messages that a stalled console keeps. */
const KEPT_MAX = 1000;

/** @throws the system's error when the port is taken */
export async function startConsole(
  kind: ConsoleKind,
  options: Omit<OscSimulatorOptions, 'onMessage'> & { onFired?: (what: string, by: 'bridge' | 'operator') => void },
): Promise<ConsoleSimulator> {
  const behaviour = BEHAVIOURS[kind]();
  const kept: OscMessage[] = [];
  let told = 0;
  const tellFired = (by: 'bridge' | 'operator'): void => {
    for (; told < behaviour.fired.length; told++) options.onFired?.(behaviour.fired[told] ?? '', by);
  };
  const say = async (messages: readonly OscMessage[]): Promise<void> => {
    if (console.isMute) return;
    if (console.isStalled) {
      kept.push(...messages);
      kept.splice(0, Math.max(0, kept.length - KEPT_MAX));
      return;
    }
    for (const message of messages) await simulator.send(message).catch(() => undefined);
  };
  const simulator = await openOscSimulator({
    ...options,
    onMessage: (message) => {
      const answers = behaviour.take(message);
      tellFired('bridge');
      void say(answers);
    },
  });
  const console: ConsoleSimulator = {
    simulator,
    fired: behaviour.fired,
    isMute: false,
    isStalled: false,
    release: () => {
      console.isStalled = false;
      return say(kept.splice(0));
    },
    firable: FIRABLE[kind].words,
    press: async (what) => {
      if (!FIRABLE[kind].shape.test(what)) return false;
      const reports = behaviour.press(what);
      tellFired('operator');
      await say(reports);
      return true;
    },
    close: () => simulator.close(),
  };
  return console;
}

/** What an operator fires at each. */
const FIRABLE: Readonly<Record<ConsoleKind, { shape: RegExp; words: string }>> = {
  eos: { shape: /^[0-9]+\/[0-9.]+$/, words: 'a cue list and a cue, such as 1/45' },
  grandma3: { shape: /^[0-9]+$/, words: 'the number of a sequence, such as 4' },
  qlcplus: { shape: /^\/\S+$/, words: 'the path of a button, such as /booth/go' },
  'linux-show-player': {
    shape: /^[A-Za-z0-9._-]+$/,
    words: 'a cue, such as 12, which tells that it started; no other does',
  },
  reaper: { shape: /^\/\S+$/, words: 'an action, such as /play, /pause, /stop or /marker/3' },
};

const BEHAVIOURS: Readonly<Record<ConsoleKind, () => Behaviour>> = {
  eos,
  grandma3,
  qlcplus,
  'linux-show-player': linuxShowPlayer,
  reaper,
};

const s = (value: string): OscArg => ({ type: 's', value });
const f = (value: number): OscArg => ({ type: 'f', value });
const i = (value: number): OscArg => ({ type: 'i', value });
const message = (address: string, ...args: OscArg[]): OscMessage => ({ address, args });

/** The first argument as a number; a button that is sent without one is pressed. */
function edgeOf({ args: [first] }: ReceivedMessage): number {
  return first && 'value' in first && typeof first.value === 'number' ? first.value : 1;
}

const textOf = ({ args: [first] }: ReceivedMessage): string => (first?.type === 's' ? first.value : '');

/** ETC Eos: event and active cue after a fire, both; active once a second as well, which is no fire. */
function eos(): Behaviour {
  const fired: string[] = [];
  let active = '1/0';
  /** Every cue is there; the next one has the next whole number. */
  const next = (): string => active.replace(/[0-9.]+$/, (number) => String(Math.floor(Number(number)) + 1));
  const fire = (cue: string): OscMessage[] => {
    fired.push(cue);
    active = cue;
    const label = `Look ${cue}`;
    return [
      message('/eos/out/pending/cue/text', s(`${next()} Label 0:05`)),
      message(`/eos/out/event/cue/${cue}/fire`, s(label)),
      message(`/eos/out/active/cue/${cue}`, f(0)),
      message('/eos/out/active/cue', f(0)),
      message('/eos/out/active/cue/text', s(`${cue} ${label} 0:05 0%`)),
      message(`/eos/out/active/cue/${cue}`, f(1)),
    ];
  };
  return {
    fired,
    press: fire,
    take(received) {
      const { address, args } = received;
      if (address === '/eos/ping') return [message('/eos/out/ping', ...args)];
      const isDown = edgeOf(received) !== 0;
      const cue = /^\/eos\/cue\/([0-9]+\/[0-9.]+)\/fire$/.exec(address)?.[1];
      if (cue !== undefined) return isDown ? fire(cue) : [];
      const macro = /^\/eos\/macro\/([0-9]+)\/fire$/.exec(address)?.[1];
      if (macro !== undefined) {
        fired.push(`macro ${macro}`);
        return [message(`/eos/out/event/macro/${macro}`)];
      }
      if (address === '/eos/key/go_0' && isDown) return fire(next());
      if (address === '/eos/key/stop' && isDown) return [message(`/eos/out/event/cue/${active}/stop`)];
      if (address === '/eos/user/0/newcmd') return [message('/eos/out/user/0/cmd', ...args)];
      // Whatever stood on the operator's own line is gone.
      if (address === '/eos/newcmd') return [message('/eos/out/cmd', ...args)];
      return [];
    },
  };
}

/** grandMA3 2.3 with Send on: reports key functions of sequences by their place in its tree, and answers nothing. */
function grandma3(): Behaviour {
  const fired: string[] = [];
  const report = (sequence: string, action: string): OscMessage[] => {
    const address = `/14.14.1.6.${sequence}`;
    fired.push(`${action} ${sequence}`);
    return [message(address, s(action), i(1), s('Cue 3')), message(address, s(action), i(0), s('Cue 3'))];
  };
  return {
    fired,
    press: (sequence) => report(sequence, 'Go+'),
    take(received) {
      const { address } = received;
      if (address.startsWith('/Page')) fired.push(`${address} ${edgeOf(received)}`);
      if (address !== '/cmd') return [];
      const [, action, sequence] = /^(Go\+|Pause|Off) Sequence ([0-9]+)$/.exec(textOf(received)) ?? [];
      if (action !== undefined && sequence !== undefined) return report(sequence, action);
      fired.push(textOf(received));
      return [];
    },
  };
}

/** QLC+ 4.12 with Feedback and Output: a toggle button's feedback comes twice, and its scene's level once. */
function qlcplus(): Behaviour {
  const fired: string[] = [];
  const on = new Set<string>();
  const toggle = (path: string): OscMessage[] => {
    fired.push(path);
    if (on.has(path)) on.delete(path);
    else on.add(path);
    const value = on.has(path) ? 1 : 0;
    return [message(path, f(value)), message('/0/dmx/3', f(value)), message(path, f(value))];
  };
  return { fired, press: toggle, take: (received) => (edgeOf(received) > 0 ? toggle(received.address) : []) };
}

/** Linux Show Player 0.6 with the controls and OSC cues of its profile's set-up: cue 12 tells that it started, others do not. */
function linuxShowPlayer(): Behaviour {
  const fired: string[] = [];
  const start = (cue: string): OscMessage[] => {
    fired.push(cue);
    return cue === '12' ? [message('/lisp/fired/12')] : [];
  };
  return {
    fired,
    press: start,
    take({ address, types }) {
      // A control wants exactly its path, types and arguments.
      if (types !== '') return [];
      const cue = /^\/lisp\/cue\/([A-Za-z0-9._-]+)\/start$/.exec(address)?.[1];
      if (cue !== undefined) return start(cue);
      if (address === '/lisp/go') return start('12');
      if (/^\/lisp\/(stop|pause|resume|reset)$/.test(address)) fired.push(address.slice('/lisp/'.length));
      return [];
    },
  };
}

/** REAPER: triggers without an argument or with 1; states are told when they change, and time while it plays. */
function reaper(): Behaviour {
  const fired: string[] = [];
  let isPlaying = false;
  const play = (now: boolean): OscMessage[] => {
    const told = now === isPlaying ? [] : [message('/play', f(now ? 1 : 0)), message('/stop', f(now ? 0 : 1))];
    isPlaying = now;
    return now ? [...told, message('/time', f(1.5)), message('/time/str', s('0:01.500'))] : told;
  };
  const trigger = (address: string): OscMessage[] => {
    fired.push(address);
    if (address === '/play') return play(true);
    if (address === '/stop') return play(false);
    if (address === '/pause') return play(!isPlaying);
    const marker = /^\/marker\/([0-9]+)$/.exec(address)?.[1];
    return marker === undefined ? [] : [message('/lastmarker/number/str', s(marker))];
  };
  return { fired, press: trigger, take: (received) => (edgeOf(received) === 1 ? trigger(received.address) : []) };
}
