/**
 * The measured program of `sim/life-cycles`: so many agents, so many one-task jobs, through the
 * simulator. Prints what came of it, for the bench to judge.
 */
import {argv, stdout} from 'node:process';
import {loadedScenario} from './life-cycles-scenario.ts';
import type {LifeCyclesLoad} from './life-cycles-scenario.ts';
import {Simulation} from '../../sim/simulation.ts';
import {NO_SUPPLIES} from '../../sim/supplies.ts';

export interface LifeCyclesOutcome {
  readonly runHash: string;
  readonly events: number;
  readonly placed: number;
  readonly finished: number;
  /** Tasks that the master still knows: finished, but not acknowledged. */
  readonly unacknowledged: number;
  /** Thousandths of any resource that are still booked as used. */
  readonly usedAtEnd: number;
  readonly cpusMeanRatio: number;
  readonly cpusPeakRatio: number;
  readonly allocationRuns: number;
}

function run(load: LifeCyclesLoad): LifeCyclesOutcome {
  const simulation = new Simulation(loadedScenario(load), NO_SUPPLIES);
  simulation.run();
  const {view} = simulation.engine;
  const {placed, finished} = simulation.world.tally.totals();
  const [framework] = simulation.world.frameworkIds;
  const [cpus] = simulation.measure.kinds;
  return {
    runHash: simulation.hash.digits,
    events: simulation.events,
    placed,
    finished,
    unacknowledged: framework === undefined ? -1 : view.liveTasks(framework),
    usedAtEnd: view.clusterUsed().reduce((sum, amount) => sum + amount, 0),
    cpusMeanRatio: cpus?.mean ?? 0,
    cpusPeakRatio: cpus?.peak ?? 0,
    allocationRuns: view.allocationRuns,
  };
}

const [agents = 0, busyAgents = 0, cycles = 0] = argv.slice(2).map(Number);
stdout.write(JSON.stringify(run({agents, busyAgents, cycles})));
