/** What is told of a task whose container has ended. */
import type {ExecutorNews} from '../ports/executor.ts';

export type TaskNews = Omit<ExecutorNews, 'taskId'>;

export interface ContainerEnd {
  /** Undefined: nobody knows. */
  readonly exitCode: number | undefined;
  readonly isOutOfMemory: boolean;
  /** What the engine has to say about it; often nothing. */
  readonly error: string;
}

/** Words and order of precedence are those of Mesos's Docker executor. */
export function newsOfEnd(end: ContainerEnd, wasKilled: boolean, memMiB: number): TaskNews {
  const {exitCode, isOutOfMemory, error} = end;
  const said = error === '' ? '' : `: ${error}`;
  const message =
    exitCode === undefined
      ? 'Failed to get exit status of container: somebody has removed it'
      : `Container exited with status ${exitCode}${said}`;
  if (wasKilled) return {state: 'TASK_KILLED', message};
  if (exitCode === 0) return {state: 'TASK_FINISHED', message};
  if (exitCode === undefined) {
    return {state: 'TASK_FAILED', reason: 'REASON_EXECUTOR_TERMINATED', message};
  }
  if (!isOutOfMemory) return {state: 'TASK_FAILED', message};
  return {
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: `Memory limit exceeded: it has ${memMiB} MiB. ${message}`,
  };
}

export const NEVER_STARTED: TaskNews = {
  state: 'TASK_FAILED',
  reason: 'REASON_EXECUTOR_TERMINATED',
  message: 'The agent was restarted before its container ran',
};

export const KILLED_EARLY: TaskNews = {
  state: 'TASK_KILLED',
  reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
  message: 'Killed before its container ran',
};
