/** What `/metrics/snapshot` tells of each framework (Mesos reference 4.7). */
import {
  isTerminal,
  type EngineView,
  type FrameworkView,
  type TaskState,
} from '../../engine/index.ts';
import {countOf, type ClusterCounts, type FrameworkCounts} from './cluster-counts.ts';
import type {TaskBook} from './task-book.ts';

type Values = Record<string, number>;

/** All of Mesos's, also those that nobody makes here: 0. */
const CALLS = [
  ...['subscribe', 'teardown', 'accept', 'decline', 'accept_inverse_offers'],
  ...['decline_inverse_offers', 'revive', 'suppress', 'kill', 'shutdown', 'acknowledge'],
  ...['acknowledge_operation_status', 'reconcile', 'reconcile_operations', 'message', 'request'],
  'update_framework',
];

const EVENTS = [
  ...['subscribed', 'offers', 'inverse_offers', 'rescind', 'rescind_inverse_offer', 'update'],
  ...['update_operation_status', 'message', 'failure', 'error', 'heartbeat'],
];

export const OPERATIONS = [
  ...['reserve', 'unreserve', 'create', 'destroy', 'grow_volume', 'shrink_volume'],
  ...['create_disk', 'destroy_disk'],
];

const ACTIVE = [
  ...(['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING'] as const),
  ...(['TASK_UNREACHABLE', 'TASK_UNKNOWN'] as const),
] satisfies readonly TaskState[];

const ENDED = [
  ...(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR', 'TASK_LOST'] as const),
  ...(['TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR'] as const),
] satisfies readonly TaskState[];

export interface FrameworkMetricParts {
  readonly view: EngineView;
  readonly book: TaskBook;
  readonly counts: ClusterCounts;
}

export function frameworkMetrics(parts: FrameworkMetricParts): Values {
  const values: Values = {};
  for (const framework of parts.view.frameworks()) addMetricsOf(framework, parts, values);
  return values;
}

function addMetricsOf(
  framework: FrameworkView,
  {view, book, counts}: FrameworkMetricParts,
  values: Values,
): void {
  const {id, name, tally} = framework;
  const path = `master/frameworks/${encodeURIComponent(name).replaceAll('~', '%7E')}/${id}`;
  const own = counts.of(id);
  values[`${path}/subscribed`] = 1;
  values[`${path}/offers/sent`] = tally.offersSent;
  values[`${path}/offers/accepted`] = tally.offersAccepted;
  values[`${path}/offers/declined`] = tally.offersDeclined;
  values[`${path}/offers/rescinded`] = tally.offersRescinded;
  addAll(values, `${path}/calls`, CALLS, callsOf(framework, own));
  addAll(values, `${path}/events`, EVENTS, eventsOf(framework, own));
  const operations = {launch: own.launches, launch_group: 0, ...tally.operations};
  addAll(values, `${path}/operations`, ['launch', 'launch_group', ...OPERATIONS], operations);
  const live = new Map<TaskState, number>();
  for (const {state} of view.tasks(id)) {
    if (!isTerminal(state)) live.set(state, (live.get(state) ?? 0) + 1);
  }
  live.set('TASK_UNREACHABLE', [...book.unreachable(id)].length);
  for (const state of ACTIVE) {
    values[`${path}/tasks/active/${state.toLowerCase()}`] = countOf(live, state);
  }
  for (const state of ENDED) {
    values[`${path}/tasks/terminal/${state.toLowerCase()}`] = countOf(own.ends, state);
  }
}

/** Each by its name, and their sum. */
function addAll(
  values: Values,
  path: string,
  names: readonly string[],
  counts: Readonly<Record<string, number>>,
): void {
  values[path] = Object.values(counts).reduce((sum, count) => sum + count, 0);
  for (const name of names) values[`${path}/${name}`] = counts[name] ?? 0;
}

function callsOf({tally}: FrameworkView, {acknowledgements}: FrameworkCounts): Values {
  return {
    subscribe: 1,
    accept: tally.accepts,
    decline: tally.declines,
    revive: tally.revives,
    suppress: tally.suppressions,
    kill: tally.kills,
    acknowledge: acknowledgements,
    reconcile: tally.reconciliations,
  };
}

/** Each offer comes as an event of its own. */
function eventsOf({tally}: FrameworkView, {updates}: FrameworkCounts): Values {
  const {offersSent, offersRescinded} = tally;
  return {subscribed: 1, offers: offersSent, rescind: offersRescinded, update: updates};
}
