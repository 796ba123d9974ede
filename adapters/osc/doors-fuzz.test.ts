/** Whatever is thrown at a port that listens, one honest device still gets its presses in, and nothing else is one. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { encodeFrame } from '../../src/wire/osc/framing.js';
import { freePort } from '../../test/support/free-port.js';
import { connectOsc } from '../../test/support/osc-device.js';
import { eventually } from '../../test/support/waiting.js';

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const press = encodePacket({ address: '/go', args: [{ type: 'i', value: 1 }] });

/** `depth` bundles in one another around a press. */
function nested(depth: number): Uint8Array {
  let packet: Uint8Array = press;
  for (let level = 0; level < depth; level += 1) {
    const outer = Buffer.alloc(20 + packet.length);
    outer.write('#bundle\0', 'latin1');
    outer.writeUInt32BE(1, 12);
    outer.writeUInt32BE(packet.length, 16);
    outer.set(packet, 20);
    packet = outer;
  }
  return packet;
}

/** None of these is a sound packet: no press may come of them. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Uint8Array.of(0x2e, ...bytes)),
  fc.integer({ min: 9, max: 2000 }).map(nested),
  fc.integer({ min: 1, max: press.length - 1 }).map((end) => press.subarray(0, end)),
  fc.tuple(fc.nat(press.length - 1), fc.nat(7)).map(([at, bit]) => {
    const turned = Uint8Array.from(press);
    turned[at] = (turned[at] ?? 0) ^ (1 << bit);
    return turned;
  }),
);
const isGo = (input: Record<string, unknown>) => input.address === '/go' && String(input.args) === '1';
/** A turned bit may leave a sound packet: of another address, or of another value. */
const packets = fc.sample(hostile, { numRuns: 300, seed: 7 }).map((bytes) => Buffer.from(bytes));
const HONEST = 30;

test('over UDP', async () => {
  const port = await freePort('udp');
  const { connection, inputs } = await connectOsc({ listen: `127.0.0.1:${port}` });
  endings.push(() => connection.close());
  const socket = createSocket('udp4');
  endings.push(() => new Promise<void>((done) => socket.close(() => done())));
  const send = (bytes: Uint8Array) =>
    new Promise<void>((done, fail) => socket.send(bytes, port, '127.0.0.1', (error) => (error ? fail(error) : done())));
  for (const [index, bytes] of packets.entries()) {
    await send(bytes);
    if (index % 10 !== 0) continue;
    await send(press);
    await eventually(() => inputs.filter(isGo).length === index / 10 + 1, 'the press');
  }
  expect(inputs.filter(isGo)).toHaveLength(HONEST);
});

test.each(['slip', 'length-prefix'] as const)(
  'over TCP, framed as %s, with strangers that come and go beside it',
  async (framing) => {
    const port = await freePort('tcp');
    const { connection, inputs } = await connectOsc({ transport: 'tcp', listen: `127.0.0.1:${port}`, peersMax: 8 });
    endings.push(() => connection.close());
    const open = async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => undefined);
      endings.push(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const honest = await open();
    let pressed = 0;
    const pressOnce = async () => {
      honest.write(encodeFrame(framing, press));
      pressed += 1;
      await eventually(() => inputs.filter(isGo).length >= pressed, 'the press');
    };
    await pressOnce();
    for (const [index, bytes] of packets.entries()) {
      const stranger = await open();
      // Framed, in pieces, as it is, and behind the greatest and a negative length.
      const heads = [[], [0, 0], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x03, 0, 0, 0]];
      stranger.write(Buffer.from(heads[index % heads.length] ?? []));
      stranger.write(index % 2 === 0 ? bytes : encodeFrame(index % 4 === 1 ? 'slip' : 'length-prefix', bytes));
      if (index % 3 === 0) stranger.resetAndDestroy();
      else stranger.end();
      if (index % 10 === 9) await pressOnce();
    }
    expect(inputs.filter(isGo)).toHaveLength(HONEST + 1);
    expect(connection.health().status).toBe('up');
  },
);
