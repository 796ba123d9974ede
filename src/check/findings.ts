/** What the lint finds; src/config gives it its place in the file and the suggestion. */
export interface Finding {
  file: 'bridge' | 'show';
  /** RFC 6901, into the checked bridge file or show file. */
  pointer: string;
  /** Where to put the finger: on the member's name or on its value (the default). */
  on?: 'key' | 'value';
  code:
    | 'CONFIG_DUPLICATE'
    | 'CONFIG_INVALID'
    | 'CONFIG_UNKNOWN_KEY'
    | 'CONFIG_UNKNOWN_NAME'
    | 'CONFIG_PLACEHOLDER'
    | 'CONFIG_RULE_UNUSED'
    | 'CONFIG_RULE_SKIPS_CUES'
    | 'CONFIG_RULES_OVERLAP'
    | 'CONFIG_LOOP'
    | 'CONFIG_NO_STOP';
  severity: 'error' | 'warn';
  message: string;
  /** A name that nobody has, and the names there are: the nearest is suggested. */
  unknown?: { name: string; among: readonly string[] };
}

export const wrong = (
  pointer: string,
  code: Finding['code'],
  message: string,
  more: Partial<Finding> = {},
): Finding => ({
  file: 'bridge',
  pointer,
  code,
  severity: 'error',
  message,
  ...more,
});

/** How many things of one kind a message names before it counts the rest. */
const NAMED_MAX = 12;

/** `4`, `4 and 7`, `4, 7 and 9`, `1, 2, … and 30 more`. */
export function listed(names: readonly string[]): string {
  const shown = names.length > NAMED_MAX ? [...names.slice(0, NAMED_MAX), `${names.length - NAMED_MAX} more`] : names;
  return shown.length <= 1 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
