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
