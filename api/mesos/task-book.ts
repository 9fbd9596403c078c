/**
 * What Mesos's state shows of tasks and the engine does not keep: what they were launched with, the
 * states that they were in, and those that have ended. Fed by what passes between the engine and
 * the world, and small per task: what tasks of one definition share is there once.
 */
import {
  isTerminal,
  type AgentId,
  type Amounts,
  type Effect,
  type EngineView,
  type FrameworkId,
  type Input,
  type StatusReason,
  type TaskId,
  type TaskState,
  type TaskView,
} from '../../engine/index.ts';
import {
  NotLeadingError,
  type AgentReport,
  type Cluster,
  type ReportedStatus,
  type ReportedTask,
  type Witness,
} from '../cluster.ts';
import {splitTask, type SplitTask, type TaskFacets} from './task-facets.ts';
import type {ShownTask} from './task-form.ts';

type Launch = Extract<Effect, {readonly kind: 'launchTask'}>;
type Status = Extract<Input, {readonly kind: 'taskStatus'}>;
type Registered = Extract<Input, {readonly kind: 'agentRegistered'}>;

/** Per framework: Mesos's `--max_completed_tasks_per_framework`, and of unreachable ones. */
const ENDED_MAX = 1000;

/** A task that is not known to have ended. */
interface BookedTask {
  readonly agentId: AgentId;
  /** These three are the engine's own; it forgets them before it is asked. */
  name: string;
  role: string;
  resources: Amounts;
  readonly facets: SharedFacets;
  readonly ports: SplitTask['ports'];
  statuses: readonly ReportedStatus[];
}

interface SharedFacets {
  readonly key: string;
  readonly facets: TaskFacets;
  uses: number;
}

interface FrameworkBook {
  readonly live: Map<TaskId, BookedTask>;
  /** Oldest first. */
  readonly unreachable: Map<TaskId, ShownTask>;
  /** Oldest first. */
  readonly completed: ShownTask[];
}

/** Who tells of an end, and why, if that is said. */
export interface EndCause {
  readonly source: 'agent' | 'master';
  readonly reason: StatusReason | undefined;
}

export interface LossListener {
  /** Each end once, though agents repeat it; and what was lost with its agent. */
  ended(frameworkId: FrameworkId, state: TaskState, cause: EndCause): void;
  /** An agent was given up. */
  gaveUp(agentId: AgentId): void;
}

export class TaskBook implements Witness {
  readonly #cluster: Pick<Cluster, 'view'>;
  readonly #books = new Map<FrameworkId, FrameworkBook>();
  readonly #shared = new Map<string, SharedFacets>();
  /** Agents that may be given up before they are heard of again. */
  readonly #suspects = new Set<AgentId>();
  readonly #listener: LossListener;

  constructor(cluster: Pick<Cluster, 'view'>, listener: LossListener) {
    this.#cluster = cluster;
    this.#listener = listener;
  }

  // What passes.

  started(): void {
    this.#books.clear();
    this.#shared.clear();
    this.#suspects.clear();
  }

  input(now: number, input: Input): void {
    if (this.#suspects.size > 0) this.#lookAtSuspects(now);
    switch (input.kind) {
      case 'taskStatus':
        this.#status(now, input);
        break;
      case 'agentRegistered':
        this.#suspects.delete(input.agent.id);
        this.#registered(now, input);
        break;
      case 'agentDisconnected':
      case 'agentSilent':
        this.#suspects.add(input.agentId);
        break;
      case 'agentHeard':
        if (this.#view?.agentState(input.agentId) === 'active') {
          this.#suspects.delete(input.agentId);
        }
        break;
      default:
        break;
    }
  }

  effect(_now: number, effect: Effect): void {
    if (effect.kind !== 'launchTask') return;
    const {frameworkId, taskId, agentId, name, resources} = effect;
    const role = this.#view?.task(frameworkId, taskId)?.role ?? effect.role ?? '*';
    const told = {agentId, name, role, resources, statuses: []};
    this.#add(frameworkId, taskId, {...this.#split(effect), ...told});
  }

  /** Before its registration: what it runs may be unknown here. */
  agent(_now: number, {agentId, tasks}: AgentReport): void {
    for (const task of tasks) {
      const {frameworkId, taskId, statuses} = task;
      if (this.#book(frameworkId).live.has(taskId)) continue;
      const split = this.#split(orderOf(agentId, task));
      // Its registration, which comes next, tells the rest.
      const told = {agentId, name: '', role: '*', resources: NOTHING, statuses};
      this.#add(frameworkId, taskId, {...split, ...told});
    }
  }

  measured(): void {
    // Times are nothing to tasks.
  }

  /** Undefined: this master has just stopped leading, and what is noted now is soon void. */
  get #view(): EngineView | undefined {
    try {
      return this.#cluster.view;
    } catch (error) {
      if (error instanceof NotLeadingError) return undefined;
      throw error;
    }
  }

  #split(order: Launch): Pick<BookedTask, 'facets' | 'ports'> {
    const {instanceId} = (order.details ?? {}) as {readonly instanceId?: unknown};
    const definition =
      typeof instanceId === 'string'
        ? this.#view?.marathon(order.frameworkId)?.definitionOf(instanceId)
        : undefined;
    const {facets, ports} = splitTask(order, definition);
    const key = JSON.stringify(facets);
    const shared = this.#shared.get(key) ?? {key, facets, uses: 0};
    this.#shared.set(key, shared);
    shared.uses += 1;
    return {facets: shared, ports};
  }

  #release(shared: SharedFacets): void {
    shared.uses -= 1;
    if (shared.uses === 0) this.#shared.delete(shared.key);
  }

  #book(id: FrameworkId): FrameworkBook {
    const known = this.#books.get(id);
    if (known !== undefined) return known;
    const book: FrameworkBook = {live: new Map(), unreachable: new Map(), completed: []};
    this.#books.set(id, book);
    return book;
  }

  #add(id: FrameworkId, taskId: TaskId, task: BookedTask): void {
    const {live, unreachable} = this.#book(id);
    const before = live.get(taskId);
    if (before !== undefined) this.#release(before.facets);
    unreachable.delete(taskId);
    live.set(taskId, task);
  }

  /** As in Mesos, one entry for each state: the latest of equal ones. */
  #status(now: number, input: Status): void {
    const {frameworkId, taskId, state, healthy, containerIp, reason} = input;
    const {live} = this.#book(frameworkId);
    const task = live.get(taskId);
    if (task === undefined) return;
    const last = task.statuses.at(-1);
    const ip = containerIp ?? last?.containerIp;
    const status: ReportedStatus = {
      state,
      at: now,
      ...(healthy === undefined ? {} : {healthy}),
      ...(ip === undefined ? {} : {containerIp: ip}),
    };
    const before = last?.state === state ? task.statuses.slice(0, -1) : task.statuses;
    task.statuses = [...before, status];
    if (!isTerminal(state)) return;
    this.#listener.ended(frameworkId, state, {source: 'agent', reason});
    this.#end(frameworkId, taskId, state);
  }

  /** What an agent does not list is not there any more. */
  #registered(now: number, {agent, tasks}: Registered): void {
    const listed = new Set<string>();
    const frameworks = [...(this.#view?.frameworks() ?? [])];
    const own = new Map(frameworks.map(({id, role}) => [id, role]));
    for (const {frameworkId, taskId, name, resources, role} of tasks) {
      listed.add(`${frameworkId}/${taskId}`);
      const task = this.#books.get(frameworkId)?.live.get(taskId);
      if (task === undefined) continue;
      Object.assign(task, {name, resources, role: role ?? own.get(frameworkId) ?? task.role});
    }
    for (const [frameworkId, {live, unreachable}] of this.#books) {
      for (const [taskId, {agentId}] of live) {
        if (agentId !== agent.id || listed.has(`${frameworkId}/${taskId}`)) continue;
        this.#lose(now, {frameworkId, taskId, state: 'TASK_GONE'});
      }
      for (const [taskId, {agentId}] of unreachable) {
        if (agentId === agent.id) unreachable.delete(taskId);
      }
    }
  }

  /** Time may have passed over them: the engine knows. */
  #lookAtSuspects(now: number): void {
    for (const agentId of this.#suspects) {
      if (this.#view?.agentState(agentId) !== 'unreachable') continue;
      this.#suspects.delete(agentId);
      this.#listener.gaveUp(agentId);
      for (const [frameworkId, {live}] of this.#books) {
        for (const [taskId, task] of live) {
          if (task.agentId !== agentId) continue;
          this.#lose(now, {frameworkId, taskId, state: 'TASK_UNREACHABLE'});
        }
      }
    }
  }

  #lose(
    now: number,
    lost: {readonly frameworkId: FrameworkId; readonly taskId: TaskId; readonly state: TaskState},
  ): void {
    const {frameworkId, taskId, state} = lost;
    const task = this.#book(frameworkId).live.get(taskId);
    if (task === undefined) return;
    task.statuses = [...task.statuses, {state, at: now}];
    const reason = state === 'TASK_UNREACHABLE' ? 'REASON_AGENT_REMOVED' : 'REASON_RECONCILIATION';
    this.#listener.ended(frameworkId, state, {source: 'master', reason});
    this.#end(frameworkId, taskId, state);
  }

  /** What the engine forgets soon is written down whole. */
  #end(id: FrameworkId, taskId: TaskId, state: TaskState): void {
    const {live, unreachable, completed} = this.#book(id);
    const task = live.get(taskId);
    if (task === undefined) return;
    live.delete(taskId);
    this.#release(task.facets);
    const shown = shownTask({id: taskId, frameworkId: id, state}, task);
    if (state === 'TASK_UNREACHABLE') {
      unreachable.set(taskId, shown);
      const [oldest] = unreachable.keys();
      if (unreachable.size > ENDED_MAX && oldest !== undefined) unreachable.delete(oldest);
      return;
    }
    completed.push(shown);
    if (completed.length > ENDED_MAX) completed.shift();
  }

  // What is shown.

  /** Tasks that have not ended, as the engine has them. */
  *live(id: FrameworkId, view: EngineView): IterableIterator<ShownTask> {
    const book = this.#books.get(id);
    for (const task of view.tasks(id)) {
      if (isTerminal(task.state)) continue;
      const {id: taskId, state} = task;
      const booked = book?.live.get(taskId);
      yield booked === undefined
        ? unbooked(task, view)
        : shownTask({id: taskId, frameworkId: id, state}, booked);
    }
  }

  unreachable(id: FrameworkId): Iterable<ShownTask> {
    return this.#books.get(id)?.unreachable.values() ?? [];
  }

  completed(id: FrameworkId): readonly ShownTask[] {
    return this.#books.get(id)?.completed ?? [];
  }

  /** How many different definitions its tasks have. */
  get definitions(): number {
    return this.#shared.size;
  }
}

const NOTHING: Amounts = {scalars: {}};

function shownTask(
  name: Pick<ShownTask, 'frameworkId' | 'id' | 'state'>,
  {agentId, name: shownName, role, resources, statuses, facets, ports}: BookedTask,
): ShownTask {
  const split = {facets: facets.facets, ports};
  return {...name, agentId, name: shownName, role, resources, statuses, split};
}

/** What only the engine knows. */
function unbooked(
  {id, name, frameworkId, agentId, state, role, resources}: TaskView,
  view: EngineView,
): ShownTask {
  return {
    ...{id, name, frameworkId, agentId, state, role},
    resources: view.kinds.describe(resources),
    statuses: [],
    split: undefined,
  };
}

/** As it was launched, as far as an agent tells it. */
function orderOf(agentId: AgentId, {frameworkId, taskId, details}: ReportedTask): Launch {
  return {
    kind: 'launchTask',
    agentId,
    frameworkId,
    taskId,
    name: nameOf(details),
    origin: {kind: 'app', appId: '', version: ''},
    resources: {scalars: {}},
    details,
  };
}

/** Discovery names an app by its path, turned round. */
function nameOf(details: unknown): string {
  const {appId} = (details ?? {}) as {readonly appId?: unknown};
  if (typeof appId !== 'string') return '';
  return appId.slice(1).split('/').reverse().join('.');
}
