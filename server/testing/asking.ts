/** How tests ask a cluster, and wait for what is to come. */
import {until} from '../../adapters/ports/testing/until.ts';

export async function json(
  url: string,
  method = 'GET',
  body?: unknown,
): Promise<{readonly status: number; readonly body: unknown}> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : {body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}}),
  });
  const text = await response.text();
  return {status: response.status, body: text === '' ? undefined : JSON.parse(text)};
}

/** Whether what `fetch` throws means that nobody has answered, or not in the time that it had. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

/** What `GET /v2/apps/{id}` tells of an app. */
export interface AppNow {
  readonly instances: number;
  readonly tasksRunning: number;
  readonly tasksHealthy: number;
  readonly deployments: readonly unknown[];
}

/** By the path of its id: `/web`. */
export async function appOf(url: string, id: string): Promise<AppNow> {
  const {body} = await json(`${url}/v2/apps${id}`);
  return (body as {app: AppNow}).app;
}

/** A task as Marathon lists it. */
export interface TaskNow {
  readonly id: string;
  readonly host: string;
  readonly ports: readonly number[];
  readonly state: string;
}

/** All tasks, or those of one app (`/web`). */
export async function tasksOf(url: string, appId?: string): Promise<readonly TaskNow[]> {
  const path = appId === undefined ? '/v2/tasks' : `/v2/apps${appId}/tasks`;
  const {body} = await json(`${url}${path}`);
  return (body as {tasks?: readonly TaskNow[]}).tasks ?? [];
}

/** Waits until so many tasks run, whosoever; their ids and hosts. */
export async function untilTasksRun(url: string, count: number): Promise<readonly TaskNow[]> {
  return await until(`${count} tasks run`, async () => {
    const running = (await tasksOf(url)).filter(({state}) => state === 'TASK_RUNNING');
    return running.length === count && running;
  });
}

export async function untilNoTasks(url: string): Promise<void> {
  await until('no task is left', async () => (await tasksOf(url)).length === 0);
}
