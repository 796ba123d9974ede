/**
 * A storm over all doors at once: damaged frames, packets, lines and reports, reloads, unplugs and kills, with presses from four
 * sources. Every press has exactly one outcome that somebody was told, every advance fires once, nothing fires that nobody
 * pressed, and the memory is flat. STORM_SECONDS=1200 is the long run; STORM_SEED another one. Debian: socat.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect as dial, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { SimulatedHid } from '../../adapters/hid/simulator.js';
import { type Client, connect } from '../../src/client/node.js';
import { systemClock } from '../../src/kit/clock.js';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { encodeFrame } from '../../src/wire/osc/framing.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { oddFrames, picker, randomBytes } from '../support/odd-frames.js';
import { seeded } from '../support/seeded.js';
import { smallShow } from '../support/small-show.js';
import { SocatBox } from '../support/socat-box.js';
import { VirtualHid } from '../support/virtual-hid.js';
import { eventually } from '../support/waiting.js';
import { TestClient } from '../support/ws-client.js';

const SECONDS = Number(process.env.STORM_SECONDS ?? 30);
const SEED = Number(process.env.STORM_SEED ?? 1);
/** The last life of the bridge is the long one, over which its memory is watched; those before it, each. */
const LAST_SECONDS = SECONDS / 2;
const LIFE_SECONDS = Math.max(7, Math.min(30, SECONDS / 4));
/**
 * The pause between two presses of one source. A machine under this load delivers late, and a pedal whose release and next
 * press come within the debounce is one press; a long storm has no more cues than a short one.
 */
const PRESS_MS = [250, 600 + SECONDS] as const;
/** What the last life may grow by, in MiB, while the storm goes on. */
const GROWTH_MIB_MAX = 60;
const clock = systemClock();
const GO = encodeFrame('length-prefix', encodePacket({ address: '/go', args: [] }));

test(
  `${SECONDS} s of it, seed ${SEED}: each press has one outcome, each advance one packet, and the memory is flat`,
  async () => {
    const random = seeded(SEED);
    const pick = picker(random);
    const pause = (leastMs: number, mostMs: number) => clock.sleep(leastMs + random() * (mostMs - leastMs));

    // What is pressed, and what is fired.
    const [box, noise] = [await SocatBox.plugged(), await SocatBox.plugged()];
    const info = (path: string, serialNumber: string) =>
      ({ vendorId: 0x05f3, productId: 0x00ff, path, interface: 0, serialNumber }) as const;
    const [pedal, strange] = [new SimulatedHid(info('/dev/hidraw0', 'a')), new SimulatedHid(info('/dev/hidraw1', 'b'))];
    const virtual = await VirtualHid.make({
      devices: async () => [...(await pedal.devices(0, 0)), ...(await strange.devices(0, 0))],
      open: (path) => (path === '/dev/hidraw0' ? pedal.open(path) : strange.open(path)),
    });
    const wire = createSocket('udp4').bind(0, '127.0.0.1');
    await once(wire, 'listening');
    const fired: number[] = [];
    wire.on('message', (packet) =>
      fired.push(Number(packet.toString('latin1').split('\0')[0]?.slice('/fired/'.length))),
    );
    const tcp = await freePort('tcp');
    const { folder, file } = await smallShow({
      cues: 9000,
      goGuardMs: 40,
      parts: `devices:
  box: { adapter: serial, path: ${box.path} }
  noise: { adapter: serial, path: ${noise.path} }
  pedal: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, serialNumber: a, profile: infinity-3 }
  strange: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, serialNumber: b, profile: infinity-3 }
  phone: { adapter: osc, transport: tcp, listen: "127.0.0.1:${tcp}" }
  desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${wire.address().port} }
inputs:
  - { id: box-go, when: { device: box, line: GO }, propose: CueAdvanced }
  - { id: pedal-go, when: { device: pedal, button: right }, propose: CueAdvanced }
  - { id: phone-go, when: { device: phone, address: /go }, propose: CueAdvanced, by: person }
outputs:
  - { id: fire, event: CueAdvanced, send: { device: desk, address: /fired/$event.eventSeq } }`,
    });
    const good = await readFile(file, 'utf8');

    const open = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket: Socket = dial(tcp, '127.0.0.1', () => resolve(socket));
        socket.on('error', () => undefined);
      });

    /**
     * One life of the bridge: presses and weather until it is over, then what came of every press.
     * @param end  killed when all is settled, or in the middle of the presses; then the next start has to tell the rest.
     */
    async function live(seconds: number, end: 'settled' | 'in the middle'): Promise<number[]> {
      const daemon: Daemon = await startDaemon(file, virtual.env);
      const isUp = (device: string) =>
        daemon.line((line) => line.msg === 'device.changed' && line.device === device && line.status !== 'connecting');
      await Promise.all(['box', 'pedal', 'phone', 'desk'].map(isUp));
      // What comes with the opening of a port or a pedal may be its state.
      await clock.sleep(400);
      const before = (await logOf(daemon)).length;
      const untilMs = clock.mono() + seconds * 1000;
      let isDead = false;
      const isOver = () => isDead || clock.mono() > untilMs;
      const pressed = { box: 0, pedal: 0, phone: 0 };
      const page = { ok: 0, refused: 0, pressed: 0 };
      const residents: number[] = [];

      const client: Client = connect({
        url: daemon.url,
        actor: { userId: 'u-sm', role: 'stageManager', deviceId: 'page' },
      });
      await eventually(() => client.status === 'live' && client.state !== undefined, 'the page is live', 10_000);
      const phone = await open();
      const sources = [
        async () => {
          pressed.box += 1;
          await box.say('GO\n');
        },
        async () => {
          pressed.pedal += 1;
          pedal.report(4, 0);
          await clock.sleep(10);
          pedal.report(0, 0);
        },
        async () => {
          pressed.phone += 1;
          phone.write(GO);
        },
        async () => {
          page.pressed += 1;
          const outcome = await client.go();
          page[outcome.ok ? 'ok' : 'refused'] += 1;
        },
      ].map(async (press) => {
        while (!isOver()) {
          await press();
          await pause(...PRESS_MS);
        }
      });

      const weather = [
        async () => {
          const stranger = await TestClient.open(daemon.url, { showId: 'small', userId: 'u-x', deviceId: 'x' });
          const next = oddFrames(random, { userId: 'u-x', role: 'performer', deviceId: 'x' }, 'small');
          for (let n = 0; n < 30 && stranger.closed === undefined; n += 1) stranger.ws.send(next());
          await pause(5, 60);
          stranger.ws.terminate();
        },
        async () => {
          const stranger = await open();
          stranger.end(
            Buffer.concat([randomBytes(random, 400), pick([GO.subarray(3), Buffer.from('POST / HTTP/1.1\r\n\r\n')])]),
          );
          await pause(5, 60);
          stranger.destroy();
        },
        async () => {
          await noise.say(randomBytes(random, 300));
          await pause(5, 80);
        },
        async () => {
          strange.report(...randomBytes(random, 8));
          await pause(5, 40);
        },
        async () => {
          await writeFile(file, random() < 0.5 ? `${good}\nnonsense: true\n` : good);
          daemon.process.kill('SIGHUP');
          await pause(800, 1500);
        },
        async () => {
          await pause(900, 2000);
          await noise.unplug();
          strange.unplug();
          await pause(50, 400);
          await noise.plug();
          strange.replug();
        },
        async () => {
          await fetch(`${daemon.url}/${pick(['v1/log?from=1', '%00', 'v1/devices', 'metrics', '../..'])}`)
            .then((answer) => answer.text())
            .catch(() => undefined);
          await pause(50, 200);
        },
        async () => {
          await pause(2000, 5000);
          killDrivers(daemon, pick(['noise', 'strange']));
        },
        async () => {
          residents.push(residentMib(daemon));
          await clock.sleep(500);
        },
      ].map(async (blow) => {
        while (!isOver()) {
          await blow().catch((error: unknown) => {
            if (!isDead) expect.soft(String(error)).toBe('no fault of the storm itself');
          });
        }
      });
      if (end === 'in the middle') {
        await pause(seconds * 500, seconds * 1000);
        isDead = true;
        await daemon.kill();
        await client.close();
        phone.destroy();
        await Promise.all([...sources, ...weather]);
        await writeFile(file, good);
        await afterwards(before, pressed, page.ok);
        return residents;
      }
      await Promise.all([...sources, ...weather]);

      // The last presses have their outcomes, and the last packets are here.
      const taken = (device: string) =>
        daemon.lines.filter((line) => line.msg === 'input.taken' && line.device === device).length;
      const outcomes = async () => {
        const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
        const refused = (device: string) =>
          Number(
            new RegExp(`inputs_unused_total\\{device="${device}",why="refused"\\} (\\d+)`).exec(metrics)?.[1] ?? 0,
          );
        return Object.fromEntries(Object.keys(pressed).map((device) => [device, taken(device) + refused(device)]));
      };
      await clock.sleep(500);
      expect(await outcomes()).toEqual(pressed);
      expect(page.ok + page.refused).toBe(page.pressed);
      const advances = (await logOf(daemon)).slice(before).filter(({ eventType }) => eventType === 'CueAdvanced');
      const byWhom = (deviceId: string) => advances.filter(({ actor }) => actor.deviceId === deviceId).length;
      for (const device of Object.keys(pressed)) expect(byWhom(device)).toBe(taken(device));
      expect(byWhom('page')).toBe(page.ok);
      expect(advances.filter(({ actor }) => !['box', 'pedal', 'phone', 'page'].includes(actor.deviceId))).toEqual([]);
      await eventually(
        () => fired.length === advances.length,
        () => `${advances.length} packets (${fired.length})`,
      );
      expect(advances.length).toBeGreaterThan(seconds);
      lost += daemon.lines.filter(({ msg }) => msg === 'driver.lost').length;
      expect(fired.splice(0)).toEqual(advances.map(({ eventSeq }) => eventSeq));
      await client.close();
      phone.destroy();
      await daemon.kill();
      await writeFile(file, good);
      return residents;
    }

    /** The next start after a kill in the middle: no advance fired twice, and what did not fire is told. */
    async function afterwards(before: number, pressed: Record<string, number>, ok: number): Promise<void> {
      const daemon = await startDaemon(file, virtual.env);
      await eventually(() => daemon.lines.some(({ msg }) => msg === 'device.changed'), 'the next start');
      await clock.sleep(500);
      const since = (await logOf(daemon)).slice(before);
      const advances = since.filter(({ eventType }) => eventType === 'CueAdvanced');
      const told = new Set(
        since.filter(({ eventType }) => eventType === 'OutputFailed').map(({ causationId }) => causationId),
      );
      const gone = fired.splice(0);
      expect(new Set(gone).size).toBe(gone.length);
      const known = new Set(advances.map(({ eventSeq }) => eventSeq));
      expect(gone.filter((seq) => !known.has(seq))).toEqual([]);
      const silent = advances.filter(({ eventSeq, messageId }) => !gone.includes(eventSeq) && !told.has(messageId));
      expect(silent).toEqual([]);
      const by = (deviceId: string) => advances.filter(({ actor }) => actor.deviceId === deviceId).length;
      for (const [device, presses] of Object.entries(pressed)) expect(by(device)).toBeLessThanOrEqual(presses);
      expect(by('page')).toBeGreaterThanOrEqual(ok);
      await daemon.kill();
    }

    let lost = 0;
    const lastMs = clock.mono() + (SECONDS - LAST_SECONDS) * 1000;
    for (let life = 0; clock.mono() < lastMs; life += 1) {
      await live(LIFE_SECONDS, life % 2 === 0 ? 'in the middle' : 'settled');
    }
    const residents = await live(LAST_SECONDS, 'settled');
    expect(lost).toBeGreaterThan(0);
    const tenth = Math.ceil(residents.length / 10);
    const series = residents.filter((_, at) => at % tenth === 0).map((mib) => mib.toFixed(0));
    console.info(`resident, in MiB, a tenth of the last life each: ${series.join(' ')}`);
    const third = Math.ceil(residents.length / 3);
    const growth = median(residents.slice(-third)) - median(residents.slice(third, 2 * third));
    expect(growth).toBeLessThan(GROWTH_MIB_MAX);

    await Promise.all([box.close(), noise.close(), virtual.close()]);
    wire.close();
    await rm(folder, { recursive: true });
  },
  // The starts, and what is waited for after each life.
  (2 * SECONDS + 120) * 1000,
);

interface Logged {
  eventType: string;
  eventSeq: number;
  messageId: string;
  causationId?: string;
  actor: { deviceId: string };
}

const logOf = async (daemon: Daemon): Promise<Logged[]> =>
  (await (await fetch(`${daemon.url}/v1/log`)).text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Logged);

const residentMib = ({ process: { pid } }: Daemon): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Ends the driver processes of a device, as a crash of a native library would. */
function killDrivers({ process: { pid } }: Daemon, device: string): void {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)) {
    try {
      if (readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(device)) process.kill(Number(child), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
