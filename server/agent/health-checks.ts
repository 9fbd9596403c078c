/**
 * Checks that an agent makes of its tasks: commands where the task is, and HTTP and TCP from this
 * machine (Mesos's health checker, reference part 3.9). A task is told healthy after its first
 * success, unhealthy after every failure that counts, and is given up after too many in a row.
 */
import {get as httpGet} from 'node:http';
import {get as httpsGet} from 'node:https';
import {connect} from 'node:net';
import type {AgentHealthCheck, TaskCommand} from '../../engine/index.ts';

export interface CheckedTask {
  readonly checks: readonly AgentHealthCheck[];
  /** Where it can be reached: its own address, or this machine's. */
  readonly host: string;
  /** Runs a command where the task is; resolves to its exit code. */
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
    if (isHealthy) {
      failures = 0;
      hasSucceeded = true;
      tell(true);
    } else if (hasSucceeded || performance.now() - startedAt >= check.gracePeriodMs) {
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

/** Any failure to ask is a failed check. */
async function attempt({check, timeoutMs}: AgentHealthCheck, task: CheckedTask): Promise<boolean> {
  const limitMs = timeoutMs === 0 ? 2 ** 31 - 1 : timeoutMs;
  switch (check.kind) {
    case 'command':
      return task.exec(argvOf(check.command), limitMs).then(
        (code) => code === 0,
        () => false,
      );
    case 'http':
      return httpStatus({...check, host: task.host}, limitMs).then(
        (status) => status >= 200 && status < 400,
        () => false,
      );
    case 'tcp':
      return canConnect(task.host, check.port, limitMs);
  }
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

interface HttpTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Certificates are not looked at: the check asks whether it answers, not who. */
function httpStatus({scheme, host, port, path}: HttpTarget, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {host, port, path, agent: false, rejectUnauthorized: false};
    const request = (scheme === 'https' ? httpsGet : httpGet)(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error('timed out')));
    request.on('error', reject);
  });
}

function canConnect(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host, port, timeout: timeoutMs});
    const end = (isConnected: boolean) => (): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', end(true));
    socket.once('timeout', end(false));
    socket.once('error', end(false));
  });
}
