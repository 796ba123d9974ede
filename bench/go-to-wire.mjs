/**
 * From a press on a WebSocket to a packet on the wire. The bridge and its references run as processes of their own and
 * are pressed in turn, so that what the machine does meanwhile meets all of them alike.
 *
 *     node bench/go-to-wire.mjs [--rounds 300] [--against path/to/another/dist …]
 *
 * With `--against` several builds of the bridge are raced in one run: whether a change wins is seen only so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bridgePresser, referencePresser, startBridge, startReference } from './contestants.mjs';
import { here, inFolder, stop } from './processes.mjs';
import { atMost, median, pause, quantile, row } from './stats.mjs';
import { nowUs, wire } from './wire.mjs';

const PACE_MS = 15;
/** Presses that are not counted: in them the compilers of all contestants settle. */
const WARM_UP_ROUNDS = 150;
/** How often one contestant is pressed before it is the next one's turn. */
const BLOCK = 10;

/** One press. @returns milliseconds from press to packet */
export async function pressOnce({ presser, wire }) {
  await presser.prepare();
  await pause(PACE_MS);
  const packet = wire.next();
  const pressedUs = nowUs();
  presser.press();
  return ((await packet) - pressedUs) / 1000;
}

/**
 * Presses the contestants in turn, a block of presses each, so that a drift of the machine meets all of them alike.
 * @returns milliseconds from press to packet, by name, one list a block
 */
async function race(contestants, rounds) {
  const blocks = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += BLOCK) {
    // Who comes first in a round has rested no longer than the others, over the run.
    const turn = Math.abs(round / BLOCK) % contestants.length;
    for (const one of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      const times = [];
      for (let i = 0; i < BLOCK; i++) times.push(await pressOnce(one));
      if (round >= 0) blocks[one.name].push(times);
    }
  }
  return blocks;
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

/** Fnet, REF and each of `builds`, running; `work` gets them as contestants and all is stopped behind it. */
const withContestants = (builds, work) =>
  inFolder(async (folder) => {
    const contestants = [];
    const enter = async (name, begin, presserOf) => {
      const end = await wire();
      const server = await begin(end.port);
      contestants.push({ name, server, wire: end, presser: await presserOf(server.url) });
    };
    await enter('Fnet', (port) => startReference('fnet', port), referencePresser);
    await enter('REF', (port) => startReference('ref', port, join(folder, 'ref.jsonl')), referencePresser);
    for (const [name, dist] of Object.entries(builds)) {
      const own = join(folder, `bridge-${contestants.length}`);
      await mkdir(own);
      await enter(name, (port) => startBridge(own, port, { dist }), bridgePresser);
    }
    const result = await work(contestants, folder);
    for (const { presser } of contestants) presser.socket.terminate();
    await Promise.all(contestants.map(({ server }) => stop(server)));
    for (const one of contestants) one.wire.close();
    return result;
  });

export const goToWire = (rounds = 300) =>
  withContestants({ GO: here('../dist') }, async (contestants, folder) => {
    const bridge = contestants.find(({ name }) => name === 'GO');
    const disk = await diskTimes(folder, Math.min(rounds, 200));
    const one = await race(contestants, rounds);
    const crowd = spawn(process.execPath, [here('crowd.mjs'), bridge.server.url, '500'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(crowd.stdout, 'data');
    const many = await race([bridge], Math.ceil(rounds / 2));
    await stop({ child: crowd });

    const p = (blocks, q) => quantile(blocks.flat(), q);
    return [
      row('Fdisk: append and fdatasync of 600 bytes, p50', quantile(disk, 0.5)),
      row('Fnet: WebSocket to UDP without a journal, p50', p(one.Fnet, 0.5)),
      row('REF: the same, durable, p50', p(one.REF, 0.5)),
      row('REF p99', p(one.REF, 0.99)),
      row('GO to wire, durable, one client, p50', p(one.GO, 0.5)),
      row('GO to wire p99', p(one.GO, 0.99)),
      atMost('GO to wire p50 / REF p50', p(one.GO, 0.5) / p(one.REF, 0.5), 1.25),
      atMost('GO to wire p99 / REF p99', p(one.GO, 0.99) / p(one.REF, 0.99), 1.5),
      row('GO to wire with 500 idle subscribers, p50', p(many.GO, 0.5)),
      atMost('500 subscribers p50 / one client p50', p(many.GO, 0.5) / p(one.GO, 0.5), 2.5),
    ];
  });

/** How often `q` of resampled medians of the rounds' ratios lies below: an interval of what chance alone does. */
function spread(ratios, times = 2000) {
  const medians = Array.from({ length: times }, () =>
    median(Array.from(ratios, () => ratios[Math.floor(Math.random() * ratios.length)])),
  );
  return [quantile(medians, 0.025), quantile(medians, 0.975)];
}

/** Several builds in one race: each against the first, round by round, with the interval that chance leaves (95 %). */
async function compare(builds, rounds) {
  await withContestants(builds, async (contestants) => {
    const blocks = await race(contestants, rounds);
    const [first] = Object.keys(builds);
    const ref = blocks.REF.flat();
    const lines = contestants.map(({ name }) => {
      const times = blocks[name].flat();
      const ratios = blocks[name].map((block, i) => median(block) / median(blocks[first][i]));
      const [from, to] = spread(ratios);
      return {
        name,
        'p50 ms': quantile(times, 0.5).toFixed(3),
        'p90 ms': quantile(times, 0.9).toFixed(3),
        'p99 ms': quantile(times, 0.99).toFixed(3),
        'p50 / REF': (median(times) / median(ref)).toFixed(3),
        [`× ${first}, paired`]:
          name === first ? '' : `${median(ratios).toFixed(3)} (${from.toFixed(3)} to ${to.toFixed(3)})`,
      };
    });
    console.table(lines);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '300' }, against: { type: 'string', multiple: true, default: [] } },
  });
  const others = values.against.map((path) => [path, resolve(path)]);
  await compare({ GO: here('../dist'), ...Object.fromEntries(others) }, Number(values.rounds));
}
