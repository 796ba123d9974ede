/** Cue numbers, lists and paths as MIDI Show Control has them: digits and dots (MSC 1.1.1, section 4.5). Pure. */

/**
 * A number as it is compared and told: the parts between the dots, none of them empty. Only the first part loses its
 * leading zeros: `01` is `1` to everyone, but `1.05` is not `1.5` on a desk that counts in hundredths, nor is `1.10`
 * `1.1` on one that counts in points. Where two readings differ, the two cues are different.
 * @param text  digits and dots; repeated dots count once, as receivers must tolerate them.
 * @returns undefined when it holds anything else, or no digit.
 */
export function normaliseNumber(text: string): string | undefined {
  if (!/^[0-9.]*[0-9][0-9.]*$/.test(text)) return undefined;
  const [first = '', ...others] = text.split('.');
  const whole = first.replace(/^0+(?=.)/, '');
  return [whole === '' ? '0' : whole, ...others.filter((part) => part !== '')].join('.');
}

/** Whether two numbers name the same cue. Never true for what is no number. */
export function isSameNumber(one: string, other: string): boolean {
  const number = normaliseNumber(one);
  return number !== undefined && number === normaliseNumber(other);
}

/** Why MIDI Show Control cannot carry this number, in the technician's words; undefined when it can. */
export function problemOfNumber(what: string, text: string): string | undefined {
  if (/^[0-9]+(\.[0-9]+)*$/.test(text)) return undefined;
  const bad = [...new Set(text.match(/[^0-9.]/gu) ?? [])];
  if (bad.length > 0) {
    return `${what} "${text}": MIDI Show Control carries digits and dots only, not ${bad.map((one) => `"${one}"`).join(' ')}`;
  }
  return `${what} "${text}": MIDI Show Control wants digits with single dots between them, such as 12.5`;
}
