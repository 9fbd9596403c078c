// `npm start`: installs what is missing, then runs the main job.
import {join} from 'node:path';
import {runChild} from './child.mjs';
import {ensureInstalled, nodeBinary, root, runMain, say} from './setup.mjs';

await runMain(() => {
  ensureInstalled();
  say('starting the main job (drydock start) …');
  return runChild(nodeBinary, [join(root, 'cli', 'drydock.ts'), 'start', ...process.argv.slice(2)]);
});
