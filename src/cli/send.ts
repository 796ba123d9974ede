import { completePayload } from '../client/complete.js';
import { type Client, type ClientOutcome, connect, type EventType, isEventType } from '../client/node.js';
import { systemClock } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import { LATE, within } from '../kit/within.js';
import { EXIT } from './exit.js';
import { identityOf, type TokenOptions, tokenOf } from './identity.js';

export interface SendOptions extends TokenOptions {
  url: string;
  user: string;
  role: string;
  device: string;
  timeout: string;
  json?: boolean;
}

/** Sends one event and tells its ack. What of its payload nobody at a shell can know is filled in: ids, and where the show is. */
export async function send(eventType: string, payloadText: string | undefined, options: SendOptions): Promise<void> {
  const payload = parsePayload(payloadText);
  const timeoutMs = Number(options.timeout) * 1000;
  const wrong = !isEventType(eventType)
    ? `there is no event type ${eventType}`
    : payload === undefined
      ? 'the payload is no JSON object'
      : timeoutMs > 0
        ? undefined
        : '--timeout takes seconds';
  if (wrong !== undefined) {
    process.stderr.write(`${wrong}\n`);
    process.exitCode = EXIT.usage;
    return;
  }
  const token = tokenOf(options);
  const claimed = { userId: options.user, role: options.role, deviceId: options.device };
  const identity = await identityOf(options.url, token, claimed);
  const client = connect({ url: options.url, ...identity });
  const press = async (): Promise<ClientOutcome> => {
    await live(client);
    const { status, reason } = client.statusInfo;
    if (status === 'refused' && reason) return reason;
    if (payloadText === undefined && eventType === 'CueAdvanced') return client.go();
    if (payloadText === undefined && eventType === 'CueReverted') return client.back();
    const draft = {
      eventType: eventType as EventType,
      payload: { ...payload },
      messageId: newId(),
      actor: identity.actor,
    };
    const completed = completePayload(client, draft);
    return completed.ok ? client.propose(draft.eventType, completed.payload) : completed;
  };
  const outcome = await within(systemClock(), timeoutMs, press());
  const reason = client.statusInfo.reason;
  await client.close();
  tell(eventType, outcome === LATE ? undefined : outcome, reason?.message, options);
}

function tell(
  eventType: string,
  outcome: ClientOutcome | undefined,
  reason: string | undefined,
  options: SendOptions,
): void {
  const why = reason === undefined ? '' : ` (${reason})`;
  const message = `no answer from ${options.url} within ${options.timeout} s${why}; --url names another address`;
  const answer = outcome ?? { ok: false, code: 'DEVICE_TIMEOUT', message };
  if (options.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else if (answer.ok) process.stdout.write(`${eventType} is event ${'eventSeq' in answer ? answer.eventSeq : ''}\n`);
  else process.stderr.write(`${answer.code}: ${answer.message}\n`);
  process.exitCode = outcome === undefined ? EXIT.unreachable : outcome.ok ? EXIT.done : EXIT.refused;
}

/** Resolves when the client follows the show, or will never. */
function live(client: Client): Promise<void> {
  const settled = () => client.status === 'refused' || (client.status === 'live' && client.state !== undefined);
  return new Promise((resolve) => {
    if (settled()) return resolve();
    const look = () => {
      if (!settled()) return;
      stopStatus();
      stopState();
      resolve();
    };
    const stopStatus = client.onStatus(look);
    const stopState = client.onState(look);
  });
}

function parsePayload(text: string | undefined): object | undefined {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
