/** Two nodes on one log, both with devices: who performs what, under delays, lost answers, fences and a death. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { startConsole } from '../../adapters/osc/console-simulator.js';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { type Output, Outputs } from '../../src/devices/outputs.js';
import { newId } from '../../src/kit/ids.js';
import { silentLog } from '../../src/kit/log.js';
import type { Outcome } from '../../src/protocol/decision.js';
import { openSequencer } from '../../src/sequencer/sequencer.js';
import { initialState } from '../../src/show/state.js';
import { freePort } from '../support/free-port.js';
import { entryOf, idOf, SHOW } from '../support/journal-rig.js';
import { keptLog } from '../support/log-lines.js';
import { draftOf, showOf, type Wished } from '../support/sequencer-rig.js';
import { SharedJournal, SharedLog, STRAIGHT, type Way } from '../support/shared-log.js';
import { smallShow } from '../support/small-show.js';
import { TestClock } from '../support/test-clock.js';
import { eventually } from '../support/waiting.js';

/** Each rule sends every GO to one device: one that both reach, and one that is plugged in at each. */
const DEVICES = ['qlab', 'lamp-a', 'lamp-b'];
const OUTPUTS: Output[] = DEVICES.map((device) => ({
  ...{ ruleId: `to-${device}`, outputId: `to-${device}`, device },
  ...{ command: {}, maxLateMs: 60_000 },
}));

interface Sent {
  by: string;
  device: string;
  messageId: string;
}

/** The house: one log, its devices, and who owns them. */
class House {
  readonly log = new SharedLog();
  readonly sent: Sent[] = [];
  /** Each question of a node whether it owns a device, for one event. */
  readonly asked: (Sent & { owned: boolean })[] = [];
  readonly clock = new TestClock();
  /** Null: nobody, as between two owners. */
  readonly owners = new Map<string, string | null>([
    ['qlab', 'a'],
    ['lamp-a', 'a'],
    ['lamp-b', 'b'],
  ]);
}

/** A bridge of it without its doors: a sequencer, and outputs to the devices of the house. */
async function nodeOf(house: House, name: string, way: Way = STRAIGHT) {
  const { log, clock } = house;
  const journal = new SharedJournal(log, name, way);
  const kept = keptLog();
  const performed: string[] = [];
  const published: number[] = [];
  /** What was answered to each message, as often as it was. */
  const answers = new Map<string, Outcome[]>();
  const propose = (wished: Wished): Promise<Outcome> =>
    new Promise((resolve) => {
      const draft = draftOf(wished);
      const given: Outcome[] = answers.get(draft.messageId) ?? [];
      answers.set(draft.messageId, given);
      sequencer.propose(draft, (outcome) => {
        given.push(outcome);
        resolve(outcome);
      });
    });
  let performing = '';
  const outputs = new Outputs({
    ownership: {
      owns: (device) => {
        const owned = house.owners.get(device) === name;
        house.asked.push({ by: name, device, messageId: performing, owned });
        return owned;
      },
    },
    send: async (device) => {
      house.sent.push({ by: name, device, messageId: performing });
      return { reached: 'sent' };
    },
    summarise: () => 'start',
    tell: ({ cause, device, ruleId, summary, stage }) => {
      const eventType = stage === 'failed' ? 'OutputFailed' : 'OutputSent';
      const payload = { device, node: name, ruleId, summary, ...(stage === 'failed' ? { code: 'OUTPUT_LATE' } : {}) };
      void propose({ eventType, role: 'bridge', causationId: cause.messageId, payload });
    },
    clock,
    log: kept.log,
  });
  const sequencer = await openSequencer({
    ...{ showId: SHOW, fingerprint: 'f', goGuardMs: 0, patches: false, clock, log: kept.log },
    initial: initialState(showOf(300)),
    openJournal: journal.open,
    effects: {
      perform: (event) => {
        performed.push(event.messageId);
        performing = event.messageId;
        if (event.eventType === 'CueAdvanced') outputs.perform(event, OUTPUTS);
      },
      publish: (entries) => void published.push(...entries.map(({ event }) => event.eventSeq)),
    },
  });
  return { name, journal, sequencer, propose, answers, performed, published, log: kept };
}

type Node = Awaited<ReturnType<typeof nodeOf>>;

/** Until nothing is under way any more. */
async function settle(house: House, nodes: Node[]): Promise<void> {
  const isQuiet = () =>
    nodes.every(
      ({ sequencer, answers }) =>
        sequencer.lastEventSeq === house.log.stored.length && [...answers.values()].every((given) => given.length > 0),
    );
  for (let quiet = 0, turns = 0; quiet < 30; turns += 1) {
    if (turns > 20_000) throw new Error('the house does not come to rest');
    quiet = isQuiet() ? quiet + 1 : 0;
    await turn();
  }
}

/** What must hold of a house, whatever happened in it. */
function examine(house: House, nodes: Node[], dead?: Node): void {
  const { stored } = house.log;
  const all = dead ? [...nodes, dead] : nodes;
  const events = stored.map(({ entry }) => entry.event);
  expect(events.map(({ eventSeq }) => eventSeq)).toEqual(events.map((_, i) => i + 1));
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);

  // The writer performs each of its events once, and nobody else does.
  for (const { name, performed } of all) {
    const own = stored.filter(({ writer }) => writer === name).map(({ entry }) => entry.event.messageId);
    expect(performed).toEqual(name === dead?.name ? own.slice(0, performed.length) : own);
  }
  // Each output is asked for once, sent if it was the asker's, and told as sent once; nothing is told of others' devices.
  const keyOf = ({ device, messageId }: Sent) => `${device} ${messageId}`;
  expect(new Set(house.asked.map(keyOf)).size).toBe(house.asked.length);
  expect(house.sent.map(keyOf)).toEqual(house.asked.filter(({ owned }) => owned).map(keyOf));
  for (const { entry, writer } of stored) {
    const { eventType, messageId } = entry.event;
    if (eventType !== 'CueAdvanced' || writer === dead?.name) continue;
    expect(house.asked.filter((one) => one.messageId === messageId).map(({ by }) => by)).toEqual(
      DEVICES.map(() => writer),
    );
  }
  const told = events.flatMap((event) => {
    if (event.eventType === 'OutputFailed') throw new Error('an output was told as failed');
    if (event.eventType !== 'OutputSent') return [];
    return [`${event.payload.device} ${event.causationId} ${event.payload.node}`];
  });
  expect(new Set(told).size).toBe(told.length);
  const sent = new Set(house.sent.map((one) => `${keyOf(one)} ${one.by}`));
  expect(told.filter((one) => !sent.has(one))).toEqual([]);

  for (const { answers } of nodes) {
    for (const [messageId, given] of answers) {
      const [outcome] = given;
      const isAtBoth = all.every((node) => node.answers.has(messageId));
      expect(given).toHaveLength(1);
      if (outcome?.ok) expect(outcome.eventSeq).toBe(house.log.seqOf(messageId));
      else if (!isAtBoth) expect(house.log.seqOf(messageId)).toBe(0);
    }
  }
  // Also the one where nobody pressed is where the log is, and has published each event once, in order.
  for (const { sequencer, published, log } of nodes) {
    expect(published).toEqual(events.map((_, i) => i + 1));
    expect(sequencer.state).toEqual(nodes[0]?.sequencer.state);
    expect([log.named('effect.failed'), log.named('event.failed')]).toEqual([[], []]);
  }
}

const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ press: fc.constantFrom('a', 'b', 'both'), sees: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ crowd: fc.constantFrom('a', 'b'), count: fc.integer({ min: 61, max: 130 }) }) },
  { weight: 2, arbitrary: fc.record({ owner: fc.constantFrom('a', 'b', null) }) },
  { weight: 1, arbitrary: fc.record({ fence: fc.constantFrom('a', 'b'), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ quorum: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ deaf: fc.constantFrom('a', 'b'), on: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ turns: fc.integer({ min: 1, max: 12 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(house: House, nodes: Record<'a' | 'b', Node>, what: Step, alive: Node[]): Promise<void> {
  if ('press' in what) {
    const messageId = newId();
    const pressed = alive.filter(({ name }) => what.press === name || what.press === 'both');
    const fromCueId = alive[0]?.sequencer.state.currentCueId ?? null;
    for (const node of pressed) void node.propose({ messageId, payload: what.sees ? { fromCueId } : {} });
  } else if ('crowd' in what) {
    const node = nodes[what.crowd];
    if (!alive.includes(node)) return;
    for (let i = 0; i < what.count; i += 1) {
      void node.propose({ eventType: 'TimerSetOverride', payload: { timerId: 't', value: '00:00:01.000' } });
    }
  } else if ('owner' in what) house.owners.set('qlab', what.owner);
  else if ('fence' in what) {
    if (what.on) house.log.fenced.add(what.fence);
    else house.log.fenced.delete(what.fence);
  } else if ('deaf' in what) {
    nodes[what.deaf].journal.isDeaf = what.on;
    // By then it has tried again.
    await house.clock.advance(100);
  } else if ('quorum' in what) house.log.hasQuorum = what.quorum;
  else for (let i = 0; i < what.turns; i += 1) await turn();
}

/** A way whose delays and losses are drawn before. */
const wayOf = (delays: fc.Stream<number>, losses: fc.Stream<boolean>): Way => ({
  turns: () => delays.next().value,
  losesAnswer: () => losses.next().value,
});
const delays = fc.infiniteStream(fc.nat(6));
const losses = fc.infiniteStream(fc.integer({ min: 0, max: 4 }).map((n) => n === 0));

test('whatever happens between two nodes and their log, each output is performed once, and both hold the same show', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      fc.option(fc.record({ name: fc.constantFrom('a' as const, 'b' as const), at: fc.nat(39) }), { nil: undefined }),
      fc.tuple(delays, losses, delays, losses),
      async (steps, death, [delaysA, lossesA, delaysB, lossesB]) => {
        const house = new House();
        const nodes = {
          a: await nodeOf(house, 'a', wayOf(delaysA, lossesA)),
          b: await nodeOf(house, 'b', wayOf(delaysB, lossesB)),
        };
        let alive: Node[] = [nodes.a, nodes.b];
        for (const [i, what] of steps.entries()) {
          if (death?.at === i) {
            nodes[death.name].journal.isCut = true;
            alive = alive.filter(({ name }) => name !== death.name);
          }
          await take(house, nodes, what, alive);
        }
        house.log.hasQuorum = true;
        house.log.fenced.clear();
        for (const { journal } of alive) journal.isDeaf = false;
        await house.clock.advance(100);
        await settle(house, alive);
        examine(house, alive, alive.length === 1 && death ? nodes[death.name] : undefined);
        await Promise.all(alive.map(({ sequencer }) => sequencer.close()));
      },
    ),
    { numRuns: 150 },
  );
});

/** A device that only listens, and the addresses of what it got. */
async function lamp() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const got: string[] = [];
  socket.on('message', (packet) => got.push(packet.toString('latin1').split('\0')[0] ?? ''));
  return { got, port: socket.address().port };
}

/** A whole bridge on the shared log. @param devices  by name, as its bridge file has them, or the port of a lamp */
async function bridgeOf(log: SharedLog, id: string, devices: Record<string, number | string>, owned: string[]) {
  const lines = Object.entries(devices).map(([name, it]) =>
    typeof it === 'string'
      ? `  ${name}: ${it}`
      : `  ${name}: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${it} }`,
  );
  const lamps = Object.keys(devices).filter((name) => typeof devices[name] === 'number');
  const rules = lamps.map(
    (name) =>
      `  - { id: to-${name}, event: CueAdvanced, call: lighting, send: { device: ${name}, address: /go/$call.number } }`,
  );
  const parts = ['devices:', ...lines, ...(rules.length > 0 ? ['outputs:', ...rules] : [])].join('\n');
  const { folder, file } = await smallShow({ cues: 9, parts });
  onTestFinished(() => rm(folder, { recursive: true }));
  const loaded = await loadChecked(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { open: openJournal } = new SharedJournal(log, id);
  const ownership = { owns: (device: string) => owned.includes(device) };
  const bridge = await Bridge.start({ checked: loaded.bridge, log: silentLog, node: { id, ownership, openJournal } });
  onTestFinished(async () => void (await bridge.close()));
  return bridge;
}

const eventsOf = (log: SharedLog) => log.stored.map(({ entry }) => entry.event);

/** What the log tells of devices, in the order of the log, each as its type, the device and its node. */
const factsOf = (log: SharedLog, eventType: string) =>
  eventsOf(log).flatMap((event) => {
    if (event.eventType !== eventType) return [];
    const { device, node } = event.payload as { device: string; node?: string };
    return [`${device}@${node}`];
  });

test('two whole bridges: each sends to its own devices, tells of them alone, and shows what the other did', async () => {
  const [desk, lampA, lampB] = [await lamp(), await lamp(), await lamp()];
  const log = new SharedLog();
  const a = await bridgeOf(log, 'a', { desk: desk.port, 'lamp-a': lampA.port }, ['desk', 'lamp-a']);
  const b = await bridgeOf(log, 'b', { desk: desk.port, 'lamp-b': lampB.port }, ['lamp-b']);
  expect(await a.press('CueAdvanced', {}, 'booth')).toMatchObject({ ok: true });
  await eventually(() => factsOf(log, 'OutputSent').length === 2, 'what a sent');
  await eventually(() => b.sequencer.state.currentCueId === 'c0', 'the GO at b');
  expect(await b.press('CueAdvanced', {}, 'booth')).toMatchObject({ ok: true });
  await eventually(() => factsOf(log, 'OutputSent').length === 3, 'what b sent');
  await eventually(() => a.sequencer.lastEventSeq === log.stored.length, 'all of it at a');
  expect([desk.got, lampA.got, lampB.got]).toEqual([['/go/0'], ['/go/0'], ['/go/1']]);
  expect(factsOf(log, 'OutputSent')).toEqual(['desk@a', 'lamp-a@a', 'lamp-b@b']);
  expect(factsOf(log, 'OutputFailed')).toEqual([]);
  expect(new Set(factsOf(log, 'DeviceStatusChanged'))).toEqual(new Set(['desk@a', 'lamp-a@a', 'lamp-b@b']));
  const { state } = (await (await fetch(`${a.url}/v1/show`)).json()) as { state: typeof a.sequencer.state };
  expect(state.currentCueId).toBe('c1');
  expect(state.devices.find(({ device }) => device === 'lamp-b')).toMatchObject({ node: 'b' });
});

test('a bridge that comes to a log of another marks none of its devices as gone, and retells none of its outputs', async () => {
  const [desk, lampB] = [await lamp(), await lamp()];
  const log = new SharedLog();
  const fact = (seq: number, eventType: string, payload: object, more: object = {}) => {
    const actor = { userId: 'u-sm', role: 'stageManager', deviceId: 'booth' };
    const event = { ...entryOf(seq).event, eventType, actor, payload, ...more } as never;
    log.store('a', [{ event, json: Buffer.from(JSON.stringify(event)) }], seq - 1);
  };
  fact(1, 'DeviceStatusChanged', { device: 'lamp-a', node: 'a', adapter: 'osc', status: 'up' });
  fact(2, 'DeviceStatusChanged', { device: 'old', node: 'b', adapter: 'osc', status: 'up' });
  fact(3, 'CueAdvanced', { segmentId: 's', fromCueId: null, toCueId: 'c0' });
  fact(4, 'CueAdvanced', { segmentId: 's', fromCueId: 'c0', toCueId: 'c1' });
  const about = { ruleId: 'to-desk', outputId: 'to-desk', causeSeq: 4, code: 'OUTPUT_UNSENT', cueId: 'c1' };
  fact(5, 'OutputFailed', { device: 'desk', node: 'a', ...about, summary: 'as a says' }, { causationId: idOf(4) });
  const b = await bridgeOf(log, 'b', { desk: desk.port, 'lamp-b': lampB.port }, ['lamp-b']);
  await eventually(
    () => b.sequencer.state.devices.find(({ device }) => device === 'old')?.status === 'down',
    'b’s own',
  );
  await b.sequencer.idle();
  const since = eventsOf(log).slice(5);
  expect(since.filter(({ eventType }) => eventType === 'OutputFailed').map(({ payload }) => payload)).toMatchObject([
    { device: 'lamp-b', node: 'b', causeSeq: 3 },
    { device: 'lamp-b', node: 'b', causeSeq: 4 },
  ]);
  expect(b.sequencer.state.devices.find(({ device }) => device === 'lamp-a')).toMatchObject({
    status: 'up',
    node: 'a',
  });
  expect([desk.got, lampB.got]).toEqual([[], []]);
});

test('what an operator fires at a desk that both hear is told once, by its owner', async () => {
  const port = await freePort('tcp');
  const desk = await startConsole('eos', { transport: 'tcp', listen: `127.0.0.1:${port}`, framing: 'length-prefix' });
  onTestFinished(() => desk.close());
  const log = new SharedLog();
  const eos = { desk: `{ adapter: osc, profile: eos, host: 127.0.0.1, port: ${port} }` };
  const [a, b] = [await bridgeOf(log, 'a', eos, ['desk']), await bridgeOf(log, 'b', eos, [])];
  const isUp = (one: typeof a) => one.devices()[0]?.status === 'up';
  await eventually(() => isUp(a) && isUp(b), 'the desk answers both');
  await desk.press('1/1');
  await eventually(() => b.devices()[0]?.unused !== undefined, 'b has heard it too');
  await eventually(() => factsOf(log, 'ExternalCueFired').length > 0, 'it is told');
  await Promise.all([a.sequencer.idle(), b.sequencer.idle()]);
  expect(factsOf(log, 'ExternalCueFired')).toEqual(['desk@a']);
  expect(new Set(factsOf(log, 'DeviceStatusChanged'))).toEqual(new Set(['desk@a']));
});
