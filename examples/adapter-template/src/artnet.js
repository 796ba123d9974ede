/**
 * ArtTrigger packets ↔ triggers. Pure.
 * @see Art-Net 4 Protocol Release V1.4, "ArtTrigger"
 * @typedef {{ key: 'ascii' | 'macro' | 'soft' | 'show', subKey: number }} Trigger
 */

export const PORT = 6454;
/** By their numbers on the wire, where the OEM code is that of everybody. */
const KEYS = /** @type {const} */ (['ascii', 'macro', 'soft', 'show']);
const ID = Buffer.from('Art-Net\0', 'latin1');
const OP_TRIGGER = 0x9900;
const PROTOCOL_VERSION = 14;
const ANY_OEM = 0xffff;
/** Up to and with SubKey; 512 bytes of data follow, which the keys of everybody do not use. */
const HEAD_BYTES = 18;
const DATA_BYTES = 512;

/** @param {Trigger} trigger @returns {Buffer} */
export function encodeTrigger({ key, subKey }) {
  const packet = Buffer.alloc(HEAD_BYTES + DATA_BYTES);
  ID.copy(packet);
  packet.writeUInt16LE(OP_TRIGGER, 8);
  packet.writeUInt16BE(PROTOCOL_VERSION, 10);
  packet.writeUInt16BE(ANY_OEM, 14);
  packet[16] = KEYS.indexOf(key);
  packet[17] = subKey;
  return packet;
}

/**
 * @param {Buffer} packet any bytes
 * @returns {Trigger | undefined} undefined for what is no trigger, or one that only its maker understands
 */
export function decodeTrigger(packet) {
  if (packet.length < HEAD_BYTES || !packet.subarray(0, ID.length).equals(ID)) return undefined;
  if (packet.readUInt16LE(8) !== OP_TRIGGER || packet.readUInt16BE(10) < PROTOCOL_VERSION) return undefined;
  const key = KEYS[packet.readUInt8(16)];
  if (packet.readUInt16BE(14) !== ANY_OEM || key === undefined) return undefined;
  return { key, subKey: packet.readUInt8(17) };
}
