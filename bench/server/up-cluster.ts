/** A cluster of one machine, started for a bench and removed after it. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startUp, urlOf, type Daemon} from '../../server/testing/daemons.ts';

export interface UpCluster {
  readonly url: string;
  readonly daemon: Daemon;
  /** Stops the tasks, and removes everything. */
  remove(): Promise<void>;
}

export async function startUpCluster(flags: readonly string[]): Promise<UpCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
  const daemon = await startUp(folder, '--log-level', 'error', '--stop-tasks', ...flags);
  let isRemoved = false;
  void daemon.ended.then((code) => {
    if (!isRemoved) process.stderr.write(`drydock up ended (${code}):\n${daemon.stderr}\n`);
    return code;
  });
  return {
    url: urlOf(daemon),
    daemon,
    async remove() {
      isRemoved = true;
      await daemon.stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}
