/** The adapters of this build: one line each. A test fails if a folder here is missing from the list. */
import type { Adapter } from '../src/adapter-sdk/adapter.js';
import { hidAdapter } from './hid/adapter.js';
import { midiAdapter } from './midi/adapter.js';
import { oscAdapter } from './osc/adapter.js';
import { qlabAdapter } from './qlab/adapter.js';
import { serialAdapter } from './serial/adapter.js';
import { streamdeckAdapter } from './streamdeck/adapter.js';
import { xkeysAdapter } from './xkeys/adapter.js';

export const adapters: Readonly<Record<string, Adapter>> = {
  hid: hidAdapter as Adapter,
  midi: midiAdapter as Adapter,
  osc: oscAdapter as Adapter,
  qlab: qlabAdapter as Adapter,
  serial: serialAdapter as Adapter,
  streamdeck: streamdeckAdapter as Adapter,
  xkeys: xkeysAdapter as Adapter,
};
