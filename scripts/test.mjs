// `npm test`: installs what is missing, runs all checks, then all tests. Arguments go to AVA.
import {join} from 'node:path';
import {runChild} from './child.mjs';
import {runChecks} from './checks.mjs';
import {withDockerEngine} from './docker-engine.mjs';
import {ensureInstalled, root, runMain, say} from './setup.mjs';
import {ensureChromium, ensureDocker, ensureZooKeeper} from './system-packages.mjs';

await runMain(async () => {
  ensureInstalled();
  const chromium = ensureChromium();
  ensureZooKeeper();
  ensureDocker();
  const failed = await runChecks();
  const code = await withDockerEngine((env) => {
    say('tests (ava) …');
    const ava = join(root, 'node_modules', '.bin', 'ava');
    return runChild(ava, process.argv.slice(2), {CHROMIUM_PATH: chromium, ...env});
  });
  if (code !== 0) return code;
  return failed.length === 0 ? 0 : 1;
});
