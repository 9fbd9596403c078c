// Writes docs/settings.md anew, after a change of the tables of settings.
import {writeFileSync} from 'node:fs';
import {settingsPage} from '../server/config/manual.ts';

writeFileSync(new URL('../docs/settings.md', import.meta.url), settingsPage());
