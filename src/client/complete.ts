import type { Actor, Draft, EventType, PayloadByType } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { complete } from '../show/complete.js';
import { refusal } from './refusal.js';
import type { Client, ClientRefusal } from './types.js';

/**
 * Makes of what a person typed the payload that they would have written had they seen the show: ids are made, and where the show
 * is, is filled in, as the bridge does for a device's press. What was typed stays as it is.
 * @param client  one that follows the show.
 * @param messageId  what a note or an emergency is called that was given no id.
 * @returns VALIDATION_FAILED when something is missing that only a person can know
 */
export function completePayload<T extends EventType>(
  client: Pick<Client, 'state' | 'showId' | 'serverNow'>,
  { eventType, payload, actor, messageId }: { eventType: T; payload: object; actor: Actor; messageId: string },
): { ok: true; payload: PayloadByType[T] } | ClientRefusal {
  const { state, showId } = client;
  if (!state || showId === undefined) return refusal('CLIENT_OFFLINE', 'the bridge has not said yet where the show is');
  const nowMs = client.serverNow();
  const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId, showId, actor };
  const draft = { ...envelope, createdAt: new Date(nowMs).toISOString(), eventType, payload } as Draft;
  const completed = complete(state, draft, nowMs);
  if (completed.ok) return { ok: true, payload: completed.proposal.payload as PayloadByType[T] };
  return { ...refusal(completed.code, completed.message), ...(completed.pointer && { pointer: completed.pointer }) };
}
