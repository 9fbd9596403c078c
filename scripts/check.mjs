// `npm run check`: everything but the tests.
import {runChecks} from './checks.mjs';
import {ensureInstalled, runMain} from './setup.mjs';

await runMain(async () => {
  ensureInstalled();
  const failed = await runChecks();
  return failed.length === 0 ? 0 : 1;
});
