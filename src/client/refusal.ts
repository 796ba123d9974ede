import type { ClientRefusal } from './types.js';

export const refusal = (code: ClientRefusal['code'], message: string): ClientRefusal => ({ ok: false, code, message });

/** A refusal at the door, by its HTTP status; undefined when another attempt may go better. */
export function doorRefusal(status: number, message?: string): ClientRefusal | undefined {
  if (status === 400) return refusal('UNSUPPORTED_VERSION', message ?? 'the bridge does not speak pacebuddy.v1');
  if (status === 401) return refusal('UNAUTHENTICATED', message ?? 'the bridge wants a token that it knows');
  if (status === 403) return refusal('FORBIDDEN', message ?? 'the bridge does not let this page or machine in');
  return undefined;
}
