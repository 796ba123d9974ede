/** A stream of MIDI bytes, in whatever pieces it comes, cut into messages. Pure; never throws. */

/** A longer SysEx is dropped; what is read here (MSC, MMC, MTC) has 128 bytes at most. */
export const SYSEX_BYTES_MAX = 1024;

const SYSEX = 0xf0;
const END_OF_SYSEX = 0xf7;
/** Data bytes after the statuses F0 to F7; undefined: the status has no meaning. */
const SYSTEM_DATA: readonly (number | undefined)[] = [undefined, 1, 2, 1, undefined, undefined, 0, undefined];

/** How many data bytes a channel status has. */
const channelData = (status: number): number => (status >= 0xc0 && status < 0xe0 ? 1 : 2);

/**
 * Knows running status, real-time bytes in the midst of anything, statuses that have no meaning, and SysEx that ends
 * too early or too late. A message that it hands out is whole, has its own status byte, and is the caller's to keep.
 */
export class MidiStream {
  /** Why bytes were dropped: messages cut off by another, SysEx too long, data without status, unknown statuses. */
  readonly dropped = { truncated: 0, oversize: 0, stray: 0, undefined: 0 };
  /** Real-time messages (clock, start, active sensing …): they carry no cue, and are counted only. */
  realtime = 0;
  readonly #held = new Uint8Array(SYSEX_BYTES_MAX);
  #length = 0;
  #status = 0;
  /** Data bytes that the message wants, with its status; 0 while there is none. */
  #wanted = 0;
  #isOversize = false;

  /** @returns the messages that are complete now, in order. */
  push(bytes: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (const byte of bytes) {
      const message =
        byte >= 0xf8 ? this.#takeRealtime(byte) : byte >= 0x80 ? this.#takeStatus(byte) : this.#takeData(byte);
      if (message) messages.push(message);
    }
    return messages;
  }

  #takeRealtime(byte: number): undefined {
    if (byte === 0xf9 || byte === 0xfd) this.dropped.undefined += 1;
    else this.realtime += 1;
  }

  #takeStatus(byte: number): Uint8Array | undefined {
    if (byte === END_OF_SYSEX) return this.#endSysex();
    // Also a message without a byte of data yet is one that did not come to its end; a running status is none.
    if (this.#length > 0) this.dropped.truncated += 1;
    this.#length = 0;
    this.#isOversize = false;
    this.#status = byte;
    if (byte === SYSEX) {
      this.#hold(byte);
      return undefined;
    }
    const wanted = byte < SYSEX ? channelData(byte) : SYSTEM_DATA[byte - SYSEX];
    if (wanted === undefined) {
      this.dropped.undefined += 1;
      this.#status = 0;
      return undefined;
    }
    this.#wanted = 1 + wanted;
    this.#hold(byte);
    return this.#length === this.#wanted ? this.#finish() : undefined;
  }

  #takeData(byte: number): Uint8Array | undefined {
    if (this.#status === 0) {
      this.dropped.stray += 1;
      return undefined;
    }
    if (this.#length === 0) this.#hold(this.#status);
    this.#hold(byte);
    return this.#status !== SYSEX && this.#length === this.#wanted ? this.#finish() : undefined;
  }

  #endSysex(): Uint8Array | undefined {
    if (this.#status !== SYSEX) {
      if (this.#length > 0) this.dropped.truncated += 1;
      else this.dropped.stray += 1;
      this.#length = 0;
      this.#status = 0;
      return undefined;
    }
    this.#hold(END_OF_SYSEX);
    if (!this.#isOversize) return this.#finish();
    this.dropped.oversize += 1;
    this.#isOversize = false;
    this.#length = 0;
    this.#status = 0;
    return undefined;
  }

  #hold(byte: number): void {
    if (this.#length === this.#held.length) {
      this.#isOversize = true;
      return;
    }
    this.#held[this.#length] = byte;
    this.#length += 1;
  }

  #finish(): Uint8Array {
    const message = this.#held.slice(0, this.#length);
    this.#length = 0;
    // Only the status of a channel message runs on.
    if (this.#status >= SYSEX) this.#status = 0;
    return message;
  }
}
