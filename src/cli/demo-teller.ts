import type { Outcome, Published, ShowState } from '../app/bridge.js';
import type { Clock } from '../kit/clock.js';
import { BOLD, GREEN, isColourful, painted, RED, YELLOW } from '../kit/colours.js';

const STATUS_WORDS: Record<string, string> = {
  up: 'up',
  unverified: 'open, unverified',
  degraded: 'degraded',
  down: 'down',
};

/** Tells the demo's events to a person, or as JSON to a script. */
export class DemoTeller {
  readonly #clock: Clock;
  readonly #json: boolean;
  readonly #write: (line: string) => void;
  readonly #colour: boolean;

  constructor(options: { clock: Clock; json: boolean; write: (line: string) => void }) {
    this.#clock = options.clock;
    this.#json = options.json;
    this.#write = options.write;
    this.#colour = !options.json && isColourful();
  }

  welcome({ url, qlabPort, keys }: { url: string; qlabPort: number; keys: boolean }): void {
    if (this.#json) {
      this.#write(JSON.stringify({ msg: 'demo.ready', url, qlabPort }));
      return;
    }
    const how = keys
      ? 'SPACE is GO   B back   H hold and resume   O the operator presses GO in QLab   Q quits'
      : 'a line with go, back, hold, operator or quit';
    this.#write(
      [
        '',
        this.#paint(BOLD, 'The Lamplighters, on the PaceBuddy bridge'),
        '',
        `  page       ${url}/`,
        `  WebSocket  ${url.replace('http', 'ws')}/ws`,
        '  OSC        oscsend 127.0.0.1 53100 /go',
        `  QLab       simulated, on 127.0.0.1:${qlabPort}`,
        `  keys       ${how}`,
        '',
      ].join('\n'),
    );
  }

  goodbye(): void {
    if (!this.#json) this.#write('\nStopped. The log of this demo is gone with it.');
  }

  events(entries: Published, stateOf: () => ShowState): void {
    for (const { event } of entries) {
      if (this.#json) {
        this.#write(JSON.stringify(event));
        continue;
      }
      const acceptedMs = Math.max(0, this.#clock.wall() - Date.parse(event.recordedAt));
      const line = (what: string, stages: string) =>
        this.#write(`${event.recordedAt.slice(11, 23)}  ${what.padEnd(52)}  ${stages}`);
      const stage = (what: string, stages: string) => this.#write(`${''.padEnd(16)}${what.padEnd(50)}${stages}`);
      switch (event.eventType) {
        case 'CueAdvanced': {
          const cue = cueOf(stateOf(), event.payload.toCueId);
          const from = event.actor.deviceId === 'terminal' ? '' : ` from ${event.actor.deviceId}`;
          line(
            `${this.#paint(`${BOLD};${GREEN}`, `GO ${cue.number}`)}  ${cue.label}${from}`,
            `accepted ${ms(acceptedMs)}`,
          );
          break;
        }
        case 'CueReverted': {
          const { toCueId } = event.payload;
          line(
            `Back to ${toCueId === null ? 'before the first cue' : cueOf(stateOf(), toCueId).number}`,
            `accepted ${ms(acceptedMs)}`,
          );
          break;
        }
        case 'EmergencyTriggered':
          line(
            `${this.#paint(`${BOLD};${RED}`, event.payload.level.toUpperCase())}  ${event.payload.code}`,
            `accepted ${ms(acceptedMs)}`,
          );
          break;
        case 'EmergencyResolved':
          line('Resolved, the show may go on', `accepted ${ms(acceptedMs)}`);
          break;
        case 'OutputSent': {
          const { device, summary, latencyMs = 0, acknowledgedMs } = event.payload;
          const answered = acknowledgedMs === undefined ? '' : `, acknowledged ${ms(acknowledgedMs)}`;
          stage(`${device}: ${summary}`, `sent ${ms(latencyMs)}${answered}`);
          break;
        }
        case 'OutputConfirmed':
          stage(
            `${event.payload.device}: ${event.payload.summary}`,
            this.#paint(GREEN, `confirmed ${ms(event.payload.latencyMs ?? 0)}`),
          );
          break;
        case 'OutputFailed': {
          const { device, summary, code, detail } = event.payload;
          stage(`${device}: ${summary}`, this.#paint(RED, `FAILED ${code}${detail ? `: ${detail}` : ''}`));
          break;
        }
        case 'DeviceStatusChanged': {
          const { device, status, detail } = event.payload;
          if (status === 'connecting') break;
          line(`${device} is ${STATUS_WORDS[status] ?? status}`, detail ?? '');
          break;
        }
        default:
          line(`${event.eventType} from ${event.actor.deviceId}`, `accepted ${ms(acceptedMs)}`);
      }
    }
  }

  /** A port that could not be had, and what became of whoever was to listen there. */
  moved({ port, why, words }: { port: number; why: 'taken' | 'refused'; words: string }): void {
    const what = why === 'taken' ? 'is taken' : 'cannot be had';
    this.#write(
      this.#json
        ? JSON.stringify({ msg: 'demo.moved', port, why, words })
        : this.#paint(YELLOW, `port ${port} ${what}: ${words}`),
    );
  }

  /** What became of a key. What was taken is told as an event. */
  outcome(wish: string, outcome: Outcome): void {
    if (!outcome.ok) this.#refused(wish, outcome);
  }

  /** A key that came again so soon that it may be one that is held: a terminal cannot tell. @param wish  GO, or the key. */
  pressedAgain(wish: string, withinMs: number): void {
    const message = `it came again within ${withinMs / 1000} s, as a key that is held does`;
    this.#refused(wish, { code: wish === 'GO' ? 'GO_GUARD' : undefined, message });
  }

  #refused(wish: string, { code, message }: { code: string | undefined; message: string }): void {
    const why = code === undefined ? message : `${code}, ${message}`;
    this.#write(
      this.#json
        ? JSON.stringify({ msg: 'press.refused', wish, code, message })
        : `${''.padEnd(14)}${this.#paint(YELLOW, `${wish} was not taken: ${why}`)}`,
    );
  }

  /** What went wrong, and ends nothing. */
  fault(words: string): void {
    this.#write(this.#json ? JSON.stringify({ msg: 'demo.fault', detail: words }) : this.#paint(RED, words));
  }

  /** A log line, of which only inputs without effect and faults are told. */
  log(text: string): void {
    const line = JSON.parse(text) as {
      msg: string;
      level: string;
      device?: string;
      code?: string;
      detail?: string;
      input?: string;
    };
    if (this.#json) return;
    if (line.msg === 'input.refused') {
      this.#write(
        `${''.padEnd(14)}${this.#paint(YELLOW, `${line.device}'s press was not taken: ${line.code}, ${line.detail}`)}`,
      );
    } else if (line.msg === 'input.unused') {
      this.#write(`${''.padEnd(14)}${this.#paint(YELLOW, `${line.device} said ${line.input}: ${line.detail}`)}`);
    } else if (line.level === 'error' && !line.msg.startsWith('output.')) {
      this.#write(`${''.padEnd(14)}${this.#paint(RED, `${line.msg}: ${line.code ?? ''} ${line.detail ?? ''}`)}`);
    }
  }

  #paint(style: string, text: string): string {
    return this.#colour ? painted(style, text) : text;
  }
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

function cueOf(state: ShowState, cueId: string): { number: string; label: string } {
  for (const act of state.acts) {
    for (const segment of act.segments) {
      const cue = segment.cues.find((each) => each.id === cueId);
      if (cue) return { number: cue.number, label: cue.label ?? '' };
    }
  }
  return { number: cueId, label: '' };
}
