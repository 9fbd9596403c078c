/** A cluster of one machine, started for a bench and removed after it. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startDrydock, type Daemon} from '../../server/testing/daemons.ts';

export interface UpCluster {
  readonly url: string;
  readonly daemon: Daemon;
  /** Stops the tasks, and removes everything. */
  remove(): Promise<void>;
}

export async function startUpCluster(flags: readonly string[]): Promise<UpCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
  const args = ['up', '--data-dir', folder, '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const daemon = await startDrydock([...args, '--stop-tasks', ...flags], {ready: /Next: /});
  let isRemoved = false;
  void daemon.ended.then((code) => {
    if (!isRemoved) process.stderr.write(`drydock up ended (${code}):\n${daemon.stderr}\n`);
    return code;
  });
  return {
    url: /http:\/\/\S+/.exec(daemon.stdout)?.[0] ?? '',
    daemon,
    async remove() {
      isRemoved = true;
      await daemon.stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}
