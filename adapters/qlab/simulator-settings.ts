/** What the application and a workspace keep and tell when they are asked: windows, modes, overrides. A table. */
import { type Kind, SECONDS, TEXT, TRUTH, type Value } from './simulator-arguments.js';
import type { Permission, SimulatedWorkspace } from './simulator-workspace.js';

/** Values by address, of the application or of one workspace. */
export type Kept = Map<string, Value>;

export interface Setting {
  kind: Kind;
  initial: Value;
  /** Any of these may write; whoever has any right may read. */
  writers: readonly Permission[];
  /** An address that turns it over. */
  turnedBy?: string;
  /** The major version that has it; left out: both. */
  major?: 4 | 5;
  /** What is told to those who want updates; left out: QLab tells nothing (Companion asks again and again). */
  update?: string;
  /** Where the workspace itself lives by it. */
  of?: { read(workspace: SimulatedWorkspace): Value; write(workspace: SimulatedWorkspace, value: Value): void };
}

const both = ['edit', 'control'] as const;
const edit = ['edit'] as const;
const turned = (writers: readonly Permission[], turnedBy: string, more: Partial<Setting> = {}): Setting => ({
  ...{ kind: TRUTH, initial: false, writers, turnedBy },
  ...more,
});

/** The names of `/overrides/…Enabled`, and the version that has each. @see OSC dictionary; Companion's list for 4 and 5 */
const OVERRIDES: Readonly<Record<string, 4 | 5 | undefined>> = {
  midiInput: undefined,
  midiOutput: undefined,
  mscInput: undefined,
  mscOutput: undefined,
  sysexInput: undefined,
  sysexOutput: undefined,
  timecodeInput: undefined,
  timecodeOutput: undefined,
  oscInput: 4,
  oscOutput: 4,
  artNet: 4,
  dmxOutput: 5,
  networkExternalInput: 5,
  networkExternalOutput: 5,
  networkLocalInput: 5,
  networkLocalOutput: 5,
};

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export const APPLICATION: Readonly<Record<string, Setting>> = {
  ...Object.fromEntries(
    Object.entries(OVERRIDES).map(([name, major]) => {
      const more = { initial: true, update: 'overrides', ...(major === undefined ? {} : { major }) };
      return [`/overrides/${name}Enabled`, turned(both, `/overrides/toggle${capital(name)}`, more)];
    }),
  ),
  '/overrideWindow': turned(both, '/toggleOverrideWindow'),
  '/timecodeWindow': turned(both, '/toggleTimecodeWindow'),
  '/auditionWindow': turned(both, '/toggleAuditionWindow', { major: 4 }),
  '/workingDirectory': { kind: TEXT, initial: '/', writers: edit },
};

export const WORKSPACE: Readonly<Record<string, Setting>> = {
  '/alwaysAudition': {
    ...{ kind: TRUTH, initial: false, writers: edit, major: 5 },
    of: {
      read: (workspace) => workspace.alwaysAudition,
      write: (workspace, value) => {
        workspace.alwaysAudition = value === true;
      },
    },
  },
  '/auditionMonitors': turned(both, '/toggleAuditionMonitors', { major: 5 }),
  '/fullScreen': turned(edit, '/toggleFullScreen'),
  '/lightDashboard': turned(edit, '/toggleLightDashboard'),
  '/liveFadePreview': turned(both, '/toggleLiveFadePreview'),
  '/showMode': turned(edit, '/toggleEditShowMode', { update: '' }),
  '/selectionIsPlayhead': turned(both, '/toggleSelectionIsPlayhead', { major: 4 }),
  '/settings/general/selectionIsPlayhead': turned(both, '/settings/general/toggleSelectionIsPlayhead', {
    ...{ major: 5, update: 'settings/general' },
  }),
  '/settings/general/minGoTime': {
    ...{ kind: SECONDS, initial: 0, writers: edit, update: 'settings/general' },
    of: {
      read: (workspace) => workspace.minGoTimeMs / 1000,
      write: (workspace, value) => {
        workspace.minGoTimeMs = Number(value) * 1000;
      },
    },
  },
};

/** What has no room in a simulated workspace: it has no patches, no stages, no lights. */
export const EMPTY: Readonly<Record<string, unknown>> = {
  '/basePath': '',
  '/settings/audio/cueOutputChannelCounts': {},
  '/settings/audio/maps': [],
  '/settings/audio/maxVolume': 12,
  '/settings/audio/minVolume': -60,
  '/settings/audio/outputChannelNames': {},
  '/settings/audio/patchList': [],
  '/settings/light/patch': { settingKeywords: ['home', 'pass', 'cue'], groups: [], instruments: [] },
  '/settings/mic/outputChannelNames': {},
  '/settings/mic/patchList': [],
  '/settings/midi/patchList': [],
  '/settings/network/patchList': [],
  '/settings/video/inputPatchList': [],
  '/settings/video/routes': [],
  '/settings/video/stages': [],
};

/** Fonts that no Mac lent. */
export const FONTS: Readonly<Record<string, unknown>> = { '/fontNames': [], '/fontFamiliesAndStyles': {} };

/** Taken, and without effect: there is nothing to save, to undo, or lit. */
export const WITHOUT_EFFECT =
  /^\/(?:save|undo|redo|settings\/(?:general|audio|audio\/maps|light|mic|midi|network|video)\/(?:undo|redo)|dashboard\/(?:clear|mode|nextMode|undo|redo|revert|recordAllTo(?:Latest|Selected)|update(?:LatestCue|OriginatingCues|SelectedCues)))$/;
