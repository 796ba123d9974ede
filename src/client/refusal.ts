import { ERRORS, type ErrorCode } from '../kit/errors.js';
import type { ClientRefusal } from './types.js';

/** A refusal of this side's own, with what to do about it. @param hint  default: that of its code */
export function refusal(code: ClientRefusal['code'], message: string, hint?: string): ClientRefusal {
  const said = hint ?? (code in ERRORS ? ERRORS[code as ErrorCode].hint : undefined);
  return { ok: false, code, message, ...(said === undefined ? {} : { hint: said }) };
}

/** A refusal at the door, by its HTTP status; undefined when another attempt may go better. */
export function doorRefusal(status: number, message?: string): ClientRefusal | undefined {
  if (status === 400) return refusal('UNSUPPORTED_VERSION', message ?? 'the bridge does not speak pacebuddy.v1');
  if (status === 401) return refusal('UNAUTHENTICATED', message ?? 'the bridge wants a token that it knows');
  if (status === 403) return refusal('FORBIDDEN', message ?? 'the bridge does not let this page or machine in');
  return undefined;
}
