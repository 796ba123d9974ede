/** Elgato's Stream Decks: buttons with pictures, pedals, dials. See README.md here. */
import type { Adapter, AdapterIo, Connection, Health, Listing, PluggedIn } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import {
  includes,
  isPress,
  matches,
  problemOfDevice,
  problemOfParts,
  problemOfPattern,
  problemOfSend,
  problemOfWhen,
  summarise,
} from './check.js';
import { StreamdeckConnection } from './connection.js';
import { type DeckDriver, type DeckInfo, loadLibrary, type StreamDeck, whyFailed } from './driver.js';
import type { StreamdeckDevice } from './generated/types.js';
import { modelOf } from './models.js';

/** Where devices come from. A test hands in a simulated driver; the bridge file cannot. */
export interface StreamdeckOptions {
  loadDriver?: () => Promise<DeckDriver>;
}

export function createStreamdeckAdapter({ loadDriver = loadLibrary }: StreamdeckOptions = {}): Adapter {
  return {
    kind: 'streamdeck',
    native: true,
    prepare: async () => void (await loadDriver()),
    list: async () => listDecks(await loadDriver()),
    matches,
    isByHand: () => true,
    isPress,
    includes,
    problemOfCommand: (command, config) => problemOfSend(command, config?.model),
    problemOfPattern,
    problemOfDevice,
    identityOf: ({ serialNumber, path, model }) => JSON.stringify([serialNumber, path, model]),
    summarise,
    async connect(config: StreamdeckDevice & Record<string, unknown>, io: AdapterIo, signal): Promise<Connection> {
      signal.throwIfAborted();
      const driver = await loadDriver();
      const { info, note } = await find(driver, config);
      signal.throwIfAborted();
      const deck = await driver.open(info.path).catch((error: unknown) => {
        throw whyFailed(error, nameOf(info));
      });
      try {
        const firmware = await answerOf(deck, info, signal);
        const name = `${nameOf(info)}, firmware ${firmware}${note}`;
        return new StreamdeckConnection(deck, () => healthOf(name, info, config, io), config, io);
      } catch (error) {
        await deck.close().catch(() => undefined);
        throw error;
      }
    },
  };
}

/** The device's first word. One that went away while it was opened would never tell. @throws DEVICE_UNREACHABLE */
async function answerOf(deck: StreamDeck, info: DeckInfo, signal: AbortSignal): Promise<string> {
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp);
  });
  try {
    signal.throwIfAborted();
    const answer = await Promise.race([deck.getFirmwareVersion(), aborted]);
    signal.throwIfAborted();
    return answer.replace(/[^\x21-\x7e]/g, '');
  } catch (error) {
    throw signal.aborted ? signal.reason : whyFailed(error, nameOf(info));
  } finally {
    if (giveUp) signal.removeEventListener('abort', giveUp);
  }
}

/** @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
async function find(driver: DeckDriver, config: StreamdeckDevice): Promise<{ info: DeckInfo; note: string }> {
  let listed: readonly DeckInfo[];
  try {
    listed = await driver.list();
  } catch (error) {
    throw whyFailed(error, 'the Stream Decks cannot be listed');
  }
  const { serialNumber, path, model, buttons, strip } = config;
  const wantsPictures = Object.keys(buttons).length + strip.length > 0;
  const fitting = listed
    .filter((info) => serialNumber === undefined || info.serialNumber === serialNumber)
    .filter((info) => path === undefined || info.path === path)
    .filter((info) => model === undefined || info.model === model)
    // Without another word a pedal is not what is to show something.
    .filter(
      (info) => [serialNumber, path, model].some(Boolean) || !wantsPictures || modelOf(info.model)?.pictures !== 0,
    )
    .sort((one, other) => one.path.localeCompare(other.path, 'en', { numeric: true }));
  const [info] = fitting;
  if (!info) {
    const wanted = [
      modelOf(model)?.name ?? 'Stream Deck',
      serialNumber && `number ${serialNumber}`,
      path && `at ${path}`,
    ];
    const there = listed.length > 0 ? `; there are: ${listed.slice(0, 5).map(nameOf).join(', ')}` : '';
    throw new BridgeError('DEVICE_UNREACHABLE', `no ${wanted.filter(Boolean).join(' ')} is plugged in${there}`);
  }
  const note = fitting.length > 1 ? `; ${fitting.length} fit, the first was taken: name serialNumber or model` : '';
  return { info, note };
}

const nameOf = ({ model, path, serialNumber }: DeckInfo): string =>
  `${modelOf(model)?.name ?? `Stream Deck (${model})`}${serialNumber ? ` number ${serialNumber}` : ''} at ${path}`;

/** What of the bridge file this one has not is told, and costs itself only. */
function healthOf(name: string, { model: id }: DeckInfo, config: StreamdeckDevice, io: AdapterIo): Health {
  const model = modelOf(id);
  if (!model) return { status: 'up', detail: name };
  const parts = problemOfParts(config, model);
  const rules = io.patterns.flatMap((pattern) => {
    const problem = problemOfWhen(pattern, model);
    return problem === undefined ? [] : [`a rule never fires: ${problem}`];
  });
  const detail = parts ? `${parts.pointer.slice(1).replace('/', ' ')} is never seen: ${parts.message}` : rules[0];
  if (detail === undefined) return { status: 'up', detail: name };
  io.log.warn({ code: 'CONFIG_INVALID', detail }, 'device.unlike-its-entry');
  return { status: 'degraded', code: 'CONFIG_INVALID', detail };
}

/** @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
async function listDecks(driver: DeckDriver): Promise<Listing> {
  const infos = await driver.list().catch((error: unknown) => {
    throw whyFailed(error, 'the Stream Decks cannot be listed');
  });
  const found = infos.map((info): PluggedIn => {
    const model = modelOf(info.model);
    const { serialNumber } = info;
    return {
      name: model?.name ?? 'Stream Deck',
      what: `${model ? `${model.buttons} buttons` : info.model}${serialNumber ? `, number ${serialNumber}` : ''}, ${info.path}`,
      nickname: model?.pictures === 0 ? 'pedal' : 'deck',
      entry: {
        adapter: 'streamdeck',
        ...(model && { model: info.model }),
        ...(serialNumber ? { serialNumber } : infos.length > 1 ? { path: info.path } : {}),
      },
    };
  });
  return {
    found,
    looked: 'the Stream Decks among the HID devices of the system (on Linux /dev/hidraw*)',
    hint: 'on Linux config/udev/70-pacebuddy.rules lets the bridge open them; Elgato’s own program must not hold them',
  };
}

export const streamdeckAdapter = createStreamdeckAdapter();
