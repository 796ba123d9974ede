/** The handshake lines of a port as the bridge file names them: contacts that are read, lines that are driven. Pure. */
import type { SerialContact, SerialDevice } from './generated/types.js';
import type { Levels } from './safe-binding.js';

/** A contact by its name, with everything filled in. */
export interface Contact extends SerialContact {
  name: string;
  against: keyof Levels;
}

export function contactsOf({ contacts = {} }: Pick<SerialDevice, 'contacts'>): Contact[] {
  return Object.entries(contacts).map(([name, contact]) => ({
    ...contact,
    name,
    against: contact.against ?? (contact.line === 'cts' ? 'rts' : 'dtr'),
  }));
}

type Driven = Pick<SerialDevice, 'contacts' | 'rts' | 'dtr' | 'rtscts'>;

/** The levels to set when the port was opened; undefined: nothing here needs them, and they stay as the system has them. */
export function openingLevels({ contacts, rts, dtr }: Driven): Levels | undefined {
  if (contacts === undefined && rts === undefined && dtr === undefined) return undefined;
  return { rts: rts ?? true, dtr: dtr ?? true };
}

/** Why `line` may not be driven to `level`, in the technician's words. */
export function problemOfLevel(config: Driven, line: keyof Levels, level: boolean): string | undefined {
  if (line === 'rts' && config.rtscts) return 'rts is the hardware flow control’s (rtscts)';
  const fed = contactsOf(config).find(({ against }) => against === line);
  return fed && !level ? `${line} feeds the contact ${fed.name}, and stays on` : undefined;
}
