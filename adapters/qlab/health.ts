import type { Health } from '../../src/adapter-sdk/adapter.js';
import type { BridgeError } from '../../src/kit/errors.js';
import { isCalled, type Session } from './handshake.js';
import { FRAME_BYTES_MAX } from './link.js';

/** What went wrong with the last command. */
export interface Trouble {
  code: BridgeError['code'];
  detail: string;
}

/** What is seen of a workspace that is connected. */
export interface Seen {
  session: Session;
  trouble: Trouble | undefined;
  /** As the bridge file names them. */
  workspace: string | undefined;
  cueList: string | undefined;
  hasPasscode: boolean;
  /** QLab sent more than is read in one message. */
  isOversize: boolean;
  playhead: { number: string | null | undefined; isListMissing: boolean };
}

/** The health of a workspace that is connected. Pure. */
export function healthOf(seen: Seen): Health {
  const limit = limitOf(seen);
  const { number } = seen.playhead;
  return {
    ...(limit ? { status: 'degraded', ...limit } : { status: 'up' }),
    ...(number === undefined ? {} : { playhead: number }),
  };
}

function limitOf({
  session,
  trouble,
  workspace,
  cueList,
  hasPasscode,
  playhead,
  isOversize,
}: Seen): Trouble | undefined {
  const { permissions, others, workspaceName } = session;
  const missing = (['view', 'control'] as const).filter((permission) => !permissions[permission]);
  if (missing.length > 0) {
    const detail = hasPasscode
      ? `the passcode for "${workspaceName}" does not allow ${missing.join(' and ')}`
      : `"${workspaceName}" does not allow ${missing.join(' and ')} to whoever has no passcode`;
    return { code: 'DEVICE_REFUSED', detail };
  }
  if (trouble) return trouble;
  if (others.length > 0 && workspace === undefined) {
    const open = [workspaceName, ...others].join(', ');
    const detail = `several workspaces are open (${open}); the bridge took "${workspaceName}": name one`;
    return { code: 'CONFLICT', detail };
  }
  if (workspace !== undefined && !isCalled(session, workspace)) {
    const detail = `the workspace "${workspace}" is now called "${workspaceName}": mend its name in the bridge file`;
    return { code: 'NOT_FOUND', detail };
  }
  if (isOversize) {
    const detail = `QLab sent more than ${FRAME_BYTES_MAX / 2 ** 20} MiB in one message, which is not read: its playhead and its cues are not known`;
    return { code: 'FRAME_TOO_LARGE', detail };
  }
  if (playhead.isListMissing && cueList !== undefined) {
    return { code: 'NOT_FOUND', detail: `the workspace "${workspaceName}" has no cue list "${cueList}"` };
  }
  return undefined;
}
