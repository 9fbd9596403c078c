/** What a leader knows beside its engine, under Marathon's names (reference part 2.8). */
import type {Cluster} from '../cluster.ts';
import type {ClusterCounts} from '../mesos/cluster-counts.ts';

export interface MetricsParts {
  readonly cluster: Cluster;
  readonly counts: ClusterCounts;
  /** ms since 1970. */
  readonly now: () => number;
}

type Json = Readonly<Record<string, unknown>>;

/** The engine's answer to `/metrics`, and the rest. Counters begin with the leadership. */
export function withOwnMetrics(form: unknown, parts: MetricsParts): Json {
  const {gauges, counters, ...rest} = form as {readonly gauges: Json; readonly counters: Json};
  return {
    ...rest,
    gauges: {...gauges, ...gaugesOf(parts)},
    counters: {...counters, ...countersOf(parts)},
  };
}

function gaugesOf({cluster: {self}, now}: MetricsParts): Json {
  const seconds = (since: number): number => Math.max(0, now() - since) / 1000;
  return {
    'marathon.uptime.gauge.seconds': {value: seconds(self.startedAt)},
    'marathon.leadership.duration.gauge.seconds': {value: seconds(self.electedAt ?? now())},
  };
}

function countersOf({cluster, counts}: MetricsParts): Json {
  const {launches, events} = counts.of(cluster.names.marathon);
  const values: Record<string, number> = {
    // Every change of the root is a deployment.
    'marathon.deployments.counter': events.get('group_change_success') ?? 0,
    'marathon.tasks.launched.counter': launches,
    'marathon.mesos.offer-operations.launch.counter': launches,
    'marathon.mesos.offer-operations.launch-group.counter': 0,
  };
  for (const {id, tally} of cluster.view.frameworks()) {
    if (id !== cluster.names.marathon) continue;
    Object.assign(values, {
      'marathon.mesos.offer-operations.reserve.counter': tally.operations.reserve,
      'marathon.mesos.offers.incoming.counter': tally.offersSent,
      'marathon.mesos.offers.used.counter': tally.offersAccepted,
      'marathon.mesos.offers.declined.counter': tally.offersDeclined,
      'marathon.mesos.calls.revive.counter': tally.revives,
      'marathon.mesos.calls.suppress.counter': tally.suppressions,
    });
  }
  return Object.fromEntries(Object.entries(values).map(([name, count]) => [name, {count}]));
}
