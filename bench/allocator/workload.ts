/**
 * Mesos's `MultiFrameworkAllocations`: few frameworks with thousands of small tasks, many with
 * five, and fifty with larger ones, until all 19,500 tasks run.
 */
import {subtractResources} from '../../engine/index.ts';
import type {Grant, Resources} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {demandCount, Fleet} from './fleet.ts';
import {textOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

const AGENTS = 80;
const AGENT = 'cpus:64;mem:488000';
/** Far more than are needed. */
const ROUNDS_MAX = 1000;

interface Profile {
  readonly name: string;
  readonly roles: 'own' | 'one';
  readonly instances: number;
  readonly tasksEach: number;
  readonly task: string;
  readonly perOffer: number;
}

const PROFILES: readonly Profile[] = [
  {
    name: 'Marathon',
    roles: 'own',
    instances: 4,
    tasksEach: 4000,
    task: 'cpus:0.07;mem:400',
    perOffer: 100,
  },
  {
    name: 'Jenkins',
    roles: 'one',
    instances: 500,
    tasksEach: 5,
    task: 'cpus:0.1;mem:4000',
    perOffer: 1,
  },
  {
    name: 'SparkDispatcher',
    roles: 'own',
    instances: 50,
    tasksEach: 20,
    task: 'cpus:1;mem:1000',
    perOffer: 5,
  },
];

const TASKS = 19_500;

/** A framework on its way. */
interface Progress {
  readonly task: Resources;
  readonly perOffer: number;
  left: number;
}

/**
 * A framework that has launched everything suppresses its offers. In the form that Mesos has,
 * nobody ever does (parameter `silent`: no), and by the rules of fairness that cannot end well:
 * fifty frameworks that are done, and hold little, come before those that hold more, take all
 * agents, and decline them without a filter; what was launched by then is only noted.
 */
export const workload: Scenario = (parameters, meter) => {
  const isSilent = textOf(parameters, 'silent') === 'yes';
  const fleet = new Fleet();
  fleet.addAgents(fleet.joining(AGENTS, AGENT));
  const progress = addProfiles(fleet);
  let launched = 0;
  let rounds = 0;
  let offers = 0;
  while (launched < TASKS && rounds < ROUNDS_MAX) {
    rounds += 1;
    const grants = meter.time('round', () => fleet.cycle());
    demand(grants.length === AGENTS, () => `${grants.length} offers in round ${rounds}`);
    offers += grants.length;
    for (const grant of grants) launched += launch(fleet, progress, grant);
    if (isSilent) silence(fleet, progress);
  }
  if (isSilent) demandCount('tasks launched', launched, TASKS);
  meter.note('tasks', '', launched);
  meter.note('all-rounds', 'ms', meter.total('round'));
  meter.note('rounds', '', rounds);
  meter.note('offers-per-round', '', offers / rounds);
  meter.note('cpus-used', '%', 100 * usedRatio(fleet, progress, 0));
  meter.note('mem-used', '%', 100 * usedRatio(fleet, progress, 1));
};

/** Whoever has nothing left to launch wants no offers any more. */
function silence(fleet: Fleet, progress: Map<number, Progress>): void {
  for (const [subscriber, {left}] of progress) {
    if (left > 0) continue;
    const {framework} = fleet.allocator.nameOf(subscriber);
    fleet.allocator.suppress(framework);
  }
}

/** By subscriber. */
function addProfiles(fleet: Fleet): Map<number, Progress> {
  const progress = new Map<number, Progress>();
  for (const {name, roles, instances, tasksEach, task, perOffer} of PROFILES) {
    for (let at = 1; at <= instances; at += 1) {
      const role = roles === 'own' ? `role${name}-${at}` : `role${name}`;
      fleet.addFramework(`${name}-${at}`, role);
      const subscriber = fleet.allocator.subscriberOf(`${name}-${at}`, role);
      progress.set(subscriber, {task: fleet.resources(task), perOffer, left: tasksEach});
    }
  }
  return progress;
}

/** Launches what the framework has and the offer holds; the rest goes back without a filter. */
function launch(
  fleet: Fleet,
  progress: Map<number, Progress>,
  {subscriber, agent, resources}: Grant,
): number {
  const own = progress.get(subscriber);
  demand(own !== undefined, () => `an offer to nobody: ${subscriber}`);
  let rest = resources;
  let count = 0;
  while (count < own.perOffer && own.left > 0 && holds(rest, own.task)) {
    rest = subtractResources(rest, own.task);
    own.left -= 1;
    count += 1;
  }
  fleet.allocator.offerEnded(subscriber);
  fleet.allocator.recover(subscriber, agent, rest);
  return count;
}

function holds(rest: Resources, task: Resources): boolean {
  return task.scalars.every((fixed, kind) => (rest.scalars[kind] ?? 0) >= fixed);
}

function usedRatio(fleet: Fleet, progress: Map<number, Progress>, kind: number): number {
  let used = 0;
  for (const subscriber of progress.keys()) {
    used += fleet.allocator.allocationOf(subscriber)[kind] ?? 0;
  }
  return used / (fleet.allocator.clusterTotals[kind] ?? 1);
}
