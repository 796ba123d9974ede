/** Milliseconds on a clock that never steps; only differences mean anything. */
export type MonoMs = number & { readonly __unit: 'mono' };
/** Milliseconds since 1970-01-01 UTC, for people and files. */
export type WallMs = number & { readonly __unit: 'wall' };

export interface Clock {
  mono(): MonoMs;
  wall(): WallMs;
  /** Resolves after `ms`, or at once when the signal aborts: look at the signal afterwards. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** How far the machine's own wall clock is from `wall()` by now, in milliseconds, because somebody set it. */
  driftMs?(): number;
  /** From now on `wall()` goes by the machine's wall clock as it is now. */
  follow?(): void;
}

/**
 * The machine's clock. The wall time is read once and then goes on with the monotonic clock, so that a step of the
 * system time during a performance moves no timer.
 */
export function systemClock(): Clock {
  let origin = Date.now() - performance.now();
  return {
    driftMs: () => Date.now() - performance.now() - origin,
    follow: () => {
      origin = Date.now() - performance.now();
    },
    mono: () => performance.now() as MonoMs,
    wall: () => (origin + performance.now()) as WallMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal?.addEventListener('abort', done);
      }),
  };
}

/** ISO 8601 in UTC with milliseconds, as in `createdAt` and `recordedAt`. */
export const toUtc = (wall: WallMs): string => new Date(wall).toISOString();

/** Milliseconds on the machine's own steady clock, which is one and the same for all processes of this machine. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
