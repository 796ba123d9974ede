/**
 * Which devices this machine may send to. Of several machines on one log, at most one owns a device at any moment. Asked
 * right before each send, in the tick of the commit: it answers from what it knows, without waiting.
 */
export interface Ownership {
  owns(device: string): boolean;
}

/** Of a machine that is alone. */
export const OWNS_ALL: Ownership = { owns: () => true };
