/**
 * All tasks that have not ended, or whose end is not yet acknowledged: by framework and id, and by
 * agent. Books what they use by framework and in the whole cluster.
 */
import type {Allocator} from '../allocator/allocator.ts';
import {must} from '../kernel/assert.ts';
import type {AgentId, FrameworkId, TaskId} from '../kernel/ids.ts';
import {addInto, scalarSums, type Resources} from '../resources/vector.ts';
import type {TaskState} from '../scheduler.ts';
import {isTerminal, type AgentRecord, type FrameworkRecord, type TaskRecord} from './records.ts';

export interface TaskSnapshot {
  readonly id: TaskId;
  readonly agentId: AgentId;
  readonly role: string;
  readonly name: string;
  readonly origin: TaskRecord['origin'];
  readonly resources: Resources;
  readonly state: TaskState;
  readonly unacknowledged: string | null;
  readonly healthy: boolean | null;
}

export interface TaskTableSnapshot {
  /** Per framework, in order of launch. */
  readonly frameworks: readonly {
    readonly id: FrameworkId;
    readonly tasks: readonly TaskSnapshot[];
  }[];
  /** Per agent, in the order of its list: a framework's position above, and the task's id. */
  readonly agents: readonly {
    readonly id: AgentId;
    readonly tasks: readonly (readonly [FrameworkId, TaskId])[];
  }[];
}

/** What is told of a task when it becomes known. */
export type NewTask = Pick<
  TaskRecord,
  'id' | 'role' | 'subscriber' | 'name' | 'origin' | 'resources' | 'state'
>;

export class TaskTable {
  /** Thousandths by kind that live tasks use in the whole cluster. */
  readonly used: number[] = [];

  add(framework: FrameworkRecord, agent: AgentRecord, task: NewTask): TaskRecord {
    const record: TaskRecord = {
      id: task.id,
      framework,
      role: task.role,
      subscriber: task.subscriber,
      agent,
      position: agent.tasks.length,
      name: task.name,
      origin: task.origin,
      resources: task.resources,
      state: task.state,
      unacknowledged: undefined,
      healthy: undefined,
    };
    framework.tasks.set(record.id, record);
    agent.tasks.push(record);
    if (!isTerminal(record.state)) this.#use(record, 1);
    return record;
  }

  /** A live task has ended: it uses nothing any more, but is known until it is forgotten. */
  end(task: TaskRecord, state: TaskState): void {
    task.state = state;
    this.#use(task, -1);
  }

  /** An ended task is done with; the last one of its agent's list takes its place there. */
  forget(task: TaskRecord): void {
    task.framework.tasks.delete(task.id);
    const {tasks} = task.agent;
    const last = must(tasks.pop(), 'the tasks of an agent');
    if (last === task) return;
    tasks[task.position] = last;
    last.position = task.position;
  }

  #use({framework, role, resources}: TaskRecord, sign: 1 | -1): void {
    const {used, usedInRole} = framework;
    let inRole = usedInRole.get(role);
    if (inRole === undefined) usedInRole.set(role, (inRole = []));
    const sums = scalarSums(resources);
    addInto(inRole, sums, sign);
    addInto(used, sums, sign);
    addInto(this.used, sums, sign);
  }

  snapshot(
    frameworks: Iterable<FrameworkRecord>,
    agents: Iterable<AgentRecord>,
  ): TaskTableSnapshot {
    return {
      frameworks: [...frameworks].map(({info, tasks}) => ({
        id: info.id,
        tasks: [...tasks.values()].map(taskSnapshot),
      })),
      agents: [...agents].map(({info, tasks}) => ({
        id: info.id,
        tasks: tasks.map(({framework, id}) => [framework.info.id, id] as const),
      })),
    };
  }

  /** Puts a snapshot's tasks under the frameworks and agents, which know none yet. */
  load(
    snapshot: TaskTableSnapshot,
    frameworks: ReadonlyMap<FrameworkId, FrameworkRecord>,
    agents: ReadonlyMap<AgentId, AgentRecord>,
    allocator: Pick<Allocator, 'findSubscriber'>,
  ): void {
    for (const {id, tasks} of snapshot.frameworks) {
      const framework = must(frameworks.get(id), `framework ${id}`);
      for (const task of tasks) {
        // An ended task holds nothing: the framework may have left its role meanwhile.
        const subscriber = allocator.findSubscriber(id, task.role) ?? -1;
        const agent = must(agents.get(task.agentId), task.agentId);
        const record = this.add(framework, agent, {...task, subscriber});
        record.unacknowledged = task.unacknowledged ?? undefined;
        record.healthy = task.healthy ?? undefined;
      }
    }
    for (const {id, tasks} of snapshot.agents) {
      const agent = must(agents.get(id), `agent ${id}`);
      for (const [position, [frameworkId, taskId]] of tasks.entries()) {
        const task = must(frameworks.get(frameworkId)?.tasks.get(taskId), `task ${taskId}`);
        task.position = position;
        agent.tasks[position] = task;
      }
    }
  }
}

/** Thousandths by kind that the live tasks of an agent use: O(its tasks). */
export function usedOn({tasks}: AgentRecord): number[] {
  const used: number[] = [];
  for (const {state, resources} of tasks)
    if (!isTerminal(state)) addInto(used, scalarSums(resources), 1);
  return used;
}

function taskSnapshot(task: TaskRecord): TaskSnapshot {
  return {
    id: task.id,
    agentId: task.agent.info.id,
    role: task.role,
    name: task.name,
    origin: task.origin,
    resources: task.resources,
    state: task.state,
    unacknowledged: task.unacknowledged ?? null,
    healthy: task.healthy ?? null,
  };
}
