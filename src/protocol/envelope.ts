import type { Actor, JsonPatch, PayloadByType } from '../generated/types.js';

export type { Actor, PayloadByType } from '../generated/types.js';

export type EventType = keyof PayloadByType;

interface Envelope {
  kind: 'event';
  version: string;
  messageId: string;
  correlationId?: string;
  causationId?: string;
  showId: string;
  createdAt: string;
  actor: Actor;
  notAfter?: string;
  patch?: JsonPatch;
}

/** A complete wish: it has a payload that could be stored as it is, and no number yet. */
export type ProposalOf<T extends EventType> = Envelope & { eventType: T; payload: PayloadByType[T] };
export type Proposal = { [T in EventType]: ProposalOf<T> }[EventType];

/** A wish that may lack what the presser could not see; `complete` fills it in at the sequencer. */
export type DraftOf<T extends EventType> = Envelope & { eventType: T; payload: Partial<PayloadByType[T]> };
export type Draft = { [T in EventType]: DraftOf<T> }[EventType];

/** A fact: numbered, stamped and durable. */
export type EventOf<T extends EventType> = ProposalOf<T> & { eventSeq: number; recordedAt: string };
export type ShowEvent = { [T in EventType]: EventOf<T> }[EventType];

/** An event as a client gets it: its payload may be withheld, or its type may be of a newer minor version. */
export type ReceivedEvent = ShowEvent & { withheld?: boolean };

interface EventTypeFacts {
  /** The first minor version that has it. */
  since: '1.0.0' | '1.1.0' | '1.2.0';
  /** Who may propose it: anyone with the role, or only the bridge itself. */
  by: 'client' | 'server';
  /** False for what concerns one connection only and gets no number. */
  stored: boolean;
}

export const EVENT_TYPES: Readonly<Record<EventType, EventTypeFacts>> = {
  CueAdvanced: { since: '1.0.0', by: 'client', stored: true },
  CueReverted: { since: '1.0.0', by: 'client', stored: true },
  MicAssigned: { since: '1.0.0', by: 'client', stored: true },
  MicSwapped: { since: '1.0.0', by: 'client', stored: true },
  SegmentReordered: { since: '1.0.0', by: 'client', stored: true },
  NoteAdded: { since: '1.0.0', by: 'client', stored: true },
  NoteUpdated: { since: '1.0.0', by: 'client', stored: true },
  NoteDeleted: { since: '1.0.0', by: 'client', stored: true },
  TimerStarted: { since: '1.0.0', by: 'client', stored: true },
  TimerPaused: { since: '1.0.0', by: 'client', stored: true },
  TimerReset: { since: '1.0.0', by: 'client', stored: true },
  TimerSetOverride: { since: '1.0.0', by: 'client', stored: true },
  EmergencyTriggered: { since: '1.0.0', by: 'client', stored: true },
  EmergencyResolved: { since: '1.0.0', by: 'client', stored: true },
  SnapshotRequested: { since: '1.0.0', by: 'client', stored: false },
  ClientPresenceUpdated: { since: '1.0.0', by: 'client', stored: false },
  CueStandbySet: { since: '1.1.0', by: 'client', stored: true },
  CueStandbyAcknowledged: { since: '1.1.0', by: 'client', stored: true },
  DeviceStatusChanged: { since: '1.1.0', by: 'server', stored: true },
  OutputSent: { since: '1.1.0', by: 'server', stored: true },
  OutputConfirmed: { since: '1.1.0', by: 'server', stored: true },
  OutputFailed: { since: '1.1.0', by: 'server', stored: true },
  ExternalCueFired: { since: '1.1.0', by: 'server', stored: true },
  CallFired: { since: '1.2.0', by: 'client', stored: true },
};

export const isEventType = (name: string): name is EventType => Object.hasOwn(EVENT_TYPES, name);
