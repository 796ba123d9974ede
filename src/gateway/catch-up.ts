import { BridgeError } from '../kit/errors.js';
import type { GatewayShow, Viewer } from './contract.js';
import { frameLines } from './frame.js';
import { linesFor } from './shown.js';
import type { Tail } from './tail.js';

/** A client that stands behind the show. */
export interface Follower {
  readonly viewer: Viewer;
  /** The number of the last event that was written to it. */
  readonly sentSeq: number;
  /** Whether it must have a fresh snapshot before it goes on. */
  readonly owesSnapshot: boolean;
  /** Writes a snapshot of the show as it stands, which moves `sentSeq`. Resolves when the socket has taken it. */
  sendSnapshot(): Promise<void>;
  /** Writes frames of the events up to `lastSeq`. Resolves when the socket has taken them. */
  sendFrames(frames: Buffer, lastSeq: number): Promise<void>;
  /** It has all there is. Called in the same turn in which that is so: what is published next reaches it live. */
  join(): void;
}

/**
 * Brings one client to where the show is: reads the log on from its place, in pieces that its socket must have taken
 * before the next, and lets it join the live ones in the very turn in which nothing is missing any more. The last
 * piece comes out of memory, so that a client catches up however fast the show goes on.
 * @param chunkBytes  the size of a piece.
 * @throws JOURNAL_CORRUPT and what else reading the log throws
 */
export async function catchUp(
  show: GatewayShow,
  tail: Tail,
  follower: Follower,
  chunkBytes: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (follower.owesSnapshot) {
      await follower.sendSnapshot();
      continue;
    }
    const { sentSeq, viewer } = follower;
    if (sentSeq >= Math.max(show.lastEventSeq, tail.lastSeq)) return follower.join();
    const left = tail.bytesFrom(sentSeq + 1);
    if (left !== undefined && left <= chunkBytes && tail.lastSeq > sentSeq) {
      const frames = tail.framesFor(sentSeq + 1, tail.lastSeq, viewer);
      if (frames) await follower.sendFrames(frames, tail.lastSeq);
      continue;
    }
    await readOn(show, follower, chunkBytes, signal);
    if (follower.sentSeq === sentSeq && !signal.aborted) {
      throw new BridgeError('INTERNAL', `the log ends before event ${sentSeq + 1}`);
    }
  }
}

/** Writes what the log holds up to where the show is now. */
async function readOn(show: GatewayShow, follower: Follower, chunkBytes: number, signal: AbortSignal): Promise<void> {
  for await (const stretch of show.read(follower.sentSeq + 1, signal)) {
    if (signal.aborted) return;
    if (stretch.fromSeq > follower.sentSeq + 1) {
      throw new BridgeError('INTERNAL', `the log has no event ${follower.sentSeq + 1}`);
    }
    // The log may hold what the show has not seen yet, and who may read a note is judged by the show.
    const toSeq = Math.min(stretch.lastSeq, show.lastEventSeq);
    const lines = linesFor(stretch, follower.sentSeq + 1, toSeq, follower.viewer, show.state);
    for (const { frames, count } of frameLines(lines, chunkBytes)) {
      await follower.sendFrames(frames, follower.sentSeq + count);
      if (signal.aborted) return;
    }
    if (toSeq < stretch.lastSeq) return;
  }
}
