import { BridgeError, type ErrorCode } from '../kit/errors.js';
import type { Fired } from './adapter.js';

/** The device was not seen to do in time what it was told. It may do so still. */
export class Overdue extends BridgeError {
  /** Resolves when it was seen to fire after all; never rejects, and may never resolve. */
  readonly late: Promise<Fired>;

  constructor(code: ErrorCode, message: string, late: Promise<Fired>, options?: { cause?: unknown }) {
    super(code, message, options);
    this.late = late;
  }
}
