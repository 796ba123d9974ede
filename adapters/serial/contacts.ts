/** A switch that is looked at again and again: when it was pressed and released. Pure: time is handed in. */

/** What is known of a contact. */
export interface ContactState {
  /** pressed also stands for a contact that was never seen open: only what was open can be pressed. */
  readonly is: 'open' | 'pressed';
  /** When the press was told; undefined: it was not. */
  readonly pressedAtMs?: number;
  /** Since when a pressed contact is seen open without a break. */
  readonly openSinceMs?: number;
}

export type Edge = { edge: 'press' } | { edge: 'release'; heldMs: number };

/** Before the first look. A contact that is closed from the start gives no press. */
export const UNSEEN: ContactState = { is: 'pressed' };

const OPEN: ContactState = { is: 'open' };

/**
 * One look at a contact. The first look that finds an open contact closed is the press: nothing is waited for. After it the
 * contact must be open without a break for `debounceMs` before it is released, and only then can it be pressed again: a
 * contact that bounces, or is dirty while it is held, presses once.
 * @param nowMs  of this look; never less than that of the one before.
 */
export function lookAt(
  state: ContactState,
  isClosed: boolean,
  nowMs: number,
  debounceMs: number,
): { state: ContactState; edge?: Edge } {
  if (state.is === 'open') {
    return isClosed ? { state: { is: 'pressed', pressedAtMs: nowMs }, edge: { edge: 'press' } } : { state };
  }
  const { pressedAtMs, openSinceMs = nowMs } = state;
  const pressed = { is: 'pressed', ...(pressedAtMs !== undefined && { pressedAtMs }) } as const;
  if (isClosed) return { state: pressed };
  if (nowMs - openSinceMs < debounceMs) return { state: { ...pressed, openSinceMs } };
  if (pressedAtMs === undefined) return { state: OPEN };
  return { state: OPEN, edge: { edge: 'release', heldMs: Math.round(openSinceMs - pressedAtMs) } };
}
