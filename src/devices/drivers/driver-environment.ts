/**
 * What a driver's process gets of the bridge's environment: what the system and native libraries look for, and none of the
 * bridge's secrets, such as the tokens and passcodes that a bridge file reads from there.
 */

/** By name, as the system spells it; on Windows the case does not matter. */
const NAMES = new Set(
  [
    ...[
      'PATH',
      'HOME',
      'USER',
      'LOGNAME',
      'LANG',
      'LANGUAGE',
      'TZ',
      'TMPDIR',
      'TMP',
      'TEMP',
      'NODE_OPTIONS',
      'NODE_PATH',
    ],
    ...['LD_LIBRARY_PATH', 'LD_PRELOAD', 'DYLD_LIBRARY_PATH', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY'],
    ...[
      'SystemRoot',
      'SystemDrive',
      'windir',
      'ComSpec',
      'PATHEXT',
      'USERPROFILE',
      'APPDATA',
      'LOCALAPPDATA',
      'ProgramData',
    ],
  ].map((name) => name.toUpperCase()),
);
/** Families: locales, and the sound systems that MIDI goes through. */
const FAMILIES = /^(LC|XDG|ALSA|JACK|PIPEWIRE|PULSE)_/;

/** @param all  usually process.env. */
export const driverEnvironment = (all: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (NAMES.has(entry[0].toUpperCase()) || FAMILIES.test(entry[0])),
    ),
  );
