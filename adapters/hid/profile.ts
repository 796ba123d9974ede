/** HID profiles: which bytes of a report are which button. */
import { ProfileFolder } from '../../src/adapter-sdk/profile-folder.js';
import { type Fault, pointerOf } from '../../src/kit/pointer.js';
import type { HidProfile, HidProfileButton } from './generated/types.js';
import { validateHidProfile } from './generated/validators.js';

/** What the schema cannot say, each with the button it is about. Pure. */
function faultsOfProfile({ buttons, report }: HidProfile): Fault[] {
  const { bytesMin, bytesMax = bytesMin } = report;
  const message = `report has bytesMax ${bytesMax} below bytesMin ${bytesMin}`;
  const shape = bytesMax < bytesMin ? [{ pointer: '/report/bytesMax', message }] : [];
  const places = Object.entries(buttons).flatMap(([name, button]) => {
    const problem = problemOfPlace(button, report);
    return problem === undefined ? [] : [{ pointer: pointerOf('buttons', name), message: `button ${name} ${problem}` }];
  });
  return [...shape, ...places];
}

function problemOfPlace(button: HidProfileButton, report: HidProfile['report']): string | undefined {
  const ways = [button.byte, button.key, button.modifier].filter((way) => way !== undefined);
  if (ways.length !== 1) return 'wants exactly one of byte, key, modifier';
  if (button.byte === undefined) {
    if (button.mask !== undefined || button.value !== undefined) return 'has mask or value without byte';
    return report.keyboard ? undefined : 'names a key, but the report is not a keyboard’s';
  }
  if (button.byte >= report.bytesMin)
    return `is in byte ${button.byte}, which a report of ${report.bytesMin} bytes has not`;
  if (button.value === undefined) return undefined;
  const mask = button.mask ?? 0xff;
  return (button.value & mask) === button.value ? undefined : 'has a value outside of its mask';
}

export const hidProfiles = new ProfileFolder<HidProfile>('hid-profiles', validateHidProfile, faultsOfProfile);
