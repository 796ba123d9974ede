/** Profiles of consoles: what they understand and say. */
import { ProfileFolder } from '../../src/adapter-sdk/profile-folder.js';
import { validateOscProfile } from '../../src/generated/files.js';
import type { OscProfile } from '../../src/generated/types.js';
import { faultsOfProfile } from './profile-checks.js';

export const oscProfiles = new ProfileFolder<OscProfile>('osc-profiles', validateOscProfile, faultsOfProfile);
