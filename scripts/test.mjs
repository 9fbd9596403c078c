// `npm test`: installs what is missing, runs all checks, then all tests. Arguments go to AVA.
import {join} from 'node:path';
import {runChild} from './child.mjs';
import {runChecks} from './checks.mjs';
import {ensureChromium, ensureInstalled, root, runMain, say} from './setup.mjs';

await runMain(async () => {
  ensureInstalled();
  const chromium = ensureChromium();
  const failed = await runChecks();
  say('tests (ava) …');
  const ava = join(root, 'node_modules', '.bin', 'ava');
  const code = await runChild(ava, process.argv.slice(2), {CHROMIUM_PATH: chromium});
  if (code !== 0) return code;
  return failed.length === 0 ? 0 : 1;
});
