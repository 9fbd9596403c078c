/** The load under which life cycles are measured. */
import {scenarioOf} from '../../sim/scenario/load.ts';
import type {Scenario} from '../../sim/scenario/schema.ts';

export interface LifeCyclesLoad {
  readonly agents: number;
  /** So many agents the jobs keep busy: all, or as many as a smaller cluster has. */
  readonly busyAgents: number;
  readonly cycles: number;
}

/** Of each agent, in tasks of cpus:1;mem:1024. */
const TASKS_PER_AGENT = 4;
export const LOAD = 0.8;
const ARRIVALS_PER_SECOND = 500;
const STARTUP_MS = 1000;

/**
 * Jobs of one task arrive at random, 500 a second whatever the size of the cluster, and run the
 * longer the larger it is, so that four fifths of it (or of a part of it) are busy. So each instant
 * brings the same work at every size, and a larger cluster cannot hide its cost by handling more
 * jobs at once. Everything else is as Mesos has it by default.
 */
function scenarioFor({agents, busyAgents, cycles}: LifeCyclesLoad): unknown {
  const stayMs = (1000 * LOAD * TASKS_PER_AGENT * busyAgents) / ARRIVALS_PER_SECOND;
  return {
    name: `life-cycles-${agents}`,
    seed: 1,
    until: 'idle',
    cluster: {agents: [{name: 'node', count: agents, resources: 'cpus:4;mem:4096'}]},
    workloads: [
      {
        name: 'cycles',
        arrivals: {
          interarrival: {exponential: {mean: `${1000 / ARRIVALS_PER_SECOND}ms`}},
          duration: {exponential: {mean: `${Math.round(stayMs - STARTUP_MS)}ms`}},
          resources: 'cpus:1;mem:1024',
          count: cycles,
        },
      },
    ],
    behaviours: [{match: 'job:*', startup: `${STARTUP_MS}ms`}],
    sample: {every: '1h'},
  };
}

export function loadedScenario(load: LifeCyclesLoad): Scenario {
  const loaded = scenarioOf(scenarioFor(load), {dataFolders: [], folder: '.'});
  if (!loaded.ok) throw new TypeError(JSON.stringify(loaded.problems));
  return loaded.scenario;
}
