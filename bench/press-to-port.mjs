/**
 * From a press on a device to the bytes at two others, through the whole bridge as it is built and its disk: a packet on
 * a UDP socket or a line on a pty in; an OSC packet on a UDP socket and MIDI Show Control at a MIDI port out, both for
 * one GO. Serial and MIDI drivers are in processes of their own. The MIDI library beneath ours is simulated, since
 * nothing can be asked when a real port let the bytes go: what is timed is the moment at which it is handed them.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { CUT_MS } from '../dist/adapters/serial/codec.js';
import { showYaml, startProgram } from './contestants.mjs';
import { here, inFolder, start, stop } from './processes.mjs';
import { pause, quantile, row } from './stats.mjs';
import { nowUs, wire } from './wire.mjs';

const PACE_MS = 15;
const WARM_UP_ROUNDS = 50;
/** How often the bridge is asked whether its devices are there, every 50 ms. */
const READY_TRIES = 200;
/** `/go` with no arguments. */
const GO = Buffer.from('/go\0,\0\0\0', 'latin1');

const bridgeYaml = (ports, tty) => `version: 1
show: { id: bench, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0 }
journal: { path: ./data }
devices:
  house: { adapter: osc, transport: udp, listen: "127.0.0.1:${ports.house}" }
${tty ? `  button: { adapter: serial, path: ${tty}, baudRate: 115200 }` : ''}
  desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${ports.desk} }
  lights: { adapter: midi, output: Bench }
inputs:
  - { id: house-go, when: { device: house, address: /go }, propose: CueAdvanced, by: person }
${tty ? '  - { id: button-go, when: { device: button, line: GO }, propose: CueAdvanced }' : ''}
outputs:
  - { id: to-desk, event: CueAdvanced, call: lighting, send: { device: desk, address: /cue/$call.number } }
  - id: to-lights
    event: CueAdvanced
    call: lighting
    send: { device: lights, msc: { command: go, deviceId: 1, format: lighting, cue: $call.number } }
`;

async function freeUdpPort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** A button box on a pty; undefined, aloud, where there is no Python. */
async function ptyBox() {
  try {
    return await start('python3', [here('pty.py')], ({ path }) => path);
  } catch (error) {
    console.error(`no presses on a pty in this run: ${error.message}`);
    return undefined;
  }
}

async function ready(url, count) {
  for (let tries = 0; tries < READY_TRIES; tries++) {
    const devices = await (await fetch(`${url.replace('ws', 'http').replace(/\/ws$/, '')}/v1/devices`)).json();
    const there = (devices.devices ?? devices).filter(({ status }) => status === 'up' || status === 'unverified');
    if (there.length === count) return;
    await pause(50);
  }
  throw new Error('the devices are not there');
}

export const pressToPortRows = (rounds = 300) =>
  inFolder(async (folder) => {
    const [desk, lights, box] = await Promise.all([wire(), wire(), ptyBox()]);
    const ports = { house: await freeUdpPort(), desk: desk.port };
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(here('midi-library.mjs'))}?port=${lights.port}` };
    const show = showYaml((rounds + WARM_UP_ROUNDS) * 2);
    const bridge = await startProgram(folder, bridgeYaml(ports, box?.found), { show, env });
    await ready(bridge.url, box ? 4 : 3);
    // What comes sooner may be the rest of a line that began before the port was opened.
    await pause(2 * CUT_MS);

    const udp = createSocket('udp4');
    await new Promise((resolve) => udp.connect(ports.house, '127.0.0.1', resolve));
    const presses = {
      udp: async () => {
        const atUs = nowUs();
        udp.send(GO);
        return atUs;
      },
      pty: async () => {
        const pressed = box.next();
        box.child.stdin.write('\n');
        return (await pressed).atUs;
      },
    };
    const times = { udp: { osc: [], msc: [] }, pty: { osc: [], msc: [] } };
    let cue = 0;
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const way of box ? ['udp', 'pty'] : ['udp']) {
        await pause(PACE_MS);
        const bytes = [desk.next(), lights.nextMessage()];
        const pressedUs = await presses[way]();
        const [oscUs, { atUs: mscUs, hex }] = await Promise.all(bytes);
        const expected = `f07f01020101${Buffer.from(String(cue++)).toString('hex')}f7`;
        if (hex !== expected) throw new Error(`${hex} at the MIDI port, not ${expected}`);
        if (round < 0) continue;
        times[way].osc.push((oscUs - pressedUs) / 1000);
        times[way].msc.push((mscUs - pressedUs) / 1000);
      }
    }
    udp.close();
    await stop(bridge);
    if (box) await stop(box);
    for (const end of [desk, lights]) end.close();

    const rowsOf = (words, list) => [
      row(`${words}, p50`, quantile(list, 0.5)),
      row(`${words}, p99`, quantile(list, 0.99)),
    ];
    const hop = 'driver in its own process';
    return [
      ...rowsOf('Press to port, durable: UDP to an OSC packet', times.udp.osc),
      ...rowsOf(`Press to port, durable: UDP to MSC at a port (simulated, ${hop})`, times.udp.msc),
      ...(box
        ? [
            ...rowsOf(`Press to port, durable: pty (${hop}) to an OSC packet`, times.pty.osc),
            ...rowsOf('Press to port, durable: pty to MSC at a port (both hops)', times.pty.msc),
          ]
        : []),
    ];
  });
