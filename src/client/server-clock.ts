/** How many measurements are remembered: enough to find a quiet moment, few enough to follow a drifting clock. */
export const SAMPLES_MAX = 8;

interface Sample {
  roundTripMs: number;
  /** Server wall time less our monotonic time. */
  offsetMs: number;
}

/**
 * Estimates the bridge's wall clock on our monotonic one. The measurement with the smallest round trip of the last
 * `SAMPLES_MAX` counts: its error is at most half of that round trip (RFC 5905, clock filter).
 */
export class ServerClock {
  #samples: Sample[] = [];
  #guess: number | undefined;

  /** A frame's own time, without a round trip: only until the first measurement. */
  hint(serverWallMs: number, receivedMono: number): void {
    if (Number.isFinite(serverWallMs)) this.#guess = serverWallMs - receivedMono;
  }

  /** @param serverWallMs  what the bridge wrote between our sending and our receiving. */
  sample(sentMono: number, receivedMono: number, serverWallMs: number): void {
    const roundTripMs = receivedMono - sentMono;
    if (!(roundTripMs >= 0) || !Number.isFinite(serverWallMs)) return;
    this.#samples.push({ roundTripMs, offsetMs: serverWallMs - (sentMono + roundTripMs / 2) });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** A new connection may be to a bridge that was restarted with another clock. */
  forget(): void {
    this.#samples = [];
  }

  get roundTripMs(): number | undefined {
    return this.#best?.roundTripMs;
  }

  /** @returns undefined before the first word of the bridge. */
  wallAt(mono: number): number | undefined {
    const offset = this.#best?.offsetMs ?? this.#guess;
    return offset === undefined ? undefined : mono + offset;
  }

  get #best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || sample.roundTripMs < best.roundTripMs) best = sample;
    return best;
  }
}
