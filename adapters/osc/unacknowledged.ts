/**
 * What a peer has not acknowledged. A write ends when the kernel has the bytes; with the cable out they stay there, and
 * come late when it is back. Node cannot ask for TCP_USER_TIMEOUT, but Linux tells how much waits.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** Where Linux lists its connections. @see proc(5), /proc/net/tcp */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');

/** An IPv4 address as the tables end with it; an IPv6 one is told by its ports alone. */
function addressEnd(address: string): string {
  const parts = address.replace(/^::ffff:/i, '').split('.');
  if (parts.length !== 4) return '';
  return parts
    .reverse()
    .map((part) => hex(Number(part), 2))
    .join('');
}

/** @returns bytes that the kernel holds for the peer; undefined where nobody tells: not Linux, or the socket is gone. */
export async function unacknowledgedBytes(socket: Socket): Promise<number | undefined> {
  const { localPort, remotePort, remoteAddress } = socket;
  if (localPort === undefined || remotePort === undefined || remoteAddress === undefined) return undefined;
  const local = `:${hex(localPort, 4)}`;
  const remote = `${addressEnd(remoteAddress)}:${hex(remotePort, 4)}`;
  const found: number[] = [];
  for (const table of TABLES) {
    const text = await readFile(table, 'latin1').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, from, to, , queues] = line.trim().split(/\s+/);
      if (from?.endsWith(local) && to?.endsWith(remote)) found.push(Number.parseInt(queues ?? '', 16));
    }
  }
  return found.length === 1 && Number.isFinite(found[0]) ? found[0] : undefined;
}
