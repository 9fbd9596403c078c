/** `/metrics/snapshot` of an agent (Mesos reference 4.7). What has no meaning here is 0. */
import {isTerminal} from '../../engine/index.ts';
import {resourceForm, sumAmounts} from '../mesos/resource-form.ts';
import {systemMetrics} from '../mesos/system-metrics.ts';
import type {AgentFaceSource, AgentFaceTask} from './agent-face-source.ts';

type Values = Record<string, number>;

const NAMES = ['cpus', 'gpus', 'mem', 'disk'] as const;

const LIVE = ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING'] as const;
const ENDED = ['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_LOST', 'TASK_GONE'] as const;

const NEVER = [
  ...['recovery_errors', 'executors_registering', 'executors_terminating'],
  ...['executors_preempted', 'invalid_status_updates', 'valid_framework_messages'],
  'invalid_framework_messages',
];

export function agentMetrics(source: AgentFaceSource, now: number): Readonly<Values> {
  const {startedAt, sandboxAgeMsMax, master, tally} = source;
  const live = [...source.tasks()].filter(({state}) => !isTerminal(state));
  const values: Values = {};
  for (const name of NEVER) values[`slave/${name}`] = 0;
  for (const state of LIVE) values[nameOf(state)] = countOf(live, state);
  for (const state of ENDED) values[nameOf(state)] = tally.ends.get(state) ?? 0;
  return {
    ...values,
    'slave/registered': master === undefined ? 0 : 1,
    'slave/uptime_secs': (now - startedAt) / 1000,
    'slave/recovery_time_secs': tally.recoveryMs / 1000,
    'slave/frameworks_active': new Set(live.map(({launch}) => launch.frameworkId)).size,
    'slave/executors_running': live.length,
    'slave/executors_terminated': [...tally.ends.values()].reduce((sum, ends) => sum + ends, 0),
    'slave/valid_status_updates': tally.updates,
    'slave/container_launch_errors': tally.launchErrors,
    'slave/executor_directory_max_allowed_age_secs': sandboxAgeMsMax / 1000,
    'containerizer/mesos/container_destroy_errors': 0,
    ...systemMetrics(),
    ...resourceMetrics(source, live),
  };
}

function nameOf(state: string): string {
  return `slave/tasks_${state.replace('TASK_', '').toLowerCase()}`;
}

function countOf(tasks: readonly AgentFaceTask[], wanted: string): number {
  return tasks.filter(({state}) => state === wanted).length;
}

function resourceMetrics({resources}: AgentFaceSource, live: readonly AgentFaceTask[]): Values {
  const total = resourceForm(resources);
  const used = resourceForm(sumAmounts(live.map(({launch}) => launch.resources)));
  const values: Values = {};
  for (const name of NAMES) {
    const all = Number(total[name] ?? 0);
    const busy = Number(used[name] ?? 0);
    values[`slave/${name}_total`] = all;
    values[`slave/${name}_used`] = busy;
    values[`slave/${name}_percent`] = all === 0 ? 0 : busy / all;
    for (const figure of ['total', 'used', 'percent']) {
      values[`slave/${name}_revocable_${figure}`] = 0;
    }
  }
  return values;
}
