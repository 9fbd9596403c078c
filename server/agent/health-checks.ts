/**
 * Checks that an agent makes of its tasks: commands where the task is, and HTTP and TCP from this
 * machine (Mesos's health checker, reference part 3.9). A task is told healthy after its first
 * success, unhealthy after every failure that counts, and is given up after too many in a row.
 * While what runs it does not answer, nobody can tell what a command would: nothing is counted.
 */
import type {AgentHealthCheck, CheckedPort, TaskCommand} from '../../engine/index.ts';
import {ExecutorAwayError} from '../../adapters/ports/executor.ts';
import {probeHttpOnwards, probeTcp, type ProbeTarget} from '../probing.ts';

export interface CheckedTask {
  readonly checks: readonly AgentHealthCheck[];
  /** Its own address, where it has a network of its own. */
  readonly containerIp: string | undefined;
  /** Runs a command where the task is; resolves to its exit code. @throws ExecutorAwayError */
  readonly exec: (argv: readonly string[], timeoutMs: number) => Promise<number>;
  /** Only changes to healthy, and every failure that counts. */
  readonly result: (healthy: boolean) => void;
  /** It has failed too often in a row. */
  readonly giveUp: () => void;
}

/** Begins to check a task that runs; the answer ends it. */
export function startChecks(task: CheckedTask): () => void {
  const health: (boolean | undefined)[] = task.checks.map(() => undefined);
  const tell = (index: number, isHealthy: boolean): void => {
    const before = health[index];
    health[index] = isHealthy;
    if (isHealthy && (before === true || health.some((one) => one !== true))) return;
    task.result(isHealthy);
  };
  const stops = task.checks.map((check, index) =>
    startCheck(check, task, (isHealthy) => tell(index, isHealthy)),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

function startCheck(
  check: AgentHealthCheck,
  task: CheckedTask,
  tell: (healthy: boolean) => void,
): () => void {
  const startedAt = performance.now();
  let failures = 0;
  let hasSucceeded = false;
  let isOver = false;
  const run = async (): Promise<void> => {
    const isHealthy = await attempt(check, task);
    if (isOver) return;
    if (isHealthy === true) {
      failures = 0;
      hasSucceeded = true;
      tell(true);
    } else if (
      isHealthy === false &&
      (hasSucceeded || performance.now() - startedAt >= check.gracePeriodMs)
    ) {
      failures += 1;
      tell(false);
      if (check.failuresMax > 0 && failures >= check.failuresMax) {
        isOver = true;
        task.giveUp();
        return;
      }
    }
    timer = setTimeout(() => void run(), check.intervalMs);
  };
  let timer = setTimeout(() => void run(), check.delayMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Any failure to ask is a failed check. Undefined: nobody can tell. */
async function attempt(
  {check, timeoutMs}: AgentHealthCheck,
  task: CheckedTask,
): Promise<boolean | undefined> {
  const limitMs = timeoutMs === 0 ? 2 ** 31 - 1 : timeoutMs;
  switch (check.kind) {
    case 'command':
      return await task.exec(argvOf(check.command), limitMs).then(
        (code) => code === 0,
        (error: unknown) => (error instanceof ExecutorAwayError ? undefined : false),
      );
    case 'http': {
      const outcome = await probeHttpOnwards({...check, ...targetOf(check, task)}, limitMs);
      return outcome.kind === 'http' && outcome.status >= 200 && outcome.status < 400;
    }
    case 'tcp':
      return (await probeTcp(targetOf(check, task), limitMs)).kind === 'connected';
  }
}

/** In its own network it is asked there; else, or while that is unknown, on this machine. */
function targetOf(
  {port, hostPort = port, ipProtocol}: CheckedPort,
  {containerIp}: CheckedTask,
): ProbeTarget {
  if (containerIp !== undefined) return {host: containerIp, port};
  return {host: ipProtocol === 'IPv6' ? '::1' : '127.0.0.1', port: hostPort};
}

function argvOf(command: TaskCommand): readonly string[] {
  switch (command.kind) {
    case 'shell':
      return ['/bin/sh', '-c', command.text];
    case 'program':
      return command.argv;
    case 'image':
      return command.arguments;
  }
}
