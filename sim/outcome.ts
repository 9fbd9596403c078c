/** The result of a run, without the figures of the machine: equal for equal runs, byte for byte. */
import {isoInstant} from '../engine/index.ts';
import {assumedRuns} from './assumed-runs.ts';
import type {FrameworkResult, ResourceUse, ShareUse, SimResult, WaitingReason} from './result.ts';
import {RESULT_VERSION} from './result.ts';
import type {Gauge} from './measure.ts';
import {totalScalars} from './scenario/amounts.ts';
import type {Simulation} from './simulation.ts';
import {sortedTogether, waitingHistogram, waitingStats} from './waiting.ts';

export interface OutcomeOptions {
  /** Drydock's version. */
  readonly version: string;
  /** Whether the run was interrupted. */
  readonly isPartial: boolean;
}

export function makeResult(simulation: Simulation, options: OutcomeOptions): SimResult {
  const {scenario, supplies, world} = simulation;
  const names = scenario.frameworks.map(({name}) => name);
  const {tally, agents} = world;
  return {
    version: RESULT_VERSION,
    drydock: options.version,
    scenario: scenario.name,
    seed: scenario.seed,
    runHash: simulation.hash.digits,
    partial: options.isPartial,
    endMs: simulation.now,
    events: simulation.events,
    agents: {
      count: agents.count,
      lost: agents.lost,
      returned: agents.returned,
      upAtEnd: agents.up,
    },
    ...(scenario.frameworks.some(({kind}) => kind === 'chronos') && {
      start: isoInstant(scenario.startMs),
      timeZones: supplies.timeZones.version,
    }),
    assumptions: [...scenario.assumptions, ...supplies.notes, ...assumedRuns(scenario)],
    tasks: tally.totals(),
    waiting: waitingStats(sortedTogether(tally.frameworks.map(({waits}) => waits))),
    waitingReasons: waitingReasons(simulation),
    utilisation: utilisation(simulation),
    frameworkShares: scenario.frameworks.map(({name, role}, index) =>
      shareUse(name, role, simulation.measure.frameworks[index]),
    ),
    roleShares: simulation.measure.roles.map((role, index) =>
      shareUse(role, role, simulation.measure.roleShares[index]),
    ),
    frameworks: frameworkResults(simulation),
    ...jobsResult(simulation),
    ...deploymentsResult(simulation),
    ...schedulesResult(simulation),
    expectations: simulation.expectations.results(),
    skippedRows: supplies.skippedRows,
    series: simulation.sampler.series(presentKinds(simulation), names),
    waitingHistogram: waitingHistogram(
      names.map((name, index) => [name, tally.of(index).waits] as const),
    ),
    fill: simulation.sampler.fillMap(),
  };
}

/** Names of the scalar kinds that any agent has; the others are empty. */
function presentKinds(simulation: Simulation): readonly string[] {
  const totals = clusterTotals(simulation);
  return simulation.engine.view.kinds.names.map((name) => (totals.has(name) ? name : ''));
}

/** Thousandths by name over all agents, whether they are up or not. */
function clusterTotals({world}: Simulation): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const {resources} of world.agents.agents) {
    for (const [name, amount] of Object.entries(totalScalars(resources))) {
      if (amount > 0) totals.set(name, (totals.get(name) ?? 0) + amount);
    }
  }
  return totals;
}

function utilisation(simulation: Simulation): readonly ResourceUse[] {
  const totals = clusterTotals(simulation);
  return simulation.engine.view.kinds.names.flatMap((resource, kind) => {
    const total = totals.get(resource);
    const gauge = simulation.measure.kinds[kind];
    if (total === undefined || gauge === undefined) return [];
    const {mean, peak, peakAt} = gauge;
    return [{resource, total: total / 1000, meanRatio: mean, peakRatio: peak, peakAtMs: peakAt}];
  });
}

function shareUse(name: string, role: string, gauge: Gauge | undefined): ShareUse {
  return {
    name,
    role,
    meanRatio: gauge?.mean ?? 0,
    peakRatio: gauge?.peak ?? 0,
    endRatio: gauge?.now ?? 0,
  };
}

function frameworkResults({scenario, world}: Simulation): readonly FrameworkResult[] {
  return scenario.frameworks.map(({name, kind, role}, index) => {
    const tally = world.tally.of(index);
    return {
      name,
      kind,
      role,
      tasks: world.tally.counts(index),
      waiting: waitingStats(tally.waits.toSorted()),
      ...(kind === 'batch' && {makespanMs: tally.lastEndAt}),
    };
  });
}

function jobsResult({world}: Simulation): Pick<SimResult, 'jobs'> {
  const {submitted, finished, failed, running, waiting, waits, lastEndAt} = world.tally.jobs;
  if (submitted === 0) return {};
  return {
    jobs: {
      submitted,
      finished,
      failed,
      running,
      queued: waiting,
      waiting: waitingStats(waits.toSorted()),
      makespanMs: lastEndAt,
    },
  };
}

function deploymentsResult({world}: Simulation): Pick<SimResult, 'deployments'> {
  const {result} = world.deployments;
  return result.list.length === 0 ? {} : {deployments: result};
}

function schedulesResult({world}: Simulation): Pick<SimResult, 'schedules'> {
  const {result} = world.runs;
  return result === undefined ? {} : {schedules: result};
}

/** Most tasks first; of equally many, in the order of the frameworks. */
function waitingReasons(simulation: Simulation): readonly WaitingReason[] {
  return simulation.engine.view
    .explainWaiting()
    .map(({frameworkId, reason, tasks, example}) => ({
      framework: String(frameworkId),
      reason,
      tasks,
      example,
    }))
    .sort((left, right) => right.tasks - left.tasks);
}
