/**
 * What kinds of X-keys there are, as far as `check` needs it: the library, which knows it all, is loaded only where panels
 * are opened. A test compares this table with the library's own (products.ts of SuperFlyTV/xkeys).
 */
import type { Product } from 'xkeys';

/** How its lamps are made: older panels have no green. `anyOneByOne`: any colour, but not all lamps at once. */
export type Light = 'none' | 'redAndBlue' | 'blue' | 'any' | 'anyOneByOne';

export type ControlName = 'jog' | 'shuttle' | 'tbar' | 'joystick' | 'rotary';

export interface PanelKind {
  readonly name: string;
  /** Their numbers, from 1; 0 is the program switch, where it has one. */
  readonly buttons: readonly number[];
  /** Which of them have a lamp. */
  readonly lamps: readonly number[];
  readonly light: Light;
  /** How many of each it has. */
  readonly controls: Readonly<Partial<Record<ControlName, number>>>;
}

interface Row extends Omit<PanelKind, 'buttons' | 'lamps'> {
  readonly ids: readonly number[];
  readonly buttons: string;
  readonly lamps: string;
}

/** `BackLightType` of the library. */
const LIGHTS: Readonly<Record<number, Light>> = {
  2: 'redAndBlue',
  3: 'blue',
  4: 'redAndBlue',
  5: 'anyOneByOne',
  6: 'any',
};

/**
 * Places of the matrix that have no key, where the library does not say so. XK-60: ten columns of eight, numbered column by
 * column; the third row is a gap, and below it the third and the eighth column are (its `layouts`: two rows of ten, then
 * blocks of two, four and two columns; 60 keys in all). XKE-64: the T-bar stands where the library leaves out 73, 74, 75 and 73.
 */
const GAPS: Readonly<Record<string, (row: number, column: number) => boolean>> = {
  'XK-60': (row, column) => row === 3 || (row > 3 && (column === 3 || column === 8)),
  'XKE-64 Jog T-bar': (row, column) => row === 4 && column === 10,
};

/** What the library's description comes to. */
export function kindOf(product: Product): PanelKind {
  const { name, bBytes, bBits, btnLocation, disableButtons, hasExtraButtons, hasPS, backLightType } = product;
  const matrix = bBytes * bBits;
  const numbers = Array.from({ length: matrix + (hasExtraButtons?.length ?? 0) }, (_, n) => n + 1)
    .filter((n) => !disableButtons?.includes(n))
    .filter((n) => !GAPS[name]?.(((n - 1) % bBits) + 1, Math.ceil(n / bBits)))
    // A product that tells where its buttons are has no others.
    .filter((n) => btnLocation === undefined || btnLocation[n] !== undefined);
  const light = LIGHTS[backLightType] ?? 'none';
  const { hasJog, hasShuttle, hasTbar, hasJoystick, hasRotary } = product;
  const all = { jog: hasJog, shuttle: hasShuttle, tbar: hasTbar, joystick: hasJoystick, rotary: hasRotary };
  return {
    name,
    buttons: hasPS ? [0, ...numbers] : numbers,
    lamps: light === 'none' ? [] : numbers.filter((n) => n <= matrix),
    light,
    controls: Object.fromEntries(
      Object.entries(all).flatMap(([control, each]) => (each ? [[control, each.length]] : [])),
    ),
  };
}

/** @returns undefined for a product id that is not in the table */
export function knownKind(productId: number): PanelKind | undefined {
  const known = kinds.get(productId);
  if (known) return known;
  const row = TABLE.find(({ ids }) => ids.includes(productId));
  if (!row) return undefined;
  const { name, light, controls } = row;
  const kind = { name, light, controls, buttons: numbersOf(row.buttons), lamps: numbersOf(row.lamps) };
  kinds.set(productId, kind);
  return kind;
}

/** Those that were asked for: a GO asks on its way. */
const kinds = new Map<number, PanelKind>();

/** `0-3 7` → 0, 1, 2, 3, 7 */
function numbersOf(ranges: string): number[] {
  return ranges.split(' ').flatMap((range) => {
    if (range === '') return [];
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, n) => from + n);
  });
}

const TABLE: readonly Row[] = [
  { name: 'XK-24', ids: [1029, 1027], buttons: '0-24', lamps: '1-24', light: 'redAndBlue', controls: {} },
  { name: 'XK-24M-RGB', ids: [1404], buttons: '0-24', lamps: '1-24', light: 'anyOneByOne', controls: {} },
  { name: 'XK-4 Stick', ids: [1127, 1129], buttons: '0-4', lamps: '1-4', light: 'blue', controls: {} },
  { name: 'XK-8 Stick', ids: [1130, 1132], buttons: '0-8', lamps: '1-8', light: 'blue', controls: {} },
  { name: 'XK-16 Stick', ids: [1049, 1051, 1213, 1216], buttons: '0-16', lamps: '1-16', light: 'blue', controls: {} },
  {
    name: 'XK-12 Jog-Shuttle',
    ids: [1062, 1064],
    buttons: '0-12',
    lamps: '1-12',
    light: 'redAndBlue',
    controls: { jog: 1, shuttle: 1 },
  },
  {
    name: 'XK-12 Joystick',
    ids: [1065, 1067],
    buttons: '0-12',
    lamps: '1-12',
    light: 'redAndBlue',
    controls: { joystick: 1 },
  },
  {
    name: 'XK-68 Joystick',
    ids: [1117, 1119],
    buttons: '0-27 31-35 39-43 47-51 55-80',
    lamps: '1-27 31-35 39-43 47-51 55-80',
    light: 'redAndBlue',
    controls: { joystick: 1 },
  },
  { name: 'XKR-32', ids: [1279, 1282], buttons: '1-32', lamps: '1-32', light: 'redAndBlue', controls: {} },
  {
    name: 'XKE-40',
    ids: [1355, 1356, 1357, 1358, 1359, 1360, 1361],
    buttons: '0-40',
    lamps: '1-40',
    light: 'redAndBlue',
    controls: {},
  },
  {
    name: 'XK-60',
    ids: [1121, 1123, 1231, 1234],
    buttons: '0-2 4-10 12-18 25-26 28-34 36-42 44-50 52-58 65-66 68-74 76-80',
    lamps: '1-2 4-10 12-18 25-26 28-34 36-42 44-50 52-58 65-66 68-74 76-80',
    light: 'redAndBlue',
    controls: {},
  },
  { name: 'XK-80', ids: [1089, 1091, 1217, 1220], buttons: '0-80', lamps: '1-80', light: 'redAndBlue', controls: {} },
  {
    name: 'XKE-124 T-bar',
    ids: [1275, 1278],
    buttons: '1-108 113-128',
    lamps: '1-108 113-128',
    light: 'redAndBlue',
    controls: { tbar: 1 },
  },
  { name: 'XKE-128', ids: [1227, 1230], buttons: '1-128', lamps: '1-128', light: 'redAndBlue', controls: {} },
  { name: 'XK-128 Matrix', ids: [1030, 1032], buttons: '0-128', lamps: '', light: 'none', controls: {} },
  {
    name: 'XK-68 Jog-Shuttle',
    ids: [1114, 1116],
    buttons: '0-29 33-37 41-45 49-53 57-80',
    lamps: '1-29 33-37 41-45 49-53 57-80',
    light: 'redAndBlue',
    controls: { jog: 1, shuttle: 1 },
  },
  { name: 'XK-3 Foot Pedal', ids: [1080, 1082], buttons: '0 2-4', lamps: '', light: 'none', controls: {} },
  { name: 'XK-3 Switch Interface', ids: [1221, 1224], buttons: '1-3 5', lamps: '', light: 'none', controls: {} },
  { name: 'XK-12 Switch Interface', ids: [1192, 1195], buttons: '1-12', lamps: '', light: 'none', controls: {} },
  { name: 'XK-HD15 Wire Interface', ids: [1244, 1247], buttons: '1-16', lamps: '', light: 'none', controls: {} },
  { name: 'XK-HD15 GPIO', ids: [1351, 1354], buttons: '1-16', lamps: '', light: 'none', controls: {} },
  { name: 'XC-RS232-DB9', ids: [1257, 1260], buttons: '1-12', lamps: '', light: 'none', controls: {} },
  { name: 'XC-DMX512-T ST', ids: [1324], buttons: '1-16', lamps: '', light: 'none', controls: {} },
  { name: 'XC-DMX512-T RJ45', ids: [1225], buttons: '1-8', lamps: '', light: 'none', controls: {} },
  {
    name: 'XK-16 LCD',
    ids: [1316, 1317, 1318, 1319, 1320, 1321, 1322],
    buttons: '0-16',
    lamps: '1-16',
    light: 'redAndBlue',
    controls: {},
  },
  { name: 'XKE-180 Broadcast Keyboard', ids: [1443], buttons: '0-217', lamps: '', light: 'none', controls: {} },
  {
    name: 'XKE-64 Jog T-bar',
    ids: [1325, 1326, 1327, 1328, 1329, 1330, 1331],
    buttons: '1-5 9-13 17-21 25-29 33-72 77-80',
    lamps: '1-5 9-13 17-21 25-29 33-72 77-80',
    light: 'redAndBlue',
    controls: { jog: 1, shuttle: 1, tbar: 1 },
  },
  {
    name: 'X-blox XBK-4x6 Module',
    ids: [1365, 1366, 1367, 1368, 1369, 1370, 1371],
    buttons: '1-24',
    lamps: '1-24',
    light: 'any',
    controls: {},
  },
  {
    name: 'X-blox XBK-3x6 Module',
    ids: [1378, 1379, 1380, 1381, 1382, 1383, 1384],
    buttons: '1-18',
    lamps: '1-18',
    light: 'any',
    controls: {},
  },
  {
    name: 'X-blox XBA-4x3 Jog-Shuttle Module',
    ids: [1388, 1389, 1390, 1391, 1392, 1393, 1394],
    buttons: '1-12',
    lamps: '1-12',
    light: 'any',
    controls: { jog: 1, shuttle: 1 },
  },
  {
    name: 'X-blox XBA-3x6 T-bar Module',
    ids: [1396, 1397, 1398, 1399, 1400, 1401, 1402],
    buttons: '1-18',
    lamps: '1-18',
    light: 'any',
    controls: { tbar: 1 },
  },
  {
    name: 'X-blox XBA-4x3 Trackball Module',
    ids: [1488, 1489, 1490, 1491, 1492, 1493, 1494],
    buttons: '1-14',
    lamps: '1-12',
    light: 'any',
    controls: {},
  },
  {
    name: 'X-blox XBK-QWERTY Module',
    ids: [1343, 1344, 1345, 1346, 1347, 1348, 1349],
    buttons: '1-192',
    lamps: '1-192',
    light: 'any',
    controls: {},
  },
  {
    name: 'X-blox XBK-16x6 Module',
    ids: [1496, 1497, 1498, 1499, 1500, 1501, 1502],
    buttons: '1-96',
    lamps: '1-96',
    light: 'any',
    controls: {},
  },
  { name: 'XC-RC Servo', ids: [1364], buttons: '0-8', lamps: '', light: 'none', controls: {} },
  { name: 'XC-Relay', ids: [1363], buttons: '0-8', lamps: '', light: 'none', controls: {} },
  { name: 'XC-Motor Driver', ids: [1456], buttons: '0-8', lamps: '', light: 'none', controls: {} },
  {
    name: 'X-blox XBA-Track Pad Module',
    ids: [1422, 1423, 1424, 1425, 1426, 1427, 1428],
    buttons: '1-12',
    lamps: '1-12',
    light: 'any',
    controls: {},
  },
  {
    name: 'XK-433RF Remote',
    ids: [1505, 1506, 1507, 1508, 1509, 1510],
    buttons: '0-12',
    lamps: '',
    light: 'none',
    controls: {},
  },
  {
    name: 'RailDriver Cab Controller',
    ids: [210],
    buttons: '1-48',
    lamps: '',
    light: 'none',
    controls: { tbar: 4, rotary: 2 },
  },
];
