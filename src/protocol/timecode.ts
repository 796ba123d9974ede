const PATTERN = /^(\d{2}):([0-5]\d):([0-5]\d)\.(\d{3})$/;
const MAX_MS = 99 * 3_600_000 + 59 * 60_000 + 59_999;

/**
 * Writes milliseconds as `HH:MM:SS.mmm`.
 * @param ms  below 0 becomes 0, above 99:59:59.999 becomes that.
 */
export function toTimecode(ms: number): string {
  const t = Math.min(Math.max(Math.round(ms), 0), MAX_MS);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${two(t / 3_600_000)}:${two((t / 60_000) % 60)}:${two((t / 1000) % 60)}.${String(t % 1000).padStart(3, '0')}`;
}

/** Reads `HH:MM:SS.mmm` as milliseconds. @returns undefined when the text is none. */
export function fromTimecode(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, hours, minutes, seconds, ms] = match.map(Number) as [number, number, number, number, number];
  return hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + ms;
}
