/** The master of {@link ./known-instances.ts}: the real one, on an embedded store of its own. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openFileStore} from '../../adapters/file/file-store.ts';
import {readSettings} from '../../server/config/setting.ts';
import {MASTER_SETTINGS} from '../../server/config/tables.ts';
import {readKeyFile, writeKeyFile} from '../../server/link/cluster-key.ts';
import {SoleLeadership} from '../../server/master/leadership.ts';
import {makeLogger} from '../../server/processes/logger.ts';
import {startMasterProcess} from '../../server/processes/master-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
const log = makeLogger({'log-level': 'error', 'log-format': 'json'}, 'bench');
const reopen = (): ReturnType<typeof openFileStore> => openFileStore(join(folder, 'store'));
const store = await reopen();
const keyFile = join(folder, 'key');
writeKeyFile(keyFile);
const key = readKeyFile(keyFile);
const read = readSettings(MASTER_SETTINGS, {
  flags: {listen: '127.0.0.1:0', 'body-limit': '100000000'},
  env: {},
});
if (!read.ok) throw new Error(read.problems.join('\n'));
const running = await startMasterProcess({
  settings: read.values,
  key,
  tokens: [],
  makeLeadership: async (self) => new SoleLeadership(self, {store, reopen}, log),
  version: '0',
  log,
});
process.stdout.write(JSON.stringify({port: running.address.port, keyFile}));
process.stdin.resume();
process.stdin.on('end', () => {
  void running.close().then(() => rmSync(folder, {recursive: true, force: true}));
});
