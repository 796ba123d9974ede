/** A TCP client that knows bytes and nothing of QLab. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { decodePacket, encodeMessage, type OscArgument, type OscMessage } from '../../adapters/qlab/codec.js';
import { encodeFrame, frameReader } from '../../src/wire/osc/framing.js';
import { eventually } from './waiting.js';

/** The JSON of a reply. */
export interface Told {
  workspace_id?: string;
  address: string;
  status: string;
  data?: unknown;
}

export const readTold = ({ args }: OscMessage): Told => JSON.parse(String(args[0]));

/** Connects; it is gone after the test. */
export async function qlabClient({ port }: { port: number }) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  const got: OscMessage[] = [];
  let raw = 0;
  const frames = frameReader('slip', 1e6, {
    frame: (frame) => got.push(...decodePacket(frame).messages),
    fault: () => {},
  });
  socket.on('data', (bytes) => {
    raw += bytes.length;
    frames.push(bytes);
  });
  const send = (address: string, ...args: OscArgument[]) =>
    socket.write(encodeFrame('slip', encodeMessage(address, args)));
  /** Sends, and waits for the reply to it. */
  const ask = async (address: string, ...args: OscArgument[]): Promise<Told> => {
    const before = got.length;
    send(address, ...args);
    const reply = () => got.slice(before).find((message) => message.address === `/reply${address}`);
    await eventually(() => reply() !== undefined, `a reply to ${address}`);
    return readTold(reply() as OscMessage);
  };
  /** Resolves once QLab has taken everything that was sent. */
  const settled = () => ask('/version');
  const heard = (prefix: string) => got.filter(({ address }) => address.startsWith(prefix));
  return { socket, got, send, ask, settled, heard, raw: () => raw };
}
