import type { ClientRefusal } from './types.js';

export const refusal = (code: ClientRefusal['code'], message: string): ClientRefusal => ({ ok: false, code, message });

/** A refusal at the door, by its HTTP status. */
export const doorRefusal = (status: number, message?: string): ClientRefusal =>
  status === 401
    ? refusal('UNAUTHENTICATED', message ?? 'the bridge wants a token that it knows')
    : refusal('FORBIDDEN', message ?? `the bridge refused the connection (HTTP ${status})`);
