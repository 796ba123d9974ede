/**
 * Somebody else's program: what the doors promise to whoever compiles against the packed package. Each line that is expected to
 * be an error is one: a door that takes more or less than before does not compile here.
 */
import type { Adapter, Command, Connection, Health, Input, Receipt } from 'pacebuddy-bridge/adapter';
import {
  type Client,
  type ClientOutcome,
  connect,
  fileStore,
  memoryStore,
  type ShowState,
  timerValueMs,
} from 'pacebuddy-bridge/client';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Fact extends true>(): void => undefined;

export async function press(folder: string): Promise<number> {
  const client: Client = connect({
    url: 'http://127.0.0.1:8420',
    actor: { userId: 'u-sm-01', role: 'stageManager', deviceId: 'ipad-sm-1' },
    storage: folder === '' ? memoryStore() : fileStore(folder),
  });
  const stop = client.onState((state) => {
    holds<Same<typeof state, ShowState>>();
    holds<Same<typeof state.currentCueId, string | null>>();
    for (const timer of state.timers) timerValueMs(timer, 0).toFixed();
  });
  const outcome = await client.go();
  holds<Same<typeof outcome, ClientOutcome>>();
  stop();
  await client.close();
  // A refusal has a code and words, and no number.
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
  // @ts-expect-error what was taken has no code
  outcome.code;
  return outcome.eventSeq ?? 0;
}

// @ts-expect-error nobody has such a role
connect({ url: 'http://127.0.0.1:8420', actor: { userId: 'u', role: 'audience', deviceId: 'd' } });
// @ts-expect-error a client says who it is
connect({ url: 'http://127.0.0.1:8420' });

const send = async (command: Command): Promise<Receipt> => ({ reached: command.on ? 'sent' : 'acknowledged' });
const connection: Connection = {
  health: () => ({ status: 'unverified' }),
  onHealth: () => () => undefined,
  onInput: (listener) => {
    listener({ button: 1 });
    return () => undefined;
  },
  send,
  close: async () => undefined,
  closed: Promise.resolve(undefined),
};
export const lamp: Adapter = {
  kind: 'lamp',
  summarise: (command) => (command.on ? 'on' : 'off'),
  connect: async (_config, { patterns, clock }) => {
    holds<Same<typeof patterns, readonly Readonly<Record<string, unknown>>[]>>();
    await clock.sleep(0);
    return connection;
  },
};
// @ts-expect-error without a way to connect nothing is an adapter
export const deaf: Adapter = { kind: 'deaf', summarise: () => '' };
// @ts-expect-error health is what was observed, in four words
export const glad: Health = { status: 'fine' };
export const pressed = (input: Input): unknown => input.button;
