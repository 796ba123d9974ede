/**
 * WebSocket frames as bytes, so that one event is framed once and the same bytes go to every socket. Frames from a
 * server are not masked; none is compressed or split.
 * @see RFC 6455, section 5.2
 */

const FIN_TEXT = 0x81;

/** How many bytes stand before a payload of `length` bytes. */
const headLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Writes the head of a text frame. @returns where its payload begins. */
function writeHead(target: Buffer, offset: number, length: number): number {
  target[offset] = FIN_TEXT;
  if (length < 126) {
    target[offset + 1] = length;
    return offset + 2;
  }
  if (length < 65_536) {
    target[offset + 1] = 126;
    target[offset + 2] = length >>> 8;
    target[offset + 3] = length & 0xff;
    return offset + 4;
  }
  target[offset + 1] = 127;
  target.writeUIntBE(0, offset + 2, 2);
  target.writeUIntBE(length, offset + 4, 6);
  return offset + 10;
}

/** One message as a text frame. */
export function frameText(text: string | Uint8Array): Buffer {
  const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
  const frame = Buffer.allocUnsafe(headLength(length) + length);
  const start = writeHead(frame, 0, length);
  if (typeof text === 'string') frame.write(text, start);
  else frame.set(text, start);
  return frame;
}

/** Several messages as text frames in one buffer. */
export function frameAll(texts: readonly Uint8Array[]): Buffer {
  const frames = Buffer.allocUnsafe(texts.reduce((sum, { length }) => sum + headLength(length) + length, 0));
  let at = 0;
  for (const text of texts) {
    at = writeHead(frames, at, text.length);
    frames.set(text, at);
    at += text.length;
  }
  return frames;
}

/** A ping without a payload. */
export const PING: Buffer = Buffer.from([0x89, 0x00]);

const LF = 10;

/**
 * Lines as text frames, one a line, in buffers of about `chunkBytes`. The bytes are copied as they are.
 * @param lines  complete lines, each ended by "\n".
 * @returns each buffer with how many frames it holds.
 */
export function* frameLines(lines: Buffer, chunkBytes: number): Generator<{ frames: Buffer; count: number }> {
  let at = 0;
  while (at < lines.length) {
    const ends: number[] = [];
    let bytes = 0;
    for (let start = at; start < lines.length && bytes < chunkBytes; ) {
      const end = lines.indexOf(LF, start);
      ends.push(end);
      bytes += headLength(end - start) + end - start;
      start = end + 1;
    }
    const frames = Buffer.allocUnsafe(bytes);
    let to = 0;
    for (const end of ends) {
      to = writeHead(frames, to, end - at);
      to += lines.copy(frames, to, at, end);
      at = end + 1;
    }
    yield { frames, count: ends.length };
  }
}
