/** What the show looks like → what a button shows. Pure. */
import type { Face, FaceTimer } from '../../src/adapter-sdk/adapter.js';
import { type Colour, DARK, type Look } from './draw.js';
import type { StreamdeckPicture } from './generated/types.js';

/** What a button of the bridge file, or of a command, shows. */
export type Picture = StreamdeckPicture;

/**
 * @param face  undefined: nothing is known of the show, so nothing of it is shown.
 * @param nowMs  the show's time, in milliseconds since 1970.
 */
export function lookOf(picture: Picture, face: Face | undefined, nowMs: number): Look {
  const { show, text, colour = 'white', lit = false } = picture;
  if (show === undefined) {
    return text === undefined
      ? { kind: lit ? 'lit' : 'frame', colour }
      : { kind: lit ? 'lit' : 'frame', colour, big: text };
  }
  // Of a bridge that hangs nothing is repeated but that it hangs.
  if (!face || (face.state === 'silent' && show !== 'go')) return DARK;
  return LOOKS[show](face, picture, nowMs);
}

type Show = NonNullable<Picture['show']>;

const LOOKS: Readonly<Record<Show, (face: Face, picture: Picture, nowMs: number) => Look>> = {
  go: goLook,
  standby: standbyLook,
  current: ({ current }, { text = 'NOW' }) =>
    current ? cueLook('plain', 'white', text, current) : { kind: 'plain', colour: 'grey', heading: text, big: '–' },
  next: ({ next }, { text = 'NEXT' }) =>
    next ? cueLook('plain', 'white', text, next) : { kind: 'plain', colour: 'grey', heading: text, big: 'END' },
  emergency: emergencyLook,
  timer: timerLook,
  devices: devicesLook,
  outputs: outputsLook,
  title: ({ title }, { text }) => ({ kind: 'plain', colour: 'grey', ...(text && { heading: text }), big: title }),
};

const cueLook = (
  kind: Look['kind'],
  colour: Colour,
  heading: string,
  { number, label }: { number: string; label: string },
): Look => ({ kind, colour, heading, big: number, ...(label !== '' && { small: label }) });

/** What a press of GO would do now, and nothing else. The words tell the colours too: not everyone sees them. */
function goLook({ state, next, emergency }: Face, { text: go = 'GO' }: Picture): Look {
  switch (state) {
    case 'failed':
      return { kind: 'frame', colour: 'red', heading: `NO ${go}`, big: 'LOG FAILS' };
    case 'silent':
      return { kind: 'frame', colour: 'red', heading: `NO ${go}`, big: 'NO BRIDGE' };
    case 'hold':
    case 'stop':
    case 'evacuate':
      return {
        kind: 'lit',
        colour: 'red',
        heading: `NO ${go}`,
        big: state.toUpperCase(),
        ...(emergency && { small: emergency.code }),
      };
    case 'ended':
      return { kind: 'frame', colour: 'grey', heading: go, big: 'END' };
    case 'ready':
      if (!next) return DARK;
      return next.standingBy ? cueLook('lit', 'amber', `${go} – STBY`, next) : cueLook('lit', 'green', go, next);
  }
}

/** Lit once everybody has answered. */
function standbyLook({ next }: Face, { text: heading = 'STANDBY' }: Picture): Look {
  if (!next) return { kind: 'plain', colour: 'grey', heading, big: '–' };
  const { standingBy, number, departments, acknowledged } = next;
  if (!standingBy) return { kind: 'plain', colour: 'grey', heading, big: number };
  const missing = departments.filter((department) => !acknowledged.includes(department));
  if (missing.length === 0) {
    const small = departments.length > 0 ? 'all answered' : undefined;
    return { kind: 'lit', colour: 'amber', heading, big: number, ...(small && { small }) };
  }
  const small = missing.length > 2 ? `${missing.length} to answer` : `${missing.join(', ')}?`;
  return { kind: 'frame', colour: 'amber', heading, big: number, small };
}

function emergencyLook({ state, emergency }: Face, { text = 'HOLD', colour = 'red' }: Picture): Look {
  if (!emergency) return { kind: 'frame', colour, big: text };
  return {
    kind: 'lit',
    colour: 'red',
    heading: emergency.code.toUpperCase(),
    big: state === 'failed' ? 'LOG FAILS' : state.toUpperCase(),
    ...(emergency.message && { small: emergency.message }),
  };
}

/** The timer that a picture is about. */
const timerOf = ({ timers }: Face, { timer }: Picture): FaceTimer | undefined =>
  timer === undefined
    ? (timers.find(({ status }) => status === 'running') ?? timers[0])
    : timers.find(({ id }) => id === timer);

/** @returns milliseconds; below zero a timer that counts down has run over. */
function shownMs({ mode, status, valueMs, anchorAt }: FaceTimer, nowMs: number): number {
  const anchorMs = anchorAt === null ? Number.NaN : Date.parse(anchorAt);
  if (status !== 'running' || Number.isNaN(anchorMs)) return valueMs;
  const ranMs = Math.max(0, nowMs - anchorMs);
  return mode === 'up' ? valueMs + ranMs : valueMs - ranMs;
}

/** Counting up a second is shown when it is full; counting down, until it is over. */
const secondsOf = ({ mode }: FaceTimer, valueMs: number): number =>
  mode === 'up' ? Math.floor(valueMs / 1000) : Math.ceil(valueMs / 1000);

function timerLook(face: Face, picture: Picture, nowMs: number): Look {
  const timer = timerOf(face, picture);
  if (!timer) return { kind: 'plain', colour: 'grey', heading: picture.text ?? 'TIMER', big: '–' };
  const seconds = secondsOf(timer, shownMs(timer, nowMs));
  const heading = picture.text ?? timer.label ?? timer.id;
  const colour = seconds < 0 ? 'red' : timer.status === 'running' ? 'white' : 'grey';
  const small = timer.status === 'paused' ? { small: 'paused' } : {};
  return { kind: 'plain', colour, heading, big: clockText(seconds), ...small };
}

/** `2:05`, `1:02:05`, `-0:07`. @param seconds  a whole number; below zero when it has run over. */
export function clockText(seconds: number): string {
  const whole = Math.abs(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return seconds < 0 ? `-${text}` : text;
}

/** @returns in how many milliseconds one of the pictures will look another way by itself; undefined: never. */
export function changesInMs(pictures: readonly Picture[], face: Face | undefined, nowMs: number): number | undefined {
  const waits = pictures.flatMap((picture) => {
    const timer = picture.show === 'timer' && face ? timerOf(face, picture) : undefined;
    if (timer?.status !== 'running') return [];
    const valueMs = shownMs(timer, nowMs);
    const part = ((valueMs % 1000) + 1000) % 1000;
    // A millisecond more, so that the timer does not ring on the wrong side of the second.
    return [timer.mode === 'up' ? 1001 - part : part + 1];
  });
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

/** Green only where every device is up: a device without evidence is not well, it is unknown. */
function devicesLook({ devices }: Face, { text: heading = 'DEVICES' }: Picture): Look {
  const { total, counts, troubled } = devices;
  const { down = 0, degraded = 0, connecting = 0, unverified = 0 } = counts;
  const names = (status: string) =>
    troubled
      .filter((device) => device.status === status)
      .map(({ device }) => device)
      .join(', ');
  if (down > 0) return { kind: 'lit', colour: 'red', heading, big: `${down} DOWN`, small: names('down') };
  if (degraded > 0)
    return { kind: 'frame', colour: 'amber', heading, big: `${degraded} ILL`, small: names('degraded') };
  if (connecting > 0) return { kind: 'plain', colour: 'amber', heading, big: 'WAIT', small: names('connecting') };
  if (total === 0) return { kind: 'plain', colour: 'grey', heading, big: '–' };
  const up = total - unverified;
  if (unverified > 0)
    return { kind: 'plain', colour: 'white', heading, big: `${up} UP`, small: `${unverified} unverified` };
  return { kind: 'plain', colour: 'green', heading, big: `${up} UP` };
}

/** Green only where every output was seen to fire. */
function outputsLook({ outputs }: Face, { text: heading = 'LAST GO' }: Picture): Look {
  if (!outputs) return { kind: 'plain', colour: 'grey', heading, big: '–' };
  const { sent, acknowledged, confirmed, failed, failedAt } = outputs;
  if (failed > 0) return { kind: 'lit', colour: 'red', heading, big: `${failed} FAIL`, small: failedAt.join(', ') };
  const total = sent + acknowledged + confirmed;
  if (confirmed === total) return { kind: 'plain', colour: 'green', heading, big: String(total), small: 'confirmed' };
  const small = confirmed > 0 ? `${confirmed} confirmed` : acknowledged === total ? 'answered' : 'sent';
  return { kind: 'plain', colour: 'white', heading, big: String(total), small };
}
