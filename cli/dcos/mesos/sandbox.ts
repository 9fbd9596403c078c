/** Files of agents and of tasks, over the files API of Mesos: list, read in parts, download. */
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {ApiFailure} from '../http/api-failure.ts';
import type {Service} from '../http/service.ts';
import type {MesosTask} from './state.ts';

export interface SandboxFile {
  readonly path: string;
  readonly mode: string;
  readonly nlink?: number;
  readonly uid?: string;
  readonly gid?: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
}

export interface FilePart {
  readonly data: Buffer;
  readonly offset: number;
}

/** The API of one agent, through the master. */
export function agentFiles(context: Context, agentId: string): Files {
  return new Files(context.service(`${context.settings.url}/agent/${encodeURIComponent(agentId)}`));
}

export class Files {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  /** @throws ApiFailure 404: there is no such folder. */
  browse(path: string): Promise<readonly SandboxFile[]> {
    return this.#service.get<readonly SandboxFile[]>('/files/browse', {path});
  }

  /** Bytes stand in the answer as they are, be they text or not: each is read as one character. */
  async read(path: string, offset: number, length: number): Promise<FilePart> {
    const query = {path, offset, length};
    const {body} = await this.#service.call('GET', '/files/read', {query});
    const part = JSON.parse(body.toString('latin1')) as {data: string; offset: number};
    return {data: Buffer.from(part.data, 'latin1'), offset: part.offset};
  }

  /** In bytes. */
  async size(path: string): Promise<number> {
    return (await this.read(path, -1, 0)).offset;
  }

  async download(path: string): Promise<Buffer> {
    return (await this.#service.call('GET', '/files/download', {query: {path}})).body;
  }

  /**
   * Where the sandbox of a task is: as the agent tells of its executors, or, of one that it has
   * forgotten, where its last run was. Agents keep sandboxes longer than memories.
   */
  async sandboxOf(task: MesosTask): Promise<string> {
    const state = await this.#service.get<AgentState>('/state');
    const named = task.executor_id ?? '';
    const executorId = named === '' ? task.id : named;
    const frameworks = [...(state.frameworks ?? []), ...(state.completed_frameworks ?? [])];
    for (const {id, executors = [], completed_executors: completed = []} of frameworks) {
      if (id !== task.framework_id) continue;
      // Of several runs of an executor, the last one is listed last.
      const found = [...completed, ...executors].findLast((executor) => executor.id === executorId);
      if (found?.directory !== undefined) return found.directory;
    }
    const last = `/frameworks/${task.framework_id}/executors/${executorId}/runs/latest`;
    try {
      await this.browse(last);
      return last;
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new Failure(`the sandbox of task '${task.id}' is not there any more`, {
        hints: [`It was on agent ${task.slave_id ?? 'unknown'}.`],
        cause: error,
      });
    }
  }
}

interface AgentState {
  readonly frameworks?: readonly AgentFramework[];
  readonly completed_frameworks?: readonly AgentFramework[];
}

interface AgentFramework {
  readonly id?: string;
  readonly executors?: readonly AgentExecutor[];
  readonly completed_executors?: readonly AgentExecutor[];
}

interface AgentExecutor {
  readonly id?: string;
  readonly directory?: string;
}

export function isMissing(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 404;
}
