import { systemClock, toUtc } from '../../src/kit/clock.js';
import { newId } from '../../src/kit/ids.js';

const clock = systemClock();

/** A proposal as a client of the show `small` writes it. */
export const proposal = (eventType: string, payload: object, deviceId = 'tablet') => ({
  kind: 'event',
  version: '1.1.0',
  messageId: newId(),
  showId: 'small',
  eventType,
  createdAt: toUtc(clock.wall()),
  actor: { userId: 'u-sm', role: 'stageManager', deviceId },
  payload,
});
