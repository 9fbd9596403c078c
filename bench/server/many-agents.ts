/** A hundred agents in one process, whose tasks are entries of a table. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeMemoryDisk, openMemoryStore} from '../../adapters/memory/memory-store.ts';
import {parseAmounts} from '../../engine/index.ts';
import {Agent} from '../../server/agent/agent.ts';
import {fixedLeader} from '../../server/leader-watch.ts';
import {makeClock} from '../../server/clock.ts';
import {openLineChannel} from '../../server/link/channel.ts';
import {connectSecurely} from '../../server/link/secure.ts';
import {makeLogger} from '../../server/processes/logger.ts';
import {FakeExecutor, FakeMachine} from '../../server/testing/fake-executor.ts';

const AGENTS = 100;
const [, , portText = '', keyText = ''] = process.argv;
const leader = {hostname: '127.0.0.1', port: Number(portText)};
const key = Buffer.from(keyText, 'hex');
const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
const log = makeLogger({'log-level': 'error', 'log-format': 'json'}, 'agents');
const parsed = parseAmounts('cpus:64;mem:65536;disk:65536;ports:[10000-29999]');
if (!parsed.ok) throw new Error(parsed.message);
const nothing = async (): Promise<void> => {};

for (let at = 0; at < AGENTS; at += 1) {
  const machine = new FakeMachine();
  await Agent.start(
    {
      workDir: join(folder, `${at}`),
      hostname: `agent-${at}`,
      port: 0,
      resources: parsed.amounts,
      attributes: {},
      gcDelayMs: 1_000_000,
      version: '0',
    },
    {
      store: openMemoryStore(makeMemoryDisk()),
      watch: fixedLeader(leader),
      open: async ({hostname, port}, listener) =>
        openLineChannel(await connectSecurely({host: hostname, port}, key), listener),
      makeExecutors: async (_agent, onNews) => {
        const executor = new FakeExecutor(machine, onNews);
        return {process: executor, docker: executor};
      },
      fetch: nothing,
      clock: makeClock(),
      failed: (error) => {
        throw error;
      },
      log,
    },
  );
}
process.stdout.write('ready');
process.stdin.resume();
process.stdin.on('end', () => {
  rmSync(folder, {recursive: true, force: true});
  process.exit(0);
});
