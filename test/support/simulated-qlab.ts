import { createSocket } from 'node:dgram';
import { encodeMessage } from '../../adapters/qlab/codec.js';
import { type Line, Talking } from './program.js';

/** `pacebuddy simulate qlab` as a process of its own, as a second Mac is. */
export interface QlabProcess {
  readonly port: number;
  /** The numbers of the cues that it fired, in order. */
  fired(): string[];
  /** What it printed, past or to come. */
  line(fits: (line: Line) => boolean): Promise<Line>;
  /** Somebody presses GO there, at a cue: by a remote of their own, not through the bridge. */
  operatorGo(number: string): void;
  /** The Mac loses its power. */
  kill(): Promise<void>;
}

/** Starts it and waits until it listens. @param port  0: any free one */
export async function startQlabProcess(port: number, cues: readonly string[]): Promise<QlabProcess> {
  const program = new Talking(['simulate', 'qlab', '--port', String(port), '--cues', cues.join(','), '--json']);
  const ready = await program.line(({ msg }) => msg === 'qlab.ready');
  return {
    port: Number(ready.port),
    fired: () => program.lines.filter(({ msg }) => msg === 'qlab.fired').map(({ number }) => String(number)),
    line: (fits) => program.line(fits),
    operatorGo: (number) => {
      const socket = createSocket('udp4');
      socket.send(encodeMessage('/go', [number]), Number(ready.port), '127.0.0.1', () => socket.close());
    },
    kill: async () => {
      program.process.kill('SIGKILL');
      await program.ended;
    },
  };
}
