/**
 * From a press on a WebSocket to a packet on the wire. The bridge and its references run as processes of their own and
 * are pressed in turn, so that what the machine does meanwhile meets all of them alike.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { v7 } from 'uuid';
import { WebSocket } from 'ws';
import { quantile } from './stats.mjs';
import { nowUs, wire } from './wire.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PACE_MS = 15;
const CUES = 200;
/** Presses that are not counted: in them the compilers of all contestants settle. */
const WARM_UP_ROUNDS = 150;
/** How often one contestant is pressed before it is the next one's turn. */
const BLOCK = 10;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A process that prints JSON lines; resolves with it and the first line that `pick` accepts. */
async function start(args, pick, env = {}) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const found = pick(JSON.parse(line));
    if (found !== undefined) {
      lines.on('line', () => {});
      child.stdout.resume();
      return { child, found };
    }
  }
  throw new Error(`${args.join(' ')} ended before it was ready`);
}

const stop = async (child) => {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

function showYaml() {
  const cues = Array.from(
    { length: CUES },
    (_, i) =>
      `          - { id: c${i}, number: "${i}", label: "Cue ${i}", calls: [{ department: lighting, number: "${i}" }] }`,
  );
  return `version: 1\ntitle: Bench\nacts:\n  - id: a\n    segments:\n      - id: s\n        cues:\n${cues.join('\n')}\n`;
}

const bridgeYaml = (udpPort) => `version: 1
show: { id: bench, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0, limits: { messagesPerSecond: 1000000, messagesBurst: 1000000 } }
journal: { path: ./data }
devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${udpPort} } }
outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: desk, address: /go } }]
`;

export async function startBridge(folder, udpPort, env = {}) {
  await writeFile(join(folder, 'show.yaml'), showYaml());
  await writeFile(join(folder, 'bridge.yaml'), bridgeYaml(udpPort));
  const { child, found } = await start(
    [...(env.NODE_FLAGS?.split(' ') ?? []), here('../dist/src/cli/index.js'), 'run', join(folder, 'bridge.yaml')],
    (line) => (line.msg === 'bridge.started' ? line.url : undefined),
    env,
  );
  return { child, url: `${found.replace('http', 'ws')}/ws` };
}

const actor = { userId: 'u-bench', role: 'stageManager', deviceId: 'bench' };
export const frame = (eventType, payload) =>
  JSON.stringify({
    kind: 'event',
    version: '1.1.0',
    messageId: v7(),
    showId: 'bench',
    eventType,
    createdAt: new Date().toISOString(),
    actor,
    payload,
  });

export async function connect(url) {
  const socket = new WebSocket(url, 'pacebuddy.v1', { perMessageDeflate: false });
  await once(socket, 'open');
  socket._socket.setNoDelay(true);
  return socket;
}

/** A presser of the bridge: cue after cue, and back to the start when the list is at its end. */
async function bridgePresser(url) {
  const socket = await connect(url);
  socket.send(frame('SnapshotRequested', { reason: 'connect' }));
  await once(socket, 'message');
  let at = -1;
  const acked = () =>
    new Promise((resolve) => {
      const listen = (data) => {
        const message = JSON.parse(data);
        if (message.kind !== 'ack') return;
        socket.off('message', listen);
        if (message.status !== 'ok') throw new Error(`refused: ${message.code} ${message.message}`);
        resolve();
      };
      socket.on('message', listen);
    });
  return {
    socket,
    async prepare() {
      if (at < CUES - 1) return;
      const done = acked();
      socket.send(frame('CueReverted', { segmentId: 's', fromCueId: `c${at}`, toCueId: null }));
      await done;
      at = -1;
    },
    press() {
      socket.send(frame('CueAdvanced', { segmentId: 's', fromCueId: at < 0 ? null : `c${at}`, toCueId: `c${at + 1}` }));
      at += 1;
    },
  };
}

async function referencePresser(port) {
  const socket = await connect(`ws://127.0.0.1:${port}`);
  return {
    socket,
    prepare: async () => {},
    press: () => socket.send(frame('CueAdvanced', { segmentId: 's', fromCueId: 'c1', toCueId: 'c2' })),
  };
}

/**
 * Presses the contestants in turn, a block of presses each, so that a drift of the machine meets all of them alike.
 * @returns milliseconds from press to packet, by name
 */
async function race(contestants, rounds) {
  const times = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += BLOCK) {
    for (const { name, presser, wire } of contestants) {
      for (let i = 0; i < BLOCK; i++) {
        await presser.prepare();
        await pause(PACE_MS);
        const packet = wire.next();
        const pressedUs = nowUs();
        presser.press();
        const took = ((await packet) - pressedUs) / 1000;
        if (round >= 0) times[name].push(took);
      }
    }
  }
  return times;
}

async function diskTimes(folder, rounds) {
  const file = await open(join(folder, 'fdisk'), 'a');
  const line = Buffer.alloc(600, 'x');
  const times = [];
  for (let round = 0; round < rounds; round++) {
    await pause(PACE_MS);
    const began = performance.now();
    await file.write(line);
    await file.datasync();
    times.push(performance.now() - began);
  }
  await file.close();
  return times;
}

export async function goToWire(rounds = 300) {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-bench-'));
  const [ours, fnet, ref] = await Promise.all([wire(), wire(), wire()]);
  const number = (line) => line.port;
  const netServer = await start([here('reference-server.mjs'), 'fnet', String(fnet.port)], number);
  const refServer = await start(
    [here('reference-server.mjs'), 'ref', String(ref.port), join(folder, 'ref.jsonl')],
    number,
  );
  const bridge = await startBridge(folder, ours.port);
  const contestants = [
    { name: 'Fnet', presser: await referencePresser(netServer.found), wire: fnet },
    { name: 'REF', presser: await referencePresser(refServer.found), wire: ref },
    { name: 'GO', presser: await bridgePresser(bridge.url), wire: ours },
  ];
  const disk = await diskTimes(folder, Math.min(rounds, 200));
  const one = await race(contestants, rounds);

  const crowd = spawn(process.execPath, [here('crowd.mjs'), bridge.url, '500'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(crowd.stdout, 'data');
  const many = await race(contestants.slice(2), Math.ceil(rounds / 2));
  await stop(crowd);

  for (const { presser } of contestants) presser.socket.terminate();
  await Promise.all([stop(bridge.child), stop(netServer.child), stop(refServer.child)]);
  for (const each of [ours, fnet, ref]) each.close();
  await rm(folder, { recursive: true });

  const p = (times, q) => quantile(times, q);
  const row = (what, value, goal, met) => ({ what, value, unit: 'ms', goal, met });
  const ratio = (what, value, most) => ({ what, value, unit: '×', goal: `≤ ${most}`, met: value <= most });
  return [
    row('Fdisk: append and fdatasync of 600 bytes, p50', p(disk, 0.5)),
    row('Fnet: WebSocket to UDP without a journal, p50', p(one.Fnet, 0.5)),
    row('REF: the same, durable, p50', p(one.REF, 0.5)),
    row('REF p99', p(one.REF, 0.99)),
    row('GO to wire, durable, one client, p50', p(one.GO, 0.5)),
    row('GO to wire p99', p(one.GO, 0.99)),
    ratio('GO to wire p50 / REF p50', p(one.GO, 0.5) / p(one.REF, 0.5), 1.25),
    ratio('GO to wire p99 / REF p99', p(one.GO, 0.99) / p(one.REF, 0.99), 1.5),
    row('GO to wire with 500 idle subscribers, p50', p(many.GO, 0.5)),
    ratio('500 subscribers p50 / one client p50', p(many.GO, 0.5) / p(one.GO, 0.5), 2.5),
  ];
}
