/** Every code that the bridge says, with how bad it is and what to do about it. The README lists the same table. */
export type Severity = 'info' | 'warn' | 'error' | 'fatal';

export const ERRORS = {
  VALIDATION_FAILED: { severity: 'warn', hint: 'compare the message with the schema at the pointer' },
  UNSUPPORTED_VERSION: { severity: 'warn', hint: 'update the older side: their major versions differ' },
  UNAUTHENTICATED: { severity: 'warn', hint: 'give a token of the bridge file’s access list' },
  FORBIDDEN: {
    severity: 'warn',
    hint: 'this user’s role may not do that; see the table of roles in src/show/README.md',
  },
  UNKNOWN_SHOW: {
    severity: 'warn',
    hint: 'the bridge runs another showId; reload the page or mend the client’s settings',
  },
  NOT_FOUND: { severity: 'warn', hint: 'check the id against the show file' },
  CONFLICT: { severity: 'warn', hint: 'the show moved on; look at the current cue and press again' },
  GO_GUARD: { severity: 'warn', hint: 'the last GO was taken; press again if the next cue is really meant' },
  EMERGENCY_ACTIVE: { severity: 'warn', hint: 'the show is held; the stage manager or the director resolves it' },
  RATE_LIMITED: { severity: 'warn', hint: 'this client sends too fast; slow down' },
  FRAME_TOO_LARGE: { severity: 'warn', hint: 'send a smaller frame' },
  CLIENT_TOO_SLOW: { severity: 'warn', hint: 'the client did not read; it may connect again and resume' },
  CLIENT_OFFLINE: { severity: 'warn', hint: 'call the cue by voice until the line to the bridge is back' },
  SEQUENCER_BUSY: { severity: 'error', hint: 'too much is waiting to be stored; press again' },
  JOURNAL_UNAVAILABLE: {
    severity: 'error',
    hint: 'the log cannot be written: free the disk, mend its permissions, or put its files back as they were; nothing was fired',
  },
  JOURNAL_CORRUPT: {
    severity: 'fatal',
    hint: 'restore the log’s file from a copy; pacebuddy log repair saves what is whole; or move the show’s folder aside',
  },
  JOURNAL_TAIL_CUT: {
    severity: 'warn',
    hint: 'the last write was cut off by a crash; what was never acknowledged is gone',
  },
  JOURNAL_LOCKED: {
    severity: 'fatal',
    hint: 'another bridge runs on this journal, here, in a container or on another machine; stop it first',
  },
  DISK_LOW: {
    severity: 'warn',
    hint: 'the log needs room: delete what is not needed on its disk, before it is full',
  },
  JOURNAL_STALLED: {
    severity: 'error',
    hint: 'the disk does not answer: look at it, or call by voice; nothing fires until it does',
  },
  JOURNAL_FENCED: {
    severity: 'error',
    hint: 'another machine has taken the show over; press there, and nothing was fired here',
  },
  JOURNAL_NO_QUORUM: {
    severity: 'error',
    hint: 'too few machines of the show hear each other: look at the network between them, or call by voice; nothing was fired',
  },
  SHOW_FILE_CHANGED: {
    severity: 'warn',
    hint: 'look at the current cue before the next GO; put the cue back into the show file, or advance to the right one',
  },
  CLOCK_BEHIND: {
    severity: 'warn',
    hint: 'set this machine’s clock; the show’s time goes on from the end of its log',
  },
  CLOCK_SET: {
    severity: 'warn',
    hint: 'the show goes on by the time that it began with; a restart between two performances takes the new one',
  },
  ADAPTER_FAILED: {
    severity: 'error',
    hint: 'a fault of the adapter’s package: update it, or report the log line to its author',
  },
  INTERNAL: { severity: 'error', hint: 'a fault of the bridge: please report the log line' },
  DEVICE_UNREACHABLE: { severity: 'error', hint: 'check cable, address and that the device is on' },
  DEVICE_CLOSED: { severity: 'error', hint: 'the device is gone; the bridge connects again by itself' },
  DEVICE_TIMEOUT: { severity: 'error', hint: 'the device did not answer in time; look at it' },
  DEVICE_REFUSED: {
    severity: 'error',
    hint: 'the device said no: check passcode and permissions, then reload the bridge file',
  },
  DEVICE_DRIVER_MISSING: {
    severity: 'error',
    hint: 'a system library for this kind of device is not installed; the detail names it',
  },
  PLAYHEAD_DIVERGED: {
    severity: 'warn',
    hint: 'whoever takes over by hand would play another cue: move the device’s playhead, or the show, to where it belongs',
  },
  INPUT_UNUSED: {
    severity: 'warn',
    hint: 'nothing happened: add a rule for it, or mend the one that was meant; pacebuddy devices tells how often',
  },
  INPUT_LATE: {
    severity: 'error',
    hint: 'the press was too long on its way and fired nothing; look where the show is, and press again',
  },
  INPUT_DOUBTFUL: {
    severity: 'warn',
    hint: 'it may be the bridge’s own cue or an operator’s press, and moved nothing: look at the device, and where the show is',
  },
  GO_CHAIN: {
    severity: 'error',
    hint: 'devices press one another without a person: find what sends the press back, and take its rule away',
  },
  OUTPUT_LATE: { severity: 'error', hint: 'too old to send; a late GO is worse than a missing one' },
  OUTPUT_UNSENT: {
    severity: 'error',
    hint: 'the bridge stopped between the log and the wire: look whether the cue went; if not, send it from the page',
  },
  CODEC_MALFORMED: { severity: 'warn', hint: 'what came in, or what was to go out, does not fit the protocol' },
  CONFIG_UNREADABLE: { severity: 'fatal', hint: 'check the path and the permissions of the file' },
  CONFIG_SYNTAX: { severity: 'fatal', hint: 'mend the YAML at the place named' },
  CONFIG_UNKNOWN_KEY: { severity: 'fatal', hint: 'remove it, or write the name that was suggested' },
  CONFIG_INVALID: {
    severity: 'fatal',
    hint: 'compare with the reference in docs/bridge-file.md; for a device, in adapters/KIND/README.md',
  },
  CONFIG_DUPLICATE: { severity: 'fatal', hint: 'keep one of them, or give each its own id' },
  CONFIG_UNKNOWN_NAME: { severity: 'fatal', hint: 'name something that the bridge file or the show file holds' },
  CONFIG_ADAPTER: {
    severity: 'fatal',
    hint: 'npm install the package beside the bridge file, in a version that fits this bridge; or take it out of adapters',
  },
  CONFIG_PLACEHOLDER: { severity: 'fatal', hint: 'see the list of placeholders in docs/mapping.md' },
  CONFIG_ENV_MISSING: { severity: 'fatal', hint: 'set the environment variable, or give a default: ${NAME:-default}' },
  CONFIG_ACCESS_REQUIRED: { severity: 'fatal', hint: 'add an access list, or listen on 127.0.0.1' },
  CONFIG_RULE_UNUSED: { severity: 'warn', hint: 'the rule applies to no cue; check call and placeholders' },
  CONFIG_RULE_SKIPS_CUES: {
    severity: 'warn',
    hint: 'give these cues what the rule reads, or leave it so where nothing is to be sent',
  },
  CONFIG_RULES_OVERLAP: {
    severity: 'warn',
    hint: 'give each a button of its own, unless both are meant',
  },
  CONFIG_LOOP: {
    severity: 'warn',
    hint: 'make sure that the device does not answer a cue with a press, or give the press a way of its own',
  },
  CONFIG_NO_STOP: { severity: 'warn', hint: 'add an output for EmergencyTriggered, if a device is to stop by itself' },
  CONFIG_RESTART_NEEDED: { severity: 'warn', hint: 'restart the bridge to take this change over' },
  CONFIG_RELOAD_REFUSED: {
    severity: 'error',
    hint: 'the bridge goes on with the file it has; mend the problems and load it anew',
  },
  LISTEN_FAILED: { severity: 'fatal', hint: 'another program holds the port, or the address is not this machine’s' },
} as const satisfies Record<string, { severity: Severity; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure. Callers branch on `code`, never on words; refusals that the show expects are returned, not thrown. */
export class BridgeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'BridgeError';
    this.code = code;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }

  get severity(): Severity {
    return ERRORS[this.code].severity;
  }
}

/** Also of another copy of this package, such as the one that an adapter's package has found. */
export const isBridgeError = (error: unknown): error is BridgeError =>
  error instanceof BridgeError ||
  (error instanceof Error && error.name === 'BridgeError' && Object.hasOwn(ERRORS, String(Object(error).code)));

/** Any thrown thing as a BridgeError; one that is none already becomes `code`, with its cause kept. */
export function toBridgeError(error: unknown, code: ErrorCode = 'INTERNAL'): BridgeError {
  if (isBridgeError(error)) return error;
  const message = wordsOf(error);
  return new BridgeError(code, message, { cause: error });
}

/** What was thrown, in its own words. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
