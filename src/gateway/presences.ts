/** What one connected client last said of itself. */
interface Presence {
  of: object;
  frame: Buffer;
}

/**
 * Which clients are there. One presence for each device that has said something and is connected still; a session tells
 * of one device, so there are never more than sessions.
 */
export class Presences {
  readonly #known = new Map<string, Presence>();
  /** Who is connected with each device: several sessions, such as two pages of one browser, and one user. */
  readonly #owners = new Map<string, { userId: string; sessions: Set<object> }>();

  /** A device belongs to the user who brought it, for as long as they are connected with it. */
  ownerOf(deviceId: string): string | undefined {
    return this.#owners.get(deviceId)?.userId;
  }

  /** @param of  the session, whose user nobody else owns the device before. */
  enter(deviceId: string, of: object, userId: string): void {
    const owner = this.#owners.get(deviceId);
    if (owner) owner.sessions.add(of);
    else this.#owners.set(deviceId, { userId, sessions: new Set([of]) });
  }

  leave(deviceId: string, of: object): void {
    const owner = this.#owners.get(deviceId);
    if (!owner?.sessions.delete(of) || owner.sessions.size > 0) return;
    this.#owners.delete(deviceId);
  }

  /** @param of  the session that said it. */
  set(deviceId: string, of: object, frame: Buffer): void {
    this.#known.set(deviceId, { of, frame });
  }

  /** @returns whether the device is gone with its session; false when it is here again with another one. */
  forget(deviceId: string, of: object): boolean {
    return this.#known.get(deviceId)?.of === of && this.#known.delete(deviceId);
  }

  /** What a new client is told of the others, as frames. */
  framesFor(of: object): Buffer {
    return Buffer.concat([...this.#known.values()].filter((one) => one.of !== of).map(({ frame }) => frame));
  }
}
