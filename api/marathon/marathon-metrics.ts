/** What a leader knows beside its engine, under Marathon's names (reference part 2.8). */
import type {Cluster} from '../cluster.ts';
import type {ClusterCounts} from '../mesos/cluster-counts.ts';

export interface MetricsParts {
  readonly cluster: Cluster;
  readonly counts: ClusterCounts;
  /** ms since 1970. */
  readonly now: () => number;
}

/** By name: gauges have a value, counters a count. */
type Values = Readonly<Record<string, {readonly value?: number; readonly count?: number}>>;

interface Form {
  readonly gauges: Values;
  readonly counters: Values;
}

/** The engine's answer to `/metrics`, and the rest. Counters begin with the leadership. */
export function withOwnMetrics(form: unknown, parts: MetricsParts): Form {
  const {gauges, counters, ...rest} = form as Form;
  return {
    ...rest,
    gauges: {...gauges, ...gaugesOf(parts)},
    counters: {...counters, ...countersOf(parts)},
  };
}

/** The same for Prometheus, dots made `_`; empty where this master does not lead. */
export function marathonText(parts: MetricsParts): string {
  const {cluster} = parts;
  const marathon = cluster.isLeader ? cluster.view.marathon(cluster.names.marathon) : undefined;
  if (marathon === undefined) return '';
  const {body} = marathon.get({path: '/metrics', headers: {}});
  const {gauges, counters} = withOwnMetrics(body, parts);
  return textOf('gauge', gauges) + textOf('counter', counters);
}

function textOf(type: 'counter' | 'gauge', metrics: Values): string {
  return Object.entries(metrics)
    .filter(([name]) => name.startsWith('marathon.'))
    .map(([dotted, {value, count}]) => {
      const name = dotted.replaceAll(/[.-]/g, '_');
      return `# TYPE ${name} ${type}\n${name} ${value ?? count ?? 0}\n`;
    })
    .join('');
}

function gaugesOf({cluster: {self}, now}: MetricsParts): Values {
  const seconds = (since: number): number => Math.max(0, now() - since) / 1000;
  return {
    'marathon.uptime.gauge.seconds': {value: seconds(self.startedAt)},
    'marathon.leadership.duration.gauge.seconds': {value: seconds(self.electedAt ?? now())},
  };
}

function countersOf({cluster, counts}: MetricsParts): Values {
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
