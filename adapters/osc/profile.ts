/** Profiles of consoles: what they understand and say. */
import { ProfileFolder } from '../../src/adapter-sdk/profile-folder.js';
import type { OscProfile } from './generated/types.js';
import { validateOscProfile } from './generated/validators.js';
import { faultsOfProfile } from './profile-checks.js';

export const oscProfiles = new ProfileFolder<OscProfile>('osc-profiles', validateOscProfile, faultsOfProfile);
