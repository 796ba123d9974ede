import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadProfile, profilesFolder } from './profile.js';

const names = readdirSync(profilesFolder).map((file) => file.replace('.yaml', ''));
test.each(names)('%s loads', async (name) => {
  const profile = await loadProfile(name, '.');
  expect(profile.name).toBe(name);
});
