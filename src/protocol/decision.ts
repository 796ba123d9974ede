/** The codes with which the show refuses what it expects to be asked. */
export type RefusalCode =
  | 'VALIDATION_FAILED'
  | 'UNSUPPORTED_VERSION'
  | 'FORBIDDEN'
  | 'UNKNOWN_SHOW'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'GO_GUARD'
  | 'EMERGENCY_ACTIVE'
  | 'GO_CHAIN'
  | 'INPUT_LATE'
  | 'SEQUENCER_BUSY'
  | 'JOURNAL_UNAVAILABLE'
  | 'JOURNAL_FENCED'
  | 'JOURNAL_NO_QUORUM'
  | 'RATE_LIMITED'
  | 'FRAME_TOO_LARGE'
  | 'INTERNAL';

/** Why a proposal was not taken. `message` names what happened instead, in the presser's words. */
export interface Refusal {
  ok: false;
  code: RefusalCode;
  message: string;
  /** RFC 6901, into the proposal. */
  pointer?: string;
}

export type Decision = { ok: true } | Refusal;

export const accepted: Decision = { ok: true };
export const refused = (code: RefusalCode, message: string, pointer?: string): Refusal => ({
  ok: false,
  code,
  message,
  ...(pointer === undefined ? {} : { pointer }),
});

/** What a proposer is told: its event's number once it is durable, or why not. */
export type Outcome = { ok: true; eventSeq?: number } | Refusal;
