/**
 * A disk that takes longer: every append is durable `delayMs` later than it would be. For the bench and for tests; the
 * bridge itself does not carry it.
 * @param {import('../src/journal/disk.js').Disk} disk
 * @param {number} delayMs
 * @param {import('../src/kit/clock.js').Clock} clock
 * @returns {import('../src/journal/disk.js').Disk}
 */
export function slowDisk(disk, delayMs, clock) {
  return {
    ...disk,
    async open(path, mode) {
      const file = await disk.open(path, mode);
      return {
        size: () => file.size(),
        facts: () => file.facts(),
        read: (into, position) => file.read(into, position),
        async append(bytes) {
          await clock.sleep(delayMs);
          await file.append(bytes);
        },
        write: (bytes) => file.write(bytes),
        sync: () => file.sync(),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
      };
    },
  };
}
