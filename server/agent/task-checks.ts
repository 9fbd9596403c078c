/** The health checks of one task, where its executor runs it. */
import type {Executor} from '../../adapters/ports/executor.ts';
import {startChecks} from './health-checks.ts';
import type {LedgerTask} from './task-ledger.ts';

export interface CheckOutcome {
  /** Only changes to healthy, and every failure that counts. */
  readonly result: (healthy: boolean) => void;
  /** It has failed too often in a row. */
  readonly giveUp: () => void;
}

/** Begins to check a task that runs; the answer ends it. */
export function checkTask(
  task: LedgerTask,
  executor: Executor | undefined,
  outcome: CheckOutcome,
): () => void {
  const {spec, launch} = task;
  return startChecks({
    checks: spec.healthChecks,
    containerIp: ownAddressOf(task),
    exec: async (argv, timeoutMs) => {
      const session = await executor?.exec(launch.taskId, {argv, tty: false});
      if (session === undefined) return 1;
      session.stdout.resume();
      session.stderr.resume();
      const timer = setTimeout(() => session.kill(), timeoutMs);
      try {
        return (await session.ended).exitCode;
      } finally {
        clearTimeout(timer);
      }
    },
    ...outcome,
  });
}

/** Undefined on the network of this machine. */
function ownAddressOf({spec, statuses}: LedgerTask): string | undefined {
  if (spec.container?.network.mode === 'host') return undefined;
  return statuses.at(-1)?.containerIp;
}
