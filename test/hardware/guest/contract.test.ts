/** The contract of every adapter, on devices that the kernel believes to be real. */
import { hidAdapter } from '../../../adapters/hid/adapter.js';
import { midiAdapter } from '../../../adapters/midi/adapter.js';
import { serialAdapter } from '../../../adapters/serial/adapter.js';
import { adapterContract } from '../../../src/adapter-sdk/testing/contract.js';
import { slowness } from './machine.js';
import { hidRig, midiRig, serialRig } from './rigs.js';

/** The same limits as on any machine, and what a guest that is many times slower needs more: the more, the slower it started. */
const noticedWithinMs = 8000 * slowness;

adapterContract('midi on USB', () => midiRig(midiAdapter), { health: 'unverified', noticedWithinMs });
adapterContract('hid on USB', () => hidRig(hidAdapter), { takesCommands: false, noticedWithinMs });
adapterContract('serial on USB', () => serialRig(serialAdapter), { health: 'unverified', noticedWithinMs });
