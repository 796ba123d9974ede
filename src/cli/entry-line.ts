/** A device of `pacebuddy devices` as a line of the bridge file. Pure. */

/** Text that YAML reads as text without quotes, inside of `{ }` as well. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./-]*$/;
/** Words that some reader of YAML takes for something else. */
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** `name: { adapter: hid, vendorId: 0x05f3, … }`, to stand under `devices:`. */
export function entryLine(name: string, entry: Readonly<Record<string, string | number | boolean>>): string {
  const members = Object.entries(entry).map(([key, value]) => `${key}: ${written(key, value)}`);
  return `${name}: { ${members.join(', ')} }`;
}

function written(key: string, value: string | number | boolean): string {
  // USB ids are written as lsusb and every manual write them.
  if (typeof value === 'number' && /^(vendor|product)Id$/.test(key)) return `0x${value.toString(16).padStart(4, '0')}`;
  if (typeof value !== 'string') return String(value);
  // JSON's text is YAML's, and `$${` is how the bridge file says `${`; written out, `$$` would be one dollar to replaceAll.
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value.replaceAll('${', () => '$${'));
}
