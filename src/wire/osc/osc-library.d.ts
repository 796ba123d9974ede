/** What we use of `osc` 2.4.5: its codec alone (src/osc.js); its ports are not loaded. */
declare module 'osc/src/osc.js' {
  /** Where the next read begins; moved on by every read. */
  export interface Offset {
    idx: number;
  }
  export type TimeTag = { raw: readonly [seconds1900: number, fraction: number] };
  export type WireArgument = { type: string; value?: unknown } | WireArgument[];
  export interface WireMessage {
    address: string;
    args: WireArgument[];
  }
  export interface WireBundle {
    timeTag: TimeTag;
    packets: (WireMessage | WireBundle)[];
  }
  const osc: {
    readString(view: DataView, at: Offset): string;
    readInt32(view: DataView, at: Offset): number;
    readInt64(view: DataView, at: Offset): { high: number; low: number };
    readFloat32(view: DataView, at: Offset): number;
    readFloat64(view: DataView, at: Offset): number;
    readChar32(view: DataView, at: Offset): string;
    /** Reads from the start of the view's buffer: the view must begin there. The same holds for MIDI and colours. */
    readBlob(view: DataView, at: Offset): Uint8Array;
    readMIDIBytes(view: DataView, at: Offset): Uint8Array;
    readColor(view: DataView, at: Offset): { r: number; g: number; b: number; a: number };
    readTimeTag(view: DataView, at: Offset): TimeTag;
    readPacket(bytes: Uint8Array, options: { metadata: true }): WireMessage | WireBundle;
    writePacket(packet: WireMessage | WireBundle, options: { metadata: true }): Uint8Array;
  };
  export default osc;
}
