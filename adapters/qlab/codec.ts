/**
 * The OSC that QLab speaks (the dialect F53OSC), with plain values for arguments: QLab reads a number as a number and a
 * text as a text, whatever the tag. Nothing in here throws on what came in.
 */
import { type OscArg, decodePacket as readPacket, encodePacket as writePacket } from '../../src/wire/osc/codec.js';
import { shortestDecimal } from '../../src/wire/osc/float32.js';
import { F53OSC, type Fault } from '../../src/wire/osc/guard.js';

/** What the tag I carries: that something happened. */
export const IMPULSE = Symbol('impulse');

/** i and f are numbers (f as its shortest decimal, 1.1 and not 1.100000023841858), s text, b bytes, T and F booleans, N null. */
export type OscArgument = number | string | boolean | null | Uint8Array | typeof IMPULSE;

export interface OscMessage {
  address: string;
  args: OscArgument[];
}

export interface Decoded {
  messages: OscMessage[];
  /** Why something in the packet was dropped; the messages that are sound still count. */
  fault?: Fault;
}

/**
 * Encodes one OSC message.
 * @param address  starts with "/".
 * @param args  a whole number that fits 32 bits becomes i, any other number f.
 * @returns the packet; its length is a multiple of 4 bytes.
 * @throws CODEC_MALFORMED when the address does not start with "/", or a text holds a NUL.
 */
export const encodeMessage = (address: string, args: readonly OscArgument[] = []): Uint8Array =>
  writePacket({ address, args: args.map(typed) }, F53OSC);

/** Reads one packet as QLab does: bundles run at once whatever their time, missing type tags mean no arguments. */
export function decodePacket(packet: Uint8Array): Decoded {
  const { messages: read, fault } = readPacket(packet, F53OSC);
  const messages = read.map(({ address, args }) => ({ address, args: args.map(plain) }));
  return fault === undefined ? { messages } : { messages, fault };
}

function typed(value: OscArgument): OscArg {
  if (typeof value === 'string') return { type: 's', value };
  if (typeof value === 'number') return { type: value === (value | 0) ? 'i' : 'f', value };
  if (typeof value === 'boolean') return { type: value ? 'T' : 'F' };
  if (value === null) return { type: 'N' };
  return value === IMPULSE ? { type: 'I' } : { type: 'b', value: Buffer.from(value).toString('hex') };
}

function plain(arg: OscArg): OscArgument {
  switch (arg.type) {
    case 'i':
    case 's':
      return arg.value;
    case 'f':
      return shortestDecimal(arg.value);
    case 'b':
      return Uint8Array.from(Buffer.from(arg.value, 'hex'));
    case 'T':
    case 'F':
      return arg.type === 'T';
    case 'I':
      return IMPULSE;
    default:
      return null;
  }
}
