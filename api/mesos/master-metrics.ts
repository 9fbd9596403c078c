/**
 * `/metrics/snapshot` of a master (Mesos reference 1.20 and 4.7). What Mesos always has and what
 * has no meaning here is 0.
 */
import type {Durations, EngineView, FrameworkView, TaskState} from '../../engine/index.ts';
import type {Cluster} from '../cluster.ts';
import {countOf, type ClusterCounts} from './cluster-counts.ts';
import {frameworkMetrics, OPERATIONS} from './framework-metrics.ts';
import {systemMetrics} from './system-metrics.ts';
import type {TaskBook} from './task-book.ts';

export interface MetricParts {
  readonly cluster: Cluster;
  readonly book: TaskBook;
  readonly counts: ClusterCounts;
  readonly now: number;
}

type Values = Record<string, number>;

export function masterMetrics(parts: MetricParts): Readonly<Values> {
  const {cluster, book, counts, now} = parts;
  const {self} = cluster;
  const values: Values = {
    'master/elected': cluster.isLeader ? 1 : 0,
    'master/uptime_secs': (now - self.startedAt) / 1000,
    ...systemMetrics(),
  };
  for (const name of ALWAYS) values[name] = 0;
  if (!cluster.isLeader) return values;
  const {view} = cluster;
  return {
    ...values,
    ...agentMetrics(view, parts),
    ...taskMetrics(view, parts),
    ...messageMetrics(view, parts.counts),
    ...resourceMetrics(view),
    ...registrarMetrics(view, parts),
    ...frameworkMetrics({view, book, counts}),
    ...Object.fromEntries(
      view.allocatorMetrics(now, {
        runMs: counts.allocationMs,
        latencyMs: counts.allocationDelayMs,
      }),
    ),
  };
}

const KINDS = ['cpus', 'gpus', 'mem', 'disk'] as const;

const MESSAGES = [
  ...['register_framework', 'reregister_framework', 'unregister_framework'],
  ...['deactivate_framework', 'kill_task', 'status_update_acknowledgement'],
  ...['operation_status_update_acknowledgement', 'resource_request', 'launch_tasks'],
  ...['decline_offers', 'revive_offers', 'suppress_offers', 'reconcile_tasks'],
  ...['reconcile_operations', 'framework_to_executor', 'executor_to_framework'],
  ...['register_slave', 'reregister_slave', 'unregister_slave', 'status_update'],
  ...['exited_executor', 'update_slave', 'operation_status_update', 'authenticate'],
];

const CHECKED_MESSAGES = [
  ...['framework_to_executor_messages', 'executor_to_framework_messages', 'status_updates'],
  ...['status_update_acknowledgements', 'operation_status_updates'],
  'operation_status_update_acknowledgements',
];

const ACTIVE = ['staging', 'starting', 'running', 'killing', 'unreachable'] as const;
const ENDED = [
  ...(['finished', 'failed', 'killed', 'lost', 'error'] as const),
  ...(['dropped', 'gone', 'gone_by_operator'] as const),
];

/** Of operations that are acknowledged, which there are none of: nothing here asks for it. */
const OPERATION_STATES = [
  ...['total', 'pending', 'recovering', 'unreachable', 'finished', 'failed', 'error'],
  ...['dropped', 'gone_by_operator'],
];

/** What is there from the start, whatever happens. */
const ALWAYS: readonly string[] = [
  ...['slaves_connected', 'slaves_disconnected', 'slaves_active', 'slaves_inactive'],
  ...['slaves_unreachable', 'frameworks_connected', 'frameworks_disconnected'],
  ...['frameworks_active', 'frameworks_inactive', 'outstanding_offers'],
  ...['event_queue_messages', 'event_queue_dispatches', 'event_queue_http_requests'],
  ...['http_cache_hits', 'operator_event_stream_subscribers', 'dropped_messages'],
  ...['slave_registrations', 'slave_reregistrations', 'slave_removals'],
  ...['slave_removals/reason_unhealthy', 'slave_removals/reason_unregistered'],
  ...['slave_removals/reason_registered', 'slave_shutdowns_scheduled'],
  ...['slave_shutdowns_completed', 'slave_shutdowns_canceled'],
  ...['slave_unreachable_scheduled', 'slave_unreachable_completed'],
  ...['slave_unreachable_canceled', 'recovery_slave_removals'],
  ...[...ACTIVE, ...ENDED].map((state) => `tasks_${state}`),
  ...MESSAGES.map((name) => `messages_${name}`),
  ...CHECKED_MESSAGES.flatMap((name) => [`valid_${name}`, `invalid_${name}`]),
  ...KINDS.flatMap((kind) =>
    ['', '_revocable'].flatMap((suffix) =>
      ['total', 'used', 'percent'].map((figure) => `${kind}${suffix}_${figure}`),
    ),
  ),
  ...['', ...OPERATIONS.map((name) => `${name}/`)].flatMap((type) =>
    OPERATION_STATES.map((state) => `operations/${type}${state}`),
  ),
].map((name) => `master/${name}`);

function agentMetrics(view: EngineView, {counts}: MetricParts): Values {
  const states = [...view.agents()].map(({state}) => state);
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  const [active, disconnected] = [count('active'), count('disconnected')];
  const frameworks = [...view.frameworks()].length;
  return {
    'master/slaves_connected': active,
    'master/slaves_disconnected': disconnected,
    'master/slaves_active': active,
    'master/slaves_inactive': disconnected,
    'master/slaves_unreachable': count('unreachable'),
    'master/frameworks_connected': frameworks,
    'master/frameworks_active': frameworks,
    'master/outstanding_offers': [...view.offers()].length,
    'master/slave_registrations': counts.registrations,
    'master/slave_reregistrations': counts.reregistrations,
    'master/slave_removals': counts.unreachable,
    'master/slave_removals/reason_unhealthy': counts.unreachable,
    'master/slave_unreachable_completed': counts.unreachable,
    'master/slave_unreachable_scheduled': counts.unreachable,
  };
}

function taskMetrics(view: EngineView, {book, counts}: MetricParts): Values {
  const live = liveCounts(view);
  const values: Values = {};
  let unreachable = 0;
  for (const {id} of view.frameworks()) unreachable += [...book.unreachable(id)].length;
  for (const name of ACTIVE) {
    values[`master/tasks_${name}`] = live.get(stateOf(name)) ?? 0;
  }
  values['master/tasks_unreachable'] = unreachable;
  for (const name of ENDED) values[`master/tasks_${name}`] = countOf(counts.ends, stateOf(name));
  for (const [key, count] of counts.reasons) {
    const [state = '', source = '', reason = ''] = key.toLowerCase().split(' ');
    // Agents are still called slaves here.
    const shown = reason.replace(/^reason_agent_/, 'reason_slave_');
    values[`master/${state}/source_${source}/${shown}`] = count;
  }
  return values;
}

function stateOf(name: string): TaskState {
  return `TASK_${name.toUpperCase()}` as TaskState;
}

function liveCounts(view: EngineView): ReadonlyMap<TaskState, number> {
  const counts = new Map<TaskState, number>();
  for (const {id} of view.frameworks()) {
    for (const {state} of view.tasks(id)) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

function messageMetrics(view: EngineView, counts: ClusterCounts): Values {
  const {inputs, effects} = counts;
  const calls = [...view.frameworks()].map(({tally}) => tally);
  const sum = (name: Exclude<keyof FrameworkView['tally'], 'operations'>): number =>
    calls.reduce((total, tally) => total + tally[name], 0);
  const updates = countOf(inputs, 'taskStatus');
  const acknowledgements = countOf(effects, 'acknowledgeStatus');
  return {
    'master/messages_launch_tasks': sum('accepts'),
    'master/messages_decline_offers': sum('declines'),
    'master/messages_revive_offers': sum('revives'),
    'master/messages_suppress_offers': sum('suppressions'),
    'master/messages_reconcile_tasks': sum('reconciliations'),
    'master/messages_kill_task': sum('kills'),
    'master/messages_status_update': updates,
    'master/valid_status_updates': updates,
    'master/messages_status_update_acknowledgement': acknowledgements,
    'master/valid_status_update_acknowledgements': acknowledgements,
    'master/messages_register_slave': counts.registrations,
    'master/messages_reregister_slave': counts.reregistrations,
  };
}

/**
 * The registry is the agents that the master knows; the store it is in has as many members as
 * ZooKeeper has servers.
 */
function registrarMetrics(view: EngineView, {cluster, counts}: MetricParts): Values {
  const agents = [...view.agents()].map(({info}) => info);
  const {recordsReadMs, writeMs, writesWaiting} = counts;
  return {
    'registrar/queued_operations': writesWaiting,
    'registrar/registry_size_bytes': Buffer.byteLength(JSON.stringify(agents)),
    'registrar/log/recovered': 1,
    'registrar/log/ensemble_size': (cluster.flags['zk'] ?? '').split(',').length,
    ...(recordsReadMs === undefined ? {} : {'registrar/state_fetch_ms': recordsReadMs}),
    ...timerMetrics('registrar/state_store_ms', writeMs),
  };
}

/** The latest and, from two on, how they are spread. */
function timerMetrics(name: string, samples: Durations): Values {
  if (samples.last === undefined) return {};
  const values: Values = {[name]: samples.last};
  for (const [figure, ms] of samples.statistics()) values[`${name}/${figure}`] = ms;
  return values;
}

function resourceMetrics(view: EngineView): Values {
  const values: Values = {};
  const [totals, useds] = [view.clusterTotal(), view.clusterUsed()];
  for (const kind of KINDS) {
    const index = view.kinds.indexOf(kind);
    const total = (totals[index] ?? 0) / 1000;
    const used = (useds[index] ?? 0) / 1000;
    values[`master/${kind}_total`] = total;
    values[`master/${kind}_used`] = used;
    values[`master/${kind}_percent`] = total === 0 ? 0 : used / total;
  }
  return values;
}
