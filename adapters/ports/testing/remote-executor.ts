/** An executor in a process of its own, which can be killed as an agent's process can be. */
import {fork} from 'node:child_process';
import {once} from 'node:events';
import type {TaskId} from '../../../engine/index.ts';
import type {Executor, ExecutorNews, ExecutorTask} from '../executor.ts';

/** What a module must export as `openExecutor` to be run in a process of its own. */
export type OpenExecutor = (
  argument: unknown,
  onNews: (news: ExecutorNews) => void,
) => Promise<Executor>;

/** What the process is told, one message each. */
export type RemoteOrder =
  | {readonly kind: 'launch'; readonly task: ExecutorTask}
  | {readonly kind: 'kill'; readonly taskId: TaskId; readonly graceMs: number};

export interface RemoteExecutor {
  readonly pid: number;
  launch(task: ExecutorTask): void;
  kill(taskId: TaskId, graceMs: number): void;
  /** Kills the process as `kill -9` does, and waits until it is gone. */
  crash(): Promise<void>;
}

/** Resolves when the executor is open. */
export async function forkExecutor(
  {module, argument}: {readonly module: URL; readonly argument: unknown},
  onNews: (news: ExecutorNews) => void,
): Promise<RemoteExecutor> {
  const script = new URL('./executor-process.ts', import.meta.url);
  const child = fork(script, [module.href, JSON.stringify(argument)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`the process of the executor ended at its start, with ${code}`);
    }),
  ]);
  child.on('message', (news) => onNews(news as ExecutorNews));
  const order = (message: RemoteOrder): void => {
    child.send(message);
  };
  return {
    pid: child.pid as number,
    launch: (task) => order({kind: 'launch', task}),
    kill: (taskId, graceMs) => order({kind: 'kill', taskId, graceMs}),
    async crash() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
