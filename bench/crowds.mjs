/** Many at once, through real sockets: 64 proposals in flight, 500 subscribers with a busy show, idle clients' memory. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bridgePresser, connect, frame, referencePresser, startBridge, startReference } from './contestants.mjs';
import { pressOnce } from './go-to-wire.mjs';
import { here, inFolder, startNode, stop } from './processes.mjs';
import { CUES, segmentOf } from './sequencer-rig.mjs';
import { atLeast, atMost, median, quantile, row } from './stats.mjs';
import { wire } from './wire.mjs';

const IN_FLIGHT = 64;

async function startHouse(mode, folder, flags = []) {
  const house = await startNode([...flags, here('house.mjs'), mode, folder], ({ port }) => port);
  return { ...house, url: `ws://127.0.0.1:${house.found}/ws` };
}

/** A client that presses from the first cue to the last with `IN_FLIGHT` unanswered. Each call is one such run. */
async function rusher(url) {
  const socket = await connect(url);
  const ACK = Buffer.from('"kind":"ack"');
  const OK = Buffer.from('"status":"ok"');
  let onAck;
  socket.on('message', (data) => {
    if (!data.includes(ACK)) return;
    if (!data.includes(OK)) throw new Error(`refused: ${data}`);
    onAck();
  });
  const say = (frames, inFlight) =>
    new Promise((resolve) => {
      let sent = 0;
      let acked = 0;
      const sendNext = () => sent < frames.length && socket.send(frames[sent++]);
      onAck = () => {
        acked += 1;
        if (acked === frames.length) resolve();
        else sendNext();
      };
      for (let i = 0; i < inFlight; i++) sendNext();
    });
  const cue = (n) => (n < 0 ? null : `c${n}`);
  const advance = (_, n) => frame('CueAdvanced', { segmentId: segmentOf(n), fromCueId: cue(n - 1), toCueId: cue(n) });
  return {
    socket,
    /** @returns events a second */
    async run() {
      const frames = Array.from({ length: CUES }, advance);
      const began = performance.now();
      await say(frames, IN_FLIGHT);
      const rate = (CUES / (performance.now() - began)) * 1000;
      const last = CUES - 1;
      await say([frame('CueReverted', { segmentId: segmentOf(last), fromCueId: cue(last), toCueId: null })], 1);
      return rate;
    },
  };
}

/** 64 in flight through a socket, with the log on disk and with none, in turn. */
export const inFlightRows = (rounds = 15) =>
  inFolder(async (folder) => {
    const houses = { log: await startHouse('log', folder), none: await startHouse('none', folder) };
    const rushers = { log: await rusher(houses.log.url), none: await rusher(houses.none.url) };
    const rates = { log: [], none: [] };
    for (let round = -4; round < rounds; round++) {
      for (const mode of ['log', 'none']) {
        const rate = await rushers[mode].run();
        if (round >= 0) rates[mode].push(rate);
      }
    }
    for (const mode of ['log', 'none']) {
      rushers[mode].socket.terminate();
      await stop(houses[mode]);
    }
    return [
      row('64 in flight through a socket, events', median(rates.log), '/s'),
      row('the same without a log', median(rates.none), '/s'),
      atLeast('64 in flight through a socket', median(rates.log) / median(rates.none), 0.8, '× without a log'),
    ];
  });

const SUBSCRIBERS = 500;
const EVENTS_PER_SECOND = 200;

/** GO to wire of one server with a crowd, pressed for so long. @returns milliseconds from press to packet */
async function pressedInACrowd(contestant, forMs) {
  const crowd = await startNode(
    [here('crowd.mjs'), contestant.server.url, String(SUBSCRIBERS), String(EVENTS_PER_SECOND)],
    ({ live }) => live,
  );
  const times = [];
  const began = performance.now();
  // One press may take longer than all the time there is: the server is then as late as the press is old.
  while (performance.now() - began < forMs) {
    const pressedAt = performance.now();
    const late = new Promise((resolve) => setTimeout(resolve, forMs - (pressedAt - began), undefined));
    const took = await Promise.race([pressOnce(contestant), late]);
    times.push(took ?? performance.now() - pressedAt);
  }
  await stop(crowd);
  // The first second is everyone's to settle in.
  return times.slice(Math.ceil(times.length / 10));
}

/** 500 subscribers and 200 events a second, at the bridge and at a server that sends in a plain loop. */
export const subscriberRows = (forMs = 15_000) =>
  inFolder(async (folder) => {
    const [ours, theirs] = await Promise.all([wire(), wire()]);
    const own = join(folder, 'bridge');
    await mkdir(own);
    const bridge = await startBridge(own, ours.port);
    const go = { server: bridge, wire: ours, presser: await bridgePresser(bridge.url) };
    const times = await pressedInACrowd(go, forMs);
    go.presser.socket.terminate();
    await stop(bridge);

    const server = await startReference('naive', theirs.port, join(folder, 'naive.jsonl'));
    const naive = { server, wire: theirs, presser: await referencePresser(server.url) };
    const naiveTimes = await pressedInACrowd(naive, forMs);
    naive.presser.socket.terminate();
    await stop(server);
    for (const end of [ours, theirs]) end.close();

    const crowd = `${SUBSCRIBERS} subscribers and ${EVENTS_PER_SECOND} events/s`;
    const p99 = quantile(times, 0.99);
    const naiveP99 = quantile(naiveTimes, 0.99);
    return [
      row(`GO to wire with ${crowd}, p50`, quantile(times, 0.5)),
      row(`GO to wire with ${crowd}, p99`, p99),
      row('a naive send loop, p50', quantile(naiveTimes, 0.5)),
      row('a naive send loop, p99', naiveP99),
      atMost(`${crowd}: p99 / a naive send loop's`, p99 / naiveP99, 0.125),
    ];
  });

/** What one more client costs, in bytes of heap and buffers after a full collection. */
async function bytesEach({ url, child, next }, hello, count = 500) {
  const held = async () => {
    const answer = next();
    child.stdin.write('\n');
    return (await answer).bytes;
  };
  const sockets = [];
  const join = async (many) => {
    for (let i = 0; i < many; i++) {
      const socket = await connect(url);
      sockets.push(socket);
      if (hello)
        await new Promise((resolve) => {
          socket.on('message', (data) => JSON.parse(data).kind === 'ack' && resolve());
          socket.send(hello());
        });
    }
  };
  // What the first ones make once for all is not theirs.
  await join(20);
  const before = await held();
  await join(count);
  const bytes = (await held()) - before;
  for (const socket of sockets) socket.terminate();
  return bytes / count;
}

/** An idle client that follows the show, against a bare connection of `ws`. */
export const memoryRows = () =>
  inFolder(async (folder) => {
    const flags = ['--expose-gc'];
    const house = await startHouse('log', folder, flags);
    const each = await bytesEach(house, () => frame('SnapshotRequested', { reason: 'connect' }));
    await stop(house);
    const bare = await startReference('fnet', 9, undefined, flags);
    const bareEach = await bytesEach(bare, undefined);
    await stop(bare);
    return [
      row('an idle client that follows the show, heap and buffers', each / 1024, 'KiB'),
      row('a bare connection of ws', bareEach / 1024, 'KiB'),
      atMost('an idle client / a bare connection', each / bareEach, 2),
    ];
  });

export const crowdsRows = async () => [...(await inFlightRows()), ...(await subscriberRows()), ...(await memoryRows())];
