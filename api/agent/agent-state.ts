/** `/state` and what else an agent tells of itself (Mesos reference 4.6). */
import {basename} from 'node:path';
import {isTerminal} from '../../engine/index.ts';
import {MESOS_BUILD} from '../mesos/build.ts';
import {
  reservedForms,
  reservedFullForms,
  resourceForm,
  sumAmounts,
  unreservedForm,
  unreservedFullForms,
} from '../mesos/resource-form.ts';
import {attributesForm} from '../mesos/attributes-form.ts';
import {pidOf} from '../mesos/pid.ts';
import {splitTask} from '../mesos/task-facets.ts';
import {taskForm} from '../mesos/task-form.ts';
import type {AgentFaceSource, AgentFaceTask, TaskName} from './agent-face-source.ts';

export function agentState(source: AgentFaceSource): object {
  const {info, address, resources, startedAt, flags, logFile, master} = source;
  const tasks = [...source.tasks()];
  const used = tasks.filter(({state}) => !isTerminal(state)).map(({launch}) => launch.resources);
  return {
    ...MESOS_BUILD,
    start_time: startedAt / 1000,
    id: info.id,
    pid: pidOf('slave(1)', address),
    hostname: info.hostname,
    capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'],
    ...domainForm(source),
    resources: resourceForm(resources),
    reserved_resources: reservedForms(resources),
    unreserved_resources: unreservedForm(resources),
    reserved_resources_allocated: reservedForms(sumAmounts(used)),
    unreserved_resources_allocated: unreservedForm(sumAmounts(used)),
    reserved_resources_full: reservedFullForms(resources),
    unreserved_resources_full: unreservedFullForms(resources),
    attributes: attributesForm(info.attributes),
    ...(master === undefined ? {} : {master_hostname: master.hostname}),
    ...(logFile === undefined ? {} : {external_log_file: logFile}),
    flags,
    frameworks: frameworkForms(
      tasks.filter(({state}) => !isTerminal(state)),
      tasks,
    ),
    completed_frameworks: completedForms(tasks),
  };
}

function domainForm({info: {region, zone}}: AgentFaceSource): object {
  if (region === undefined || zone === undefined) return {};
  return {domain: {fault_domain: {region: {name: region}, zone: {name: zone}}}};
}

function idsOf(tasks: readonly AgentFaceTask[]): readonly string[] {
  return [...new Set(tasks.map(({launch}) => launch.frameworkId as string))].sort();
}

/** Frameworks that have something running; what of theirs has ended stands beside it. */
function frameworkForms(live: readonly AgentFaceTask[], all: readonly AgentFaceTask[]): object[] {
  return idsOf(live).map((id) => frameworkForm(id, all));
}

function completedForms(all: readonly AgentFaceTask[]): object[] {
  const live = new Set(idsOf(all.filter(({state}) => !isTerminal(state))));
  return idsOf(all)
    .filter((id) => !live.has(id))
    .map((id) => frameworkForm(id, all));
}

function frameworkForm(id: string, all: readonly AgentFaceTask[]): object {
  const own = all.filter(({launch}) => launch.frameworkId === id);
  const isLive = ({state}: AgentFaceTask): boolean => !isTerminal(state);
  return {
    id,
    name: id,
    user: 'root',
    failover_timeout: 604_800,
    checkpoint: true,
    hostname: '',
    roles: [...new Set(own.map(({launch}) => launch.role ?? '*'))].sort(),
    executors: own.filter(isLive).map(executorForm),
    completed_executors: own.filter((task) => !isLive(task)).map(executorForm),
  };
}

/** Every task is an executor of its own, as Mesos's command executor has it. */
function executorForm(task: AgentFaceTask): object {
  const {launch, state, sandbox} = task;
  const form = shownTask(task);
  const isQueued = state === 'TASK_STAGING';
  return {
    id: launch.taskId,
    name: `Command Executor (Task: ${launch.taskId})`,
    source: launch.taskId,
    container: launch.taskId,
    directory: sandbox,
    resources: resourceForm(launch.resources),
    role: launch.role ?? '*',
    type: 'DEFAULT',
    tasks: isTerminal(state) || isQueued ? [] : [form],
    queued_tasks: isQueued ? [form] : [],
    completed_tasks: isTerminal(state) ? [form] : [],
  };
}

function shownTask({launch, state, statuses}: AgentFaceTask): object {
  const {taskId, name, frameworkId, agentId, role, resources} = launch;
  return taskForm({
    id: taskId,
    name,
    frameworkId,
    agentId,
    state,
    role: role ?? '*',
    resources,
    statuses,
    split: splitTask(launch),
  });
}

/** `/monitor/statistics`: of each running task. */
export async function agentStatistics(source: AgentFaceSource, now: number): Promise<object[]> {
  const running = [...source.tasks()].filter(({state}) => !isTerminal(state));
  return Promise.all(
    running.map(async (task) => ({
      executor_id: task.launch.taskId,
      executor_name: `Command Executor (Task: ${task.launch.taskId})`,
      framework_id: task.launch.frameworkId,
      source: task.launch.taskId,
      statistics: await statisticsOf(source, task, now),
    })),
  );
}

async function statisticsOf(
  source: AgentFaceSource,
  {launch}: AgentFaceTask,
  now: number,
): Promise<object> {
  const usage = await source.usage(launch);
  const {cpus: limit = 0, mem = 0} = resourceForm(launch.resources);
  return {
    timestamp: now / 1000,
    cpus_limit: limit,
    mem_limit_bytes: Number(mem) * 1024 * 1024,
    ...(usage === undefined
      ? {}
      : {
          cpus_user_time_secs: usage.cpusUserSeconds,
          cpus_system_time_secs: usage.cpusSystemSeconds,
          mem_rss_bytes: usage.memRssBytes,
          mem_total_bytes: usage.memRssBytes,
        }),
  };
}

/** `/containers`: of running tasks, or of one. */
export async function agentContainers(
  source: AgentFaceSource,
  now: number,
  containerId: string | null,
): Promise<object[]> {
  const wanted = [...source.tasks()].filter(
    ({launch, state}) =>
      !isTerminal(state) && (containerId === null || launch.taskId === containerId),
  );
  return Promise.all(
    wanted.map(async (task) => ({
      container_id: task.launch.taskId,
      executor_id: task.launch.taskId,
      executor_name: `Command Executor (Task: ${task.launch.taskId})`,
      framework_id: task.launch.frameworkId,
      source: task.launch.taskId,
      status: {container_id: {value: task.launch.taskId}, run: basename(task.sandbox)},
      statistics: await statisticsOf(source, task, now),
    })),
  );
}

/** The task that is meant: of its framework, or the only one of its name. */
export function findTask(
  source: AgentFaceSource,
  {taskId, frameworkId}: {readonly taskId: string; readonly frameworkId?: string | undefined},
): TaskName | undefined {
  const found = [...source.tasks()].filter(
    ({launch, state}) =>
      launch.taskId === taskId &&
      !isTerminal(state) &&
      (frameworkId === undefined || launch.frameworkId === frameworkId),
  );
  return found.length === 1 ? found[0]?.launch : undefined;
}
