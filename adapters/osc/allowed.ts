/** Who may send to a port that listens: `from` of the bridge file. */
import { BlockList, isIP } from 'node:net';

/** What cannot be read in a list of addresses and nets, such as `10.0.0.5` and `10.0.0.0/8`; undefined: all can. */
export function problemOfFrom(from: readonly string[]): { index: number; message: string } | undefined {
  const index = from.findIndex((entry) => partsOf(entry) === undefined);
  if (index < 0) return undefined;
  return { index, message: `'${from[index]}' is neither an address, such as 10.0.0.5, nor a net, such as 10.0.0.0/24` };
}

/** @param from  without a problem; left out: everybody. @returns whether who calls from this address may be heard */
export function allowedFrom(from: readonly string[] | undefined): (address: string | undefined) => boolean {
  if (from === undefined) return () => true;
  const list = new BlockList();
  for (const entry of from) {
    const parts = partsOf(entry);
    if (parts) list.addSubnet(parts.address, parts.bits, parts.family);
  }
  return (address = '') => {
    // A socket for both families shows IPv4 so.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function partsOf(entry: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bits, ...more] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return undefined;
  const most = version === 6 ? 128 : 32;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined;
  return { address, bits: bits === undefined ? most : Number(bits), family: version === 6 ? 'ipv6' : 'ipv4' };
}
