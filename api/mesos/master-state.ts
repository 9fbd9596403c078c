/** `/state`, `/state-summary`, `/slaves`, `/frameworks`, `/tasks`, `/roles` of a leading master. */
import {isTerminal, type EngineView, type FrameworkId, type TaskState} from '../../engine/index.ts';
import type {Cluster} from '../cluster.ts';
import {JsonList} from '../http/json-chunks.ts';
import {MESOS_BUILD} from './build.ts';
import type {ClusterCounts} from './cluster-counts.ts';
import {
  agentForm,
  frameworkForm,
  frameworkSummaryForm,
  Holdings,
  offerForm,
  recoveredAgentForm,
  roleForm,
  RoleHoldings,
} from './master-forms.ts';
import {pidOf} from './pid.ts';
import type {TaskBook} from './task-book.ts';
import {taskForm, type ShownTask} from './task-form.ts';

export interface StateParts {
  readonly cluster: Cluster;
  readonly book: TaskBook;
  readonly counts: ClusterCounts;
  readonly clusterName: string;
  readonly logFile: string | undefined;
}

export function masterState(parts: StateParts): object {
  const {cluster, clusterName, logFile} = parts;
  const {self, view, flags} = cluster;
  const leader = pidOf('master', self);
  const holdings = new Holdings(view);
  const states = [...view.agents()].map(({state}) => state);
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  return {
    ...MESOS_BUILD,
    start_time: self.startedAt / 1000,
    ...(self.electedAt === undefined ? {} : {elected_time: self.electedAt / 1000}),
    id: self.id,
    pid: leader,
    hostname: self.hostname,
    capabilities: ['AGENT_UPDATE', 'QUOTA_V2'],
    activated_slaves: count('active'),
    deactivated_slaves: count('disconnected'),
    unreachable_slaves: count('unreachable'),
    leader,
    leader_info: {id: self.id, pid: leader, port: self.port, hostname: self.hostname},
    cluster: clusterName,
    ...(logFile === undefined ? {} : {external_log_file: logFile}),
    flags,
    ...agentLists(parts, undefined, holdings),
    ...frameworkLists(parts, undefined, holdings),
    orphan_tasks: [],
  };
}

/** `slaves` and `recovered_slaves`, or one of them. */
export function agentLists(
  {cluster, counts}: StateParts,
  only: string | undefined,
  holdings = new Holdings(cluster.view),
): object {
  const {view} = cluster;
  const slaves: object[] = [];
  const recovered: object[] = [];
  for (const agent of view.agents()) {
    const {id} = agent.info;
    if (only !== undefined && id !== only) continue;
    const seen = counts.agents.get(id);
    if (agent.state === 'recovered') recovered.push(recoveredAgentForm(agent, seen));
    else if (agent.state !== 'unreachable') slaves.push(agentForm(agent, {view, holdings, seen}));
  }
  return {slaves, recovered_slaves: recovered};
}

/** `frameworks` with their tasks, or one of them. */
export function frameworkLists(
  {cluster, book}: StateParts,
  only: string | undefined,
  holdings = new Holdings(cluster.view),
): object {
  const {view, self} = cluster;
  const offers = [...view.offers()];
  const frameworks = [...view.frameworks()]
    .filter(({id}) => only === undefined || id === only)
    .map((framework) => {
      const {id} = framework;
      const own = offers.filter(({frameworkId}) => frameworkId === id);
      return {
        ...frameworkForm(framework, {self, holdings}),
        tasks: new JsonList([...book.live(id, view)], taskForm),
        unreachable_tasks: new JsonList([...book.unreachable(id)], taskForm),
        completed_tasks: new JsonList([...book.completed(id)], taskForm),
        offers: own.map((offer) => offerForm(offer, {view, masterId: self.id})),
        executors: [],
      };
    });
  return {frameworks, completed_frameworks: [], unregistered_frameworks: []};
}

/** Counts that the summary shows, also where there are none. */
const SHOWN_STATES = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const satisfies readonly TaskState[];

/** Tasks by state, and who has some where. */
class TaskCounts {
  readonly #counts = new Map<string, Map<TaskState, number>>();
  readonly #beside = new Map<string, Set<string>>();

  add(frameworkId: string, agentId: string, state: TaskState): void {
    this.#count(`framework ${frameworkId}`, agentId, state);
    this.#count(`agent ${agentId}`, frameworkId, state);
  }

  #count(key: string, other: string, state: TaskState): void {
    const counts = this.#counts.get(key) ?? new Map<TaskState, number>();
    this.#counts.set(key, counts);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const beside = this.#beside.get(key) ?? new Set();
    this.#beside.set(key, beside.add(other));
  }

  form(key: string): object {
    const counts = this.#counts.get(key);
    return Object.fromEntries(SHOWN_STATES.map((state) => [state, counts?.get(state) ?? 0]));
  }

  beside(key: string): readonly string[] {
    return [...(this.#beside.get(key) ?? [])].sort();
  }
}

function taskCounts(book: TaskBook, view: EngineView): TaskCounts {
  const counts = new TaskCounts();
  for (const {id} of view.frameworks()) {
    for (const {agentId, state} of view.tasks(id)) {
      if (!isTerminal(state)) counts.add(id, agentId, state);
    }
    for (const {agentId, state} of book.unreachable(id)) counts.add(id, agentId, state);
    for (const {agentId, state} of book.completed(id)) counts.add(id, agentId, state);
  }
  return counts;
}

export function stateSummary(parts: StateParts): object {
  const {cluster, book, counts: seenBy, clusterName} = parts;
  const {view, self} = cluster;
  const holdings = new Holdings(view);
  const counts = taskCounts(book, view);
  const slaves = [...view.agents()]
    .filter(({state}) => state === 'active' || state === 'disconnected')
    .map((agent) => {
      const {id} = agent.info;
      return {
        ...agentForm(agent, {view, holdings, seen: seenBy.agents.get(id)}),
        ...counts.form(`agent ${id}`),
        framework_ids: counts.beside(`agent ${id}`),
      };
    });
  const frameworks = [...view.frameworks()].map((framework) => ({
    ...frameworkSummaryForm(framework, {self, holdings}),
    ...counts.form(`framework ${framework.id}`),
    slave_ids: counts.beside(`framework ${framework.id}`),
  }));
  return {hostname: self.hostname, cluster: clusterName, slaves, frameworks};
}

const TASKS_LIMIT = 100;

/** `/tasks`: newest first unless asked otherwise, by their first status. */
export function taskList({cluster, book}: StateParts, query: URLSearchParams): object {
  const {view} = cluster;
  const only = query.get('framework_id');
  const taskId = query.get('task_id');
  const tasks: ShownTask[] = [];
  for (const {id} of view.frameworks()) {
    if (only !== null && id !== only) continue;
    for (const task of allTasks(book, id, view)) {
      if (taskId === null || task.id === taskId) tasks.push(task);
    }
  }
  const sign = query.get('order') === 'asc' ? 1 : -1;
  tasks.sort((left, right) => sign * byFirstStatus(left, right));
  const limit = integerOf(query.get('limit'), TASKS_LIMIT);
  const offset = integerOf(query.get('offset'), 0);
  const end = limit < 0 ? undefined : offset + limit;
  // As in Mesos, where both are unsigned: a limit below 0 is none, an offset below 0 is behind all.
  return {tasks: new JsonList(offset < 0 ? [] : tasks.slice(offset, end), taskForm)};
}

function* allTasks(book: TaskBook, id: FrameworkId, view: EngineView): IterableIterator<ShownTask> {
  yield* book.live(id, view);
  yield* book.unreachable(id);
  yield* book.completed(id);
}

/** Those without a status come first. */
function byFirstStatus(left: ShownTask, right: ShownTask): number {
  return (left.statuses[0]?.at ?? -1) - (right.statuses[0]?.at ?? -1);
}

function integerOf(text: string | null, otherwise: number): number {
  return text !== null && /^[+-]?\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

export function roleList({cluster}: StateParts): object {
  const {view} = cluster;
  const holdings = new RoleHoldings(view);
  return {roles: view.roles().map((role) => roleForm(role, holdings))};
}

/** `/maintenance/schedule`: one window for each agent that will be away. */
export function maintenanceSchedule({cluster}: StateParts): object {
  const windows = [...cluster.view.agents()].flatMap(({info, unavailability}) => {
    if (unavailability === undefined) return [];
    const {startMs, durationMs} = unavailability;
    const duration = durationMs === undefined ? {} : {duration: nanoseconds(durationMs)};
    return [
      {
        machine_ids: [{hostname: info.hostname}],
        unavailability: {start: nanoseconds(startMs), ...duration},
      },
    ];
  });
  return windows.length === 0 ? {} : {windows};
}

function nanoseconds(ms: number): {readonly nanoseconds: number} {
  return {nanoseconds: ms * 1_000_000};
}
