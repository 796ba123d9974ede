/** Who is pressed: the bridge as it is built, and the smallest servers that do the like. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { WebSocket } from 'ws';
import { here, startNode } from './processes.mjs';

export const CUES = 200;

/** @param count  cues, all in one segment, each with one call for the lighting. */
export function showYaml(count = CUES) {
  const cues = Array.from(
    { length: count },
    (_, i) =>
      `          - { id: c${i}, number: "${i}", label: "Cue ${i}", calls: [{ department: lighting, number: "${i}" }] }`,
  );
  return `version: 1
title: Bench
timers: [{ id: t, label: Bench }]
acts:
  - id: a
    segments:
      - id: s
        cues:
${cues.join('\n')}
`;
}

const LIMITS = 'limits: { messagesPerSecond: 1000000, messagesBurst: 1000000 }';

/** One GO is one OSC packet to `udpPort`. */
const bridgeYaml = (udpPort) => `version: 1
show: { id: bench, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0, ${LIMITS} }
journal: { path: ./data }
devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${udpPort} } }
outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: desk, address: /go } }]
`;

/** Starts the built program on a bridge file. @param dist  the build; left out, this repository's. */
export async function startProgram(folder, yaml, { show = showYaml(), dist = here('../dist'), env = {} } = {}) {
  await writeFile(join(folder, 'show.yaml'), show);
  await writeFile(join(folder, 'bridge.yaml'), yaml);
  const flags = env.NODE_FLAGS?.split(' ') ?? [];
  const bridge = await startNode(
    [...flags, join(dist, 'src/cli/index.js'), 'run', join(folder, 'bridge.yaml')],
    (line) => (line.msg === 'bridge.started' ? line.url : undefined),
    env,
  );
  return { ...bridge, url: `${bridge.found.replace('http', 'ws')}/ws` };
}

export const startBridge = (folder, udpPort, options) => startProgram(folder, bridgeYaml(udpPort), options);

/** @param mode  see reference-server.mjs. */
export async function startReference(mode, udpPort, path = '', flags = []) {
  const args = [...flags, here('reference-server.mjs'), mode, String(udpPort), path];
  const server = await startNode(args, ({ port }) => port);
  return { ...server, url: `ws://127.0.0.1:${server.found}` };
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
export async function bridgePresser(url) {
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

export async function referencePresser(url) {
  const socket = await connect(url);
  return {
    socket,
    prepare: async () => {},
    press: () => socket.send(frame('CueAdvanced', { segmentId: 's', fromCueId: 'c1', toCueId: 'c2' })),
  };
}
