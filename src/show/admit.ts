import { accepted, type Decision, refused } from '../protocol/decision.js';
import { isEventType } from '../protocol/envelope.js';
import { isNewer, isReadable } from '../protocol/version.js';
import { mayPropose } from './roles.js';

/** What is looked at before anything else: a version and a type that this build knows, and a role that may. */
export function admit(wish: { version: string; eventType: string; actor: { role: string } }): Decision {
  const { version, eventType, actor } = wish;
  if (!isReadable(version)) {
    return refused('UNSUPPORTED_VERSION', `this bridge does not read messages of version ${version}`, '/version');
  }
  if (!isEventType(eventType)) {
    const code = isNewer(version) ? 'UNSUPPORTED_VERSION' : 'VALIDATION_FAILED';
    return refused(code, `this bridge knows no event ${eventType}`, '/eventType');
  }
  if (!mayPropose(actor.role, eventType)) {
    return refused('FORBIDDEN', `the role ${actor.role} may not propose ${eventType}`, '/actor/role');
  }
  return accepted;
}
