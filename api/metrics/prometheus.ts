/**
 * `/metrics/prometheus`: the whole master for Prometheus, under names that begin with `drydock_`.
 * Everything is read when it is asked for; labels are few, and what users name is bounded.
 */
import {collectDefaultMetrics, Counter, Gauge, Histogram, Registry} from 'prom-client';
import {isTerminal, type EngineView, type FrameworkView} from '../../engine/index.ts';
import {NotLeadingError, type Cluster} from '../cluster.ts';
import type {ClusterCounts} from '../mesos/cluster-counts.ts';
import type {TaskBook} from '../mesos/task-book.ts';

export interface PrometheusParts {
  readonly cluster: Cluster;
  readonly book: TaskBook;
  readonly counts: ClusterCounts;
  readonly eventStreams: () => number;
}

/** More roles than this are not shown one by one. */
const ROLES_MAX = 100;

const KINDS = ['cpus', 'gpus', 'mem', 'disk'] as const;

/** A value with its labels. */
type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

export class PrometheusMetrics {
  readonly #registry = new Registry();
  readonly #parts: PrometheusParts;
  readonly #requests: Counter;
  readonly #durations: Histogram;
  #isComplete = false;

  constructor(parts: PrometheusParts) {
    this.#parts = parts;
    this.#requests = new Counter({
      name: 'drydock_http_requests_total',
      help: 'Requests that were answered.',
      labelNames: ['api', 'method', 'code'],
      registers: [this.#registry],
    });
    this.#durations = new Histogram({
      name: 'drydock_http_request_duration_seconds',
      help: 'From the arrival of a request to the end of its answer; event streams apart.',
      labelNames: ['api'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers: [this.#registry],
    });
  }

  /** A request was answered; `seconds` undefined: it was a stream. */
  served(
    labels: {readonly api: string; readonly method: string; readonly code: string},
    seconds: number | undefined,
  ): void {
    this.#requests.inc(labels);
    if (seconds !== undefined) this.#durations.observe({api: labels.api}, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    // The first time somebody asks: most gateways of tests are never asked.
    if (!this.#isComplete) this.#complete();
    this.#isComplete = true;
    // The library writes it in a way that the format does not have.
    return (await this.#registry.metrics()).replaceAll(/ Nan$/gm, ' NaN');
  }

  #complete(): void {
    collectDefaultMetrics({register: this.#registry});
    const {cluster, eventStreams} = this.#parts;
    this.#gauge('drydock_master_elected', 'Whether this master leads.', [], () => [
      [cluster.isLeader ? 1 : 0],
    ]);
    this.#gauge('drydock_marathon_event_streams', 'Clients that listen to /v2/events.', [], () => [
      [eventStreams()],
    ]);
    this.#masterMetrics();
    this.#allocatorMetrics();
    this.#marathonMetrics();
    this.#chronosMetrics();
  }

  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<Sample>,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [value, labels = {}] of read()) gauge.set(labels, value);
      },
    });
  }

  /** Of what is counted elsewhere: it begins anew with each leadership. */
  #counter(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<Sample>,
  ): void {
    const counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [value, labels = {}] of read()) counter.inc(labels, value);
      },
    });
  }

  /** Nothing of an engine is shown while there is none. */
  #view<T>(read: (view: EngineView) => readonly T[]): () => readonly T[] {
    const {cluster} = this.#parts;
    return () => {
      try {
        return cluster.isLeader ? read(cluster.view) : [];
      } catch (error) {
        if (error instanceof NotLeadingError) return [];
        throw error;
      }
    };
  }

  #masterMetrics(): void {
    const {counts, book} = this.#parts;
    this.#gauge('drydock_master_agents', 'Agents by state.', ['state'], this.#view(agentSamples));
    this.#gauge(
      'drydock_master_tasks',
      'Tasks that have not ended, and unreachable ones.',
      ['framework', 'state'],
      this.#view((view) => taskSamples(view, book)),
    );
    this.#gauge(
      'drydock_master_offers_outstanding',
      'Offers that are not answered.',
      ['framework'],
      this.#view(offerSamples),
    );
    this.#counter(
      'drydock_master_offers_total',
      'Offers by what became of them.',
      ['framework', 'outcome'],
      this.#view((view) => [...view.frameworks()].flatMap(outcomeSamples)),
    );
    this.#gauge(
      'drydock_master_resources_total',
      'Resources of all agents: cores, MiB.',
      ['kind'],
      this.#view((view) => kindSamples(view, view.clusterTotal())),
    );
    this.#gauge(
      'drydock_master_resources_used',
      'Resources that tasks use: cores, MiB.',
      ['kind'],
      this.#view((view) => kindSamples(view, view.clusterUsed())),
    );
    this.#counter('drydock_master_task_ends_total', 'Tasks that have ended.', ['state'], () =>
      [...counts.ends].map(([state, count]) => [count, {state}]),
    );
    this.#counter('drydock_master_task_launches_total', 'Tasks launched.', ['framework'], () =>
      [...counts.frameworks].map(([framework, {launches}]) => [launches, {framework}]),
    );
    this.#counter('drydock_master_agent_registrations_total', 'By kind.', ['kind'], () => [
      [counts.registrations, {kind: 'new'}],
      [counts.reregistrations, {kind: 'again'}],
    ]);
    this.#counter('drydock_master_agents_unreachable_total', 'Agents given up.', [], () => [
      [counts.unreachable],
    ]);
    this.#counter('drydock_master_inputs_total', 'What the engine was told.', ['kind'], () =>
      [...counts.inputs].map(([kind, count]) => [count, {kind}]),
    );
    this.#counter('drydock_master_effects_total', 'What the engine wanted.', ['kind'], () =>
      [...counts.effects].map(([kind, count]) => [count, {kind}]),
    );
    this.#counter('drydock_store_records_total', 'Records written or deleted.', [], () => [
      [counts.recordsWritten],
    ]);
  }

  #allocatorMetrics(): void {
    this.#counter(
      'drydock_allocator_runs_total',
      'Allocation runs.',
      [],
      this.#view((view) => [[view.allocationRuns]]),
    );
    this.#gauge(
      'drydock_allocator_role_dominant_share',
      `Dominant share of what the tasks of a role use; of the first ${ROLES_MAX} roles by name.`,
      ['role'],
      this.#view(roleSamples),
    );
  }

  #marathonMetrics(): void {
    const {cluster, counts} = this.#parts;
    const read = (samples: (marathon: Marathon) => readonly Sample[]) =>
      this.#view((view): readonly Sample[] => {
        const marathon = view.marathon(cluster.names.marathon);
        return marathon === undefined ? [] : samples(marathon);
      });
    this.#gauge(
      'drydock_marathon_apps',
      'Apps.',
      [],
      read((marathon) => [[marathon.apps().length]]),
    );
    this.#gauge(
      'drydock_marathon_deployments',
      'Deployments under way.',
      [],
      read((marathon) => [[marathon.deployments().length]]),
    );
    this.#gauge(
      'drydock_marathon_instances',
      'Instances by what they are; healthy ones are among the running.',
      ['condition'],
      read(instanceSamples),
    );
    this.#counter('drydock_marathon_events_total', 'Events published.', ['type'], () =>
      eventSamples(counts, cluster.names.marathon),
    );
  }

  #chronosMetrics(): void {
    const {cluster, counts} = this.#parts;
    const read = (samples: (chronos: Chronos) => readonly Sample[]) =>
      this.#view((view): readonly Sample[] => {
        const chronos = view.chronos(cluster.names.chronos);
        return chronos === undefined ? [] : samples(chronos);
      });
    this.#gauge(
      'drydock_chronos_jobs',
      'Jobs.',
      [],
      read((chronos) => [[chronos.jobs().length]]),
    );
    this.#gauge('drydock_chronos_runs', 'Runs that have not ended.', ['state'], read(runSamples));
    this.#counter('drydock_chronos_events_total', 'Events published.', ['type'], () =>
      eventSamples(counts, cluster.names.chronos),
    );
  }
}

type Marathon = NonNullable<ReturnType<EngineView['marathon']>>;
type Chronos = NonNullable<ReturnType<EngineView['chronos']>>;

function tally<T>(items: Iterable<T>, labelOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const label = labelOf(item);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

function agentSamples(view: EngineView): readonly Sample[] {
  const counts = tally(view.agents(), ({state}) => state);
  return ['active', 'disconnected', 'recovered', 'unreachable'].map((state) => [
    counts.get(state) ?? 0,
    {state},
  ]);
}

function taskSamples(view: EngineView, book: TaskBook): readonly Sample[] {
  return [...view.frameworks()].flatMap(({id: framework}) => {
    const counts = tally(view.tasks(framework), ({state}) => (isTerminal(state) ? '' : state));
    counts.delete('');
    counts.set('TASK_UNREACHABLE', [...book.unreachable(framework)].length);
    return [...counts].map(([state, count]): Sample => [count, {framework, state}]);
  });
}

function offerSamples(view: EngineView): readonly Sample[] {
  const counts = tally(view.offers(), ({frameworkId}) => frameworkId);
  return [...view.frameworks()].map(({id}) => [counts.get(id) ?? 0, {framework: id}]);
}

function outcomeSamples({id: framework, tally: calls}: FrameworkView): readonly Sample[] {
  return [
    [calls.offersSent, {framework, outcome: 'sent'}],
    [calls.offersAccepted, {framework, outcome: 'accepted'}],
    [calls.offersDeclined, {framework, outcome: 'declined'}],
    [calls.offersRescinded, {framework, outcome: 'rescinded'}],
  ];
}

function kindSamples(view: EngineView, amounts: readonly number[]): readonly Sample[] {
  return KINDS.map((kind) => [(amounts[view.kinds.indexOf(kind)] ?? 0) / 1000, {kind}]);
}

function roleSamples(view: EngineView): readonly Sample[] {
  const roles = view.roles().slice(0, ROLES_MAX);
  return roles.map(({name}) => [view.roleShare(name), {role: name}]);
}

function instanceSamples(marathon: Marathon): readonly Sample[] {
  const sums = {running: 0, healthy: 0, scheduled: 0, staged: 0, unreachable: 0};
  for (const app of marathon.apps()) {
    sums.running += app.running;
    sums.healthy += app.healthy;
    sums.scheduled += app.scheduled;
    sums.staged += app.staged;
    sums.unreachable += app.unreachable;
  }
  return Object.entries(sums).map(([condition, count]) => [count, {condition}]);
}

function runSamples(chronos: Chronos): readonly Sample[] {
  const runs = chronos.jobs().flatMap((job) => [...job.runs.values()]);
  return [...tally(runs, ({state}) => state)].map(([state, count]) => [count, {state}]);
}

function eventSamples(counts: ClusterCounts, frameworkId: string): readonly Sample[] {
  return [...counts.of(frameworkId).events].map(([type, count]) => [count, {type}]);
}
