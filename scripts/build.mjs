// `npm run build`: emits plain JavaScript with type declarations into dist/. Node refuses to strip
// types inside node_modules, so the published package cannot hold the .ts files themselves.
import {chmodSync, existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {runChild} from './child.mjs';
import {ensureInstalled, root, runMain, say} from './setup.mjs';

await runMain(async () => {
  ensureInstalled();
  const dist = join(root, 'dist');
  say('building into dist/ (tsc) …');
  rmSync(dist, {recursive: true, force: true});
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const code = await runChild(tsc, ['-p', 'tsconfig.build.json']);
  if (code !== 0) return code;
  for (const file of Object.values(JSON.parse(readFileSync(join(root, 'package.json'))).bin)) {
    if (existsSync(join(root, file))) chmodSync(join(root, file), 0o755);
    else throw new Error(`the build has no ${file}, which package.json names as a command`);
  }
  return 0;
});
