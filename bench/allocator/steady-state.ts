/**
 * D: a cluster that is 90 % used by small tasks, of which some end between two cycles. `taken`:
 * what else is free was given away; `free`: a tenth of every agent stays free.
 */
import {subtractResources} from '../../engine/index.ts';
import type {AgentSlot, Grant, Resources} from '../../engine/index.ts';
import {AGENT, demandCount, demandFairOffers, Fleet} from './fleet.ts';
import type {Roles} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Meter, Parameters, Scenario} from './scenario.ts';
import {SplitMix64} from './splitmix.ts';

const TASKS_PER_AGENT = 18;
const TASK = 'cpus:1.2;mem:204.8;disk:204.8';
const SEED = 42;

interface Task {
  readonly subscriber: number;
  readonly agent: AgentSlot;
  readonly resources: Resources;
}

export const steadyState: Scenario = (parameters, meter) => {
  const run = new SteadyState(parameters, meter);
  run.setUp();
  for (let round = numberOf(parameters, 'rounds'); round > 0; round -= 1) run.round();
};

class SteadyState {
  readonly #meter: Meter;
  readonly #agents: number;
  readonly #frameworks: number;
  /** Tasks that end before each cycle. */
  readonly #ends: number;
  readonly #isFree: boolean;
  readonly #roles: Roles;
  readonly #fleet = new Fleet();
  readonly #draw = new SplitMix64(SEED);
  readonly #task: Resources;
  readonly #tasks: Task[] = [];

  constructor(parameters: Parameters, meter: Meter) {
    this.#meter = meter;
    this.#agents = numberOf(parameters, 'agents');
    this.#frameworks = numberOf(parameters, 'frameworks');
    this.#ends = numberOf(parameters, 'ends');
    this.#isFree = textOf(parameters, 'rest') === 'free';
    this.#roles = textOf(parameters, 'roles') as Roles;
    this.#task = this.#fleet.resources(TASK);
  }

  /** A task's resources are an object of their own. */
  #ofTask(): Resources {
    const {scalars, ranges, sets, special} = this.#task;
    return {scalars: [...scalars], ranges, sets, special};
  }

  setUp(): void {
    const fleet = this.#fleet;
    const meter = this.#meter;
    fleet.addFrameworks(this.#frameworks, this.#roles);
    const drawn: number[] = [];
    const joining = fleet.joining(this.#agents, AGENT, () =>
      Array.from({length: TASKS_PER_AGENT}, () => {
        const framework = this.#draw.below(this.#frameworks);
        drawn.push(framework);
        return fleet.usage(framework, this.#ofTask());
      }),
    );
    const slots = meter.time('register', () => fleet.addAgents(joining));
    for (const [at, framework] of drawn.entries()) {
      const agent = Math.floor(at / TASKS_PER_AGENT);
      const used = joining[agent]?.used[at % TASKS_PER_AGENT];
      const {id, role} = {id: used?.framework ?? '', role: used?.role ?? ''};
      this.#tasks.push({
        subscriber: fleet.allocator.subscriberOf(id, role),
        agent: slots[agent] ?? framework,
        resources: used?.resources ?? this.#task,
      });
    }
    meter.noteMemory('memory-registered');
    const grants = meter.time('first-cycle', () => fleet.cycle());
    demandCount('offers of what is free', grants.length, this.#agents);
    if (this.#isFree) fleet.giveBack(grants);
    else this.#take(grants);
  }

  /** Each offer becomes one task. */
  #take(grants: readonly Grant[]): void {
    for (const {subscriber, agent, resources} of grants) {
      this.#fleet.allocator.offerEnded(subscriber);
      this.#tasks.push({subscriber, agent, resources});
    }
  }

  round(): void {
    const ended = this.#drawEnded();
    const {allocator} = this.#fleet;
    this.#meter.time('recover', () => {
      for (const {subscriber, agent, resources} of ended) {
        allocator.recover(subscriber, agent, resources);
      }
    });
    const perAgent = new Map<AgentSlot, number>();
    for (const {agent} of ended) perAgent.set(agent, (perAgent.get(agent) ?? 0) + 1);
    const grants = this.#meter.time('cycle', () => this.#fleet.cycle());
    if (this.#isFree) demandFairOffers(grants, this.#agents, 1);
    else demandCount('offers of what ended', grants.length, perAgent.size);
    this.#meter.time('handle', () => {
      if (this.#isFree) this.#restart(grants, perAgent);
      else this.#take(grants);
    });
  }

  #drawEnded(): readonly Task[] {
    const ended: Task[] = [];
    for (let left = this.#ends; left > 0; left -= 1) {
      const at = this.#draw.below(this.#tasks.length);
      const last = this.#tasks.pop();
      if (last === undefined) break;
      ended.push(this.#tasks[at] ?? last);
      if (at < this.#tasks.length) this.#tasks[at] = last;
    }
    return ended;
  }

  /** As many tasks as ended start again; the rest of the offer is declined. */
  #restart(grants: readonly Grant[], perAgent: ReadonlyMap<AgentSlot, number>): void {
    const {allocator} = this.#fleet;
    for (const {subscriber, agent, resources} of grants) {
      let rest = resources;
      for (let left = perAgent.get(agent) ?? 0; left > 0; left -= 1) {
        const task = {subscriber, agent, resources: this.#ofTask()};
        rest = subtractResources(rest, task.resources);
        this.#tasks.push(task);
      }
      allocator.offerEnded(subscriber);
      allocator.recover(subscriber, agent, rest);
    }
  }
}
