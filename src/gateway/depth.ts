/** How deep a message may nest; the deepest that the schema names is 5. Deeper ones are refused before they are parsed. */
export const DEPTH_MAX = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/**
 * Whether JSON text nests deeper than DEPTH_MAX. What is no JSON is for the parser to say.
 * @param json  UTF-8, in which none of the marks is part of another character.
 */
export function isTooDeep(json: Uint8Array): boolean {
  // It takes a byte to open each level.
  if (json.length <= DEPTH_MAX) return false;
  let depth = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_MAP || byte === OPEN_LIST) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (byte === CLOSE_MAP || byte === CLOSE_LIST) depth -= 1;
  }
  return false;
}
