/** MIDI Show Control 1.1.1 as tables: command formats (section 4.2) and commands (sections 4.3 and 5). */

/** command_format bytes by name; the general category comes first in each block of sixteen. */
export const MSC_FORMATS = {
  lighting: 0x01,
  movingLights: 0x02,
  colorChangers: 0x03,
  strobes: 0x04,
  lasers: 0x05,
  chasers: 0x06,
  sound: 0x10,
  music: 0x11,
  cdPlayers: 0x12,
  epromPlayback: 0x13,
  audioTape: 0x14,
  intercoms: 0x15,
  amplifiers: 0x16,
  audioEffects: 0x17,
  equalizers: 0x18,
  machinery: 0x20,
  rigging: 0x21,
  flys: 0x22,
  lifts: 0x23,
  turntables: 0x24,
  trusses: 0x25,
  robots: 0x26,
  animation: 0x27,
  floats: 0x28,
  breakaways: 0x29,
  barges: 0x2a,
  video: 0x30,
  videoTape: 0x31,
  videoCassette: 0x32,
  videoDisc: 0x33,
  videoSwitchers: 0x34,
  videoEffects: 0x35,
  videoCharacterGenerators: 0x36,
  videoStillStores: 0x37,
  videoMonitors: 0x38,
  projection: 0x40,
  film: 0x41,
  slideProjectors: 0x42,
  videoProjectors: 0x43,
  dissolvers: 0x44,
  shutterControls: 0x45,
  processControl: 0x50,
  hydraulicOil: 0x51,
  h2o: 0x52,
  co2: 0x53,
  compressedAir: 0x54,
  naturalGas: 0x55,
  fog: 0x56,
  smoke: 0x57,
  crackedHaze: 0x58,
  pyro: 0x60,
  fireworks: 0x61,
  explosions: 0x62,
  flame: 0x63,
  smokePots: 0x64,
  all: 0x7f,
} as const;

export type MscFormatName = keyof typeof MSC_FORMATS;

/** In a message: every device, whatever its format. */
export const ALL_FORMATS = MSC_FORMATS.all;
/** Every device, whatever its own number. */
export const ALL_CALL = 0x7f;
/** device_ID of group 1; group 15 is 7E. */
export const FIRST_GROUP = 0x70;

/**
 * What stands after a command. Q: number, list and path, each after the one before; `cue?` may lack it.
 * time: five bytes of MIDI time code.
 */
export type MscShape = 'cue?' | 'cue' | 'timed cue?' | 'set' | 'fire' | 'none' | 'list?' | 'list' | 'path' | 'clock';

export const MSC_COMMANDS = {
  go: { code: 0x01, shape: 'cue?' },
  stop: { code: 0x02, shape: 'cue?' },
  resume: { code: 0x03, shape: 'cue?' },
  timedGo: { code: 0x04, shape: 'timed cue?' },
  load: { code: 0x05, shape: 'cue' },
  set: { code: 0x06, shape: 'set' },
  fire: { code: 0x07, shape: 'fire' },
  allOff: { code: 0x08, shape: 'none' },
  restore: { code: 0x09, shape: 'none' },
  reset: { code: 0x0a, shape: 'none' },
  goOff: { code: 0x0b, shape: 'cue?' },
  goJamClock: { code: 0x10, shape: 'cue?' },
  standbyPlus: { code: 0x11, shape: 'list?' },
  standbyMinus: { code: 0x12, shape: 'list?' },
  sequencePlus: { code: 0x13, shape: 'list?' },
  sequenceMinus: { code: 0x14, shape: 'list?' },
  startClock: { code: 0x15, shape: 'list?' },
  stopClock: { code: 0x16, shape: 'list?' },
  zeroClock: { code: 0x17, shape: 'list?' },
  setClock: { code: 0x18, shape: 'clock' },
  mtcChaseOn: { code: 0x19, shape: 'list?' },
  mtcChaseOff: { code: 0x1a, shape: 'list?' },
  openCueList: { code: 0x1b, shape: 'list' },
  closeCueList: { code: 0x1c, shape: 'list' },
  openCuePath: { code: 0x1d, shape: 'path' },
  closeCuePath: { code: 0x1e, shape: 'path' },
} as const satisfies Record<string, { code: number; shape: MscShape }>;

export type MscCommandName = keyof typeof MSC_COMMANDS;

/** STANDBY to ABORT of two-phase commit (section 6): known, and skipped. */
export const TWO_PHASE = { first: 0x20, last: 0x26 } as const;

const NAME_OF_FORMAT = new Map<number, MscFormatName>(
  Object.entries(MSC_FORMATS).map(([name, code]) => [code, name as MscFormatName]),
);
const NAME_OF_COMMAND = new Map<number, MscCommandName>(
  Object.entries(MSC_COMMANDS).map(([name, { code }]) => [code, name as MscCommandName]),
);

export const isFormatName = (word: unknown): word is MscFormatName =>
  typeof word === 'string' && Object.hasOwn(MSC_FORMATS, word);
export const isCommandName = (word: unknown): word is MscCommandName =>
  typeof word === 'string' && Object.hasOwn(MSC_COMMANDS, word);

/** A format byte's name, or the byte itself where the specification leaves it open. */
export const formatName = (code: number): MscFormatName | number => NAME_OF_FORMAT.get(code) ?? code;

/** A command byte's name; undefined where the specification has none. */
export const commandName = (code: number): MscCommandName | undefined => NAME_OF_COMMAND.get(code);
