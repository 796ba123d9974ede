/** X-keys panels, pedals and switch interfaces of P.I. Engineering. See README.md here. */

import type { Adapter, AdapterIo, Connection, Pattern } from '../../src/adapter-sdk/adapter.js';
import { includesButton, isButtonPress, matchesButton, problemOfButton } from '../../src/adapter-sdk/buttons.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';
import { problemOfWish, readCommand, summarise } from './codec.js';
import { hearControls, type OpenPanel, type Standing, XkeysConnection } from './connection.js';
import { matchesControl, problemOfControl } from './controls.js';
import { loadLibrary, loadNodeHid, type PanelLibrary, whyFailed, type XkeysDriver } from './driver.js';
import type { XkeysDevice } from './generated/types.js';
import { listXkeys } from './list.js';
import { type Candidate, findPanels, usb } from './panels.js';
import { kindOf, knownKind, type PanelKind } from './products.js';
import { PanelWire } from './wire.js';

/** A panel that does not tell its version and its state within this is none. */
const ANSWER_LIMIT_MS = 1500;

/** Where devices come from. A test hands in a simulated driver; the bridge file cannot. */
export interface XkeysOptions {
  loadDriver?: () => Promise<XkeysDriver>;
}

export function createXkeysAdapter({ loadDriver = loadNodeHid }: XkeysOptions = {}): Adapter {
  return {
    kind: 'xkeys',
    native: true,
    prepare: async () => void (await Promise.all([loadDriver(), loadLibrary()])),
    list: async () => listXkeys(await loadDriver(), await loadLibrary()),
    matches: (pattern, input) =>
      pattern.control === undefined ? matchesButton(pattern, input) : matchesControl(pattern, input),
    problemOfCommand(command, config) {
      const wish = readCommand(command);
      if ('problem' in wish) return wish.problem;
      const kind = kindIn(config);
      return kind && problemOfWish(wish, kind);
    },
    problemOfPattern,
    isByHand: () => true,
    isPress: (input, patterns, { holdMs }) => isButtonPress(input, patterns, Number(holdMs)),
    includes: (pattern, other, { holdMs }) => includesButton(pattern, other, Number(holdMs)),
    identityOf: ({ productId, unitId, path }) => JSON.stringify([productId, unitId, path]),
    summarise,
    async connect(config: XkeysDevice & Record<string, unknown>, io: AdapterIo, signal): Promise<Connection> {
      signal.throwIfAborted();
      const [driver, library] = [await loadDriver(), await loadLibrary()];
      const candidates = await findPanels(driver, library, config);
      signal.throwIfAborted();
      return await connectFirst(candidates, driver, library, config, io, signal);
    },
  };
}

/** What panel it is, where the bridge file says so. */
const kindIn = (config: Readonly<Record<string, unknown>> | undefined): PanelKind | undefined =>
  typeof config?.productId === 'number' ? knownKind(config.productId) : undefined;

function problemOfPattern(pattern: Pattern, config: Readonly<Record<string, unknown>>): string | undefined {
  const kind = kindIn(config);
  if (pattern.control !== undefined) return problemOfControl(pattern, kind?.controls);
  const stray = ['index', 'axis', 'direction', 'atLeast', 'atMost'].find(
    // The schema fills the index in.
    (name) => pattern[name] !== undefined && !(name === 'index' && pattern[name] === 0),
  );
  if (stray !== undefined) return `${stray} wants control, such as control: tbar`;
  return problemOfButton(pattern, kind?.buttons.map(String));
}

/** @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT, DEVICE_CLOSED */
async function connectFirst(
  candidates: readonly Candidate[],
  driver: XkeysDriver,
  library: PanelLibrary,
  config: XkeysDevice,
  io: AdapterIo,
  signal: AbortSignal,
): Promise<Connection> {
  const units: number[] = [];
  let failure: BridgeError | undefined;
  for (const candidate of candidates) {
    let open: OpenPanel;
    try {
      open = await openPanel(candidate, driver, library, io, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure ??= toBridgeError(error, 'DEVICE_UNREACHABLE');
      continue;
    }
    if (config.unitId === undefined || open.panel.unitId === config.unitId) {
      const several = config.unitId === undefined && candidates.length > 1;
      const note = several ? `${candidates.length} fit, this is the first: name productId, unitId or path` : undefined;
      return new XkeysConnection(open, config, io, note);
    }
    units.push(open.panel.unitId);
    await open.wire.close();
  }
  if (failure) throw failure;
  const there = `those there have ${[...new Set(units)].join(', ')}`;
  throw new BridgeError('DEVICE_UNREACHABLE', `no X-keys with the unit id ${config.unitId} is plugged in; ${there}`);
}

/** Opens it and hears its version and its state. @throws what whyFailed says, DEVICE_TIMEOUT, DEVICE_CLOSED */
async function openPanel(
  { info, path, product }: Candidate,
  driver: XkeysDriver,
  library: PanelLibrary,
  { clock, log }: AdapterIo,
  signal: AbortSignal,
): Promise<OpenPanel> {
  const name = `${product.name} (${usb(info.productId)}) at ${path}`;
  const handle = await driver.open(path).catch((error: unknown) => {
    throw whyFailed(error, name);
  });
  const wire = new PanelWire(handle, name, clock, log);
  try {
    signal.throwIfAborted();
    const panel = library.make(wire, info);
    panel.on('error', (error) => log.debug({ err: error }, 'panel.error'));
    const stood: Standing[] = [];
    hearControls(panel, (...standing) => stood.push(standing));
    const lost = wire.ended.then((why) => why ?? new BridgeError('DEVICE_CLOSED', `${name} is closed`));
    const how = await within(clock, ANSWER_LIMIT_MS, Promise.race([panel.init(), lost]), signal);
    signal.throwIfAborted();
    if (how instanceof BridgeError) throw how;
    if (how === LATE) throw new BridgeError('DEVICE_TIMEOUT', `${name} did not answer within ${ANSWER_LIMIT_MS} ms`);
    const { unitId, firmwareVersion } = panel.info;
    panel.removeAllListeners();
    return { panel, wire, kind: kindOf(product), stood, name: `${name}, unit ${unitId}, firmware ${firmwareVersion}` };
  } catch (error) {
    await wire.close();
    throw error;
  }
}

export const xkeysAdapter = createXkeysAdapter();
