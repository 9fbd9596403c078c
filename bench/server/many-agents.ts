/** A hundred agents in one process, whose tasks are entries of a table. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeMemoryDisk} from '../../adapters/memory/memory-store.ts';
import {fixedLeader} from '../../server/leader-watch.ts';
import {readKeyFile} from '../../server/link/cluster-key.ts';
import {makeLogger} from '../../server/processes/logger.ts';
import {startFakeAgent} from '../../server/testing/fake-agent.ts';
import {FakeMachine} from '../../server/testing/fake-executor.ts';

const AGENTS = 100;
const [, , portText = '', keyFile = ''] = process.argv;
const leader = {hostname: '127.0.0.1', port: Number(portText)};
const key = readKeyFile(keyFile);
const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
const log = makeLogger({'log-level': 'error', 'log-format': 'json'}, 'agents');

for (let at = 0; at < AGENTS; at += 1) {
  await startFakeAgent({
    name: `agent-${at}`,
    workDir: join(folder, `${at}`),
    resources: 'cpus:64;mem:65536;disk:65536;ports:[10000-29999]',
    machine: new FakeMachine(),
    disk: makeMemoryDisk(),
    watch: fixedLeader(leader),
    key,
    log,
  });
}
process.stdout.write('ready');
process.stdin.resume();
process.stdin.on('end', () => {
  rmSync(folder, {recursive: true, force: true});
  process.exit(0);
});
