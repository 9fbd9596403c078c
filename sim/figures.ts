/** The figures that expectations ask for by name, as they are now. */
import {isStrictSubrole} from '../engine/index.ts';
import type {AgentId} from '../engine/index.ts';
import {parseMetric} from './scenario/metrics.ts';
import type {Metric, WAITING_FIGURES} from './scenario/metrics.ts';
import type {WaitingStats} from './result.ts';
import type {Measure} from './measure.ts';
import {LiveWaiting} from './waiting.ts';
import type {World} from './world/world.ts';

type WaitingFigure = (typeof WAITING_FIGURES)[number];

export interface FiguresParts {
  readonly world: World;
  readonly measure: Measure;
  readonly frameworks: readonly {readonly name: string; readonly role: string}[];
  /** Thousandths by kind that the tasks of a framework, by its index, use. */
  readonly used: (framework: number) => readonly number[];
  /** Names of the scalar kinds. */
  readonly kinds: () => readonly string[];
  readonly deployments: (figure: 'paused' | 'running') => number;
}

export class Figures {
  readonly #parts: FiguresParts;
  readonly #metrics = new Map<string, Metric | undefined>();
  readonly #waiting: LiveWaiting;
  readonly #jobsWaiting: LiveWaiting;
  readonly #lateness: LiveWaiting;
  readonly #frameworkWaiting: readonly LiveWaiting[];

  constructor(parts: FiguresParts) {
    this.#parts = parts;
    const {tally} = parts.world;
    this.#waiting = new LiveWaiting(tally.frameworks.map(({waits}) => waits));
    this.#lateness = new LiveWaiting([parts.world.runs.lateness]);
    this.#jobsWaiting = new LiveWaiting([tally.jobs.waits]);
    this.#frameworkWaiting = tally.frameworks.map(({waits}) => new LiveWaiting([waits]));
  }

  /** `undefined` when the figure has no value now, such as a percentile of nothing. */
  read(name: string): number | undefined {
    if (!this.#metrics.has(name)) this.#metrics.set(name, parseMetric(name));
    const metric = this.#metrics.get(name);
    return metric === undefined ? undefined : this.#valueOf(metric);
  }

  #valueOf(metric: Metric): number | undefined {
    const {world, deployments} = this.#parts;
    switch (metric.kind) {
      case 'tasks':
        return world.tally.total(metric.figure);
      case 'waiting':
        return waitingFigure(this.#waiting.stats, metric.figure);
      case 'jobsWaiting':
        return waitingFigure(this.#jobsWaiting.stats, metric.figure);
      case 'utilisation':
        return this.#utilisation(metric);
      case 'apps': {
        const {app, figure} = metric;
        if (figure === 'version') return world.definitions.current(app);
        let sum = 0;
        for (const apps of world.apps) sum += apps.figuresOf(app)[figure];
        return sum;
      }
      case 'appZone':
        return this.#inZone(metric);
      case 'events':
        return world.eventCounts.get(metric.type) ?? 0;
      case 'agents':
        return this.#agents(metric.figure);
      case 'frameworks':
      case 'frameworkWaiting':
        return this.#framework(metric);
      case 'roles':
        return this.#parts.measure.roleShares[this.#parts.measure.roles.indexOf(metric.role)]?.now;
      case 'roleUse':
        return this.#roleUse(metric);
      case 'deployments':
        return deployments(metric.figure);
      case 'jobs':
        return this.#jobs(metric.figure);
      case 'jobRuns':
        return world.runs.figureOf(metric.job, metric.figure);
      case 'schedules':
        return world.runs.total(metric.figure);
      case 'lateness':
        return waitingFigure(this.#lateness.stats, metric.figure);
      default:
        return metric satisfies never;
    }
  }

  #utilisation(metric: Extract<Metric, {kind: 'utilisation'}>): number | undefined {
    return this.#parts.measure.kinds[this.#parts.kinds().indexOf(metric.resource)]?.[metric.figure];
  }

  #inZone({app, zone}: Extract<Metric, {kind: 'appZone'}>): number {
    const {agents, apps} = this.#parts.world;
    const isInZone = (agentId: string): boolean =>
      agents.agents[agents.rowOf(agentId as AgentId)]?.zone === zone;
    let sum = 0;
    for (const meter of apps) sum += meter.runningOn(app, isInZone);
    return sum;
  }

  #agents(figure: Extract<Metric, {kind: 'agents'}>['figure']): number {
    const {agents} = this.#parts.world;
    return agents[figure];
  }

  #framework(
    metric: Extract<Metric, {kind: 'frameworks' | 'frameworkWaiting'}>,
  ): number | undefined {
    const index = this.#parts.frameworks.findIndex(({name}) => name === metric.framework);
    if (index < 0) return undefined;
    if (metric.kind === 'frameworkWaiting') {
      const live = this.#frameworkWaiting[index];
      return live && waitingFigure(live.stats, metric.figure);
    }
    if (metric.figure === 'share') return this.#parts.measure.frameworks[index]?.now;
    return this.#parts.world.tally.of(index)[metric.figure];
  }

  #roleUse({role, resource}: Extract<Metric, {kind: 'roleUse'}>): number {
    const {frameworks, kinds, used} = this.#parts;
    const kind = kinds().indexOf(resource);
    let sum = 0;
    for (const [index, framework] of frameworks.entries()) {
      if (framework.role !== role && !isStrictSubrole(framework.role, role)) continue;
      sum += used(index)[kind] ?? 0;
    }
    return sum / 1000;
  }

  #jobs(figure: Extract<Metric, {kind: 'jobs'}>['figure']): number {
    const {jobs} = this.#parts.world.tally;
    return figure === 'makespanSeconds' ? jobs.lastEndAt / 1000 : jobs[figure];
  }
}

const FIELDS = {
  p50Seconds: 'p50Ms',
  p90Seconds: 'p90Ms',
  p95Seconds: 'p95Ms',
  p99Seconds: 'p99Ms',
  maxSeconds: 'maxMs',
  meanSeconds: 'meanMs',
} as const satisfies Record<WaitingFigure, keyof WaitingStats>;

function waitingFigure(stats: WaitingStats, figure: WaitingFigure): number | undefined {
  return stats.count === 0 ? undefined : stats[FIELDS[figure]] / 1000;
}
