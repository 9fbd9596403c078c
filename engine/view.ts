/** Reading the engine: pure queries over its state, for HTTP faces, the simulator and reports. */
import type {Obstacle} from './allocator/cycle.ts';
import {Durations} from './allocator/durations.ts';
import {rolesInNeed} from './allocator/explain.ts';
import {allocatorMetrics, type MetricFacts, type Metrics} from './allocator/metrics.ts';
import {quotaCharged, type Role} from './allocator/role-tree.ts';
import {Batch} from './frameworks/batch/batch.ts';
import {Chronos} from './frameworks/chronos/chronos.ts';
import {Marathon} from './frameworks/marathon/marathon.ts';
import {violationsOf} from './invariants.ts';
import {must, unreachable} from './kernel/assert.ts';
import type {AgentId, FrameworkId, TaskId} from './kernel/ids.ts';
import type {CallTally} from './master/call-tally.ts';
import type {Master} from './master/master.ts';
import type {AgentState, TaskRecord} from './master/records.ts';
import {usedOn} from './master/task-table.ts';
import {printAmounts} from './resources/amounts.ts';
import {isStrictSubrole} from './resources/role-names.ts';
import type {ScalarKinds} from './resources/kinds.ts';
import type {Limits, Quantities} from './resources/quantities.ts';
import {nonRevocable, unreserved} from './resources/select.ts';
import {addInto, containsResources, scalarSums, type Resources} from './resources/vector.ts';
import type {AgentInfo, Framework, FrameworkInfo, Offer, Unavailability} from './scheduler.ts';

/** An agent as it stands. */
export interface AgentView {
  readonly info: AgentInfo;
  readonly state: AgentState;
  readonly total: Resources;
  /** Thousandths by kind that its tasks use; may be shorter than the number of kinds. */
  readonly usedScalars: readonly number[];
  /** Planned maintenance. */
  readonly unavailability: Unavailability | undefined;
}

/** A framework as it stands. */
export interface FrameworkView extends FrameworkInfo {
  /** All roles that it is in, by name. */
  readonly roles: readonly string[];
  /** Since this engine began. */
  readonly tally: Readonly<CallTally>;
}

/** A task that has not ended, or whose end is not acknowledged. */
export type TaskView = Pick<
  TaskRecord,
  'id' | 'name' | 'origin' | 'resources' | 'role' | 'state' | 'healthy'
> & {readonly frameworkId: FrameworkId; readonly agentId: AgentId};

/** A role that anything keeps: a framework, a weight, a quota, a reservation, or one below it. */
export interface RoleView {
  readonly name: string;
  readonly weight: number;
  /** What is not named is not promised. */
  readonly guarantees: Quantities;
  /** What is not named is unlimited. */
  readonly limits: Limits;
  /** What counts against the quota: reserved or used, with roles below; offers do not. */
  readonly consumed: Quantities;
  /** Reserved to it or to roles below. */
  readonly reserved: Quantities;
  /** Subscribed in exactly this role. */
  readonly frameworks: readonly FrameworkId[];
}

/** Why tasks wait. */
export interface WaitingExplanation {
  readonly frameworkId: FrameworkId;
  readonly reason: string;
  readonly tasks: number;
  readonly example: string;
}

const NOT_MEASURED = {runMs: new Durations(), latencyMs: new Durations()};

export class EngineView {
  readonly kinds: ScalarKinds;
  readonly #master: Master;
  readonly #frameworks: ReadonlyMap<string, Framework>;

  constructor(kinds: ScalarKinds, master: Master, frameworks: ReadonlyMap<string, Framework>) {
    this.kinds = kinds;
    this.#master = master;
    this.#frameworks = frameworks;
  }

  /** Thousandths by kind of all agents that are not unreachable. */
  clusterTotal(): readonly number[] {
    return this.#master.allocator.clusterTotals;
  }

  /** Thousandths by kind that tasks use (offers not counted). */
  clusterUsed(): readonly number[] {
    return this.#master.used;
  }

  /** Thousandths by kind that the tasks of a framework use. */
  frameworkUsed(id: FrameworkId): readonly number[] {
    return this.#master.frameworks.get(id)?.used ?? [];
  }

  /** Dominant share of the cluster that the tasks of a framework use, unweighted. */
  dominantShare(id: FrameworkId): number {
    return this.#master.allocator.dominantShare(this.frameworkUsed(id));
  }

  /** Dominant share that the tasks of a role, and of those below it, use; unweighted. */
  roleShare(role: string): number {
    const sums: number[] = [];
    for (const {usedInRole} of this.#master.frameworks.values()) {
      for (const [name, used] of usedInRole) {
        if (name === role || isStrictSubrole(name, role)) addInto(sums, used, 1);
      }
    }
    return this.#master.allocator.dominantShare(sums);
  }

  /** All agents that ever registered, in order of their first registration. */
  *agents(): IterableIterator<AgentView> {
    for (const agent of this.#master.agents.values()) {
      const {info, state, total, unavailability} = agent;
      yield {info, state, total, usedScalars: usedOn(agent), unavailability};
    }
  }

  /** Undefined: no agent of this id has ever registered. */
  agentState(id: AgentId): AgentState | undefined {
    return this.#master.agents.get(id)?.state;
  }

  /** All frameworks, in the order in which they subscribed. */
  *frameworks(): IterableIterator<FrameworkView> {
    for (const {info, tally} of this.#master.frameworks.values()) {
      yield {...info, roles: this.#master.allocator.rolesOf(info.id), tally};
    }
  }

  /** Tasks of a framework in the order in which they were launched. */
  *tasks(id: FrameworkId): IterableIterator<TaskView> {
    const framework = this.#master.frameworks.get(id);
    for (const task of framework?.tasks.values() ?? []) yield viewOf(task);
  }

  task(frameworkId: FrameworkId, taskId: TaskId): TaskView | undefined {
    const task = this.#master.frameworks.get(frameworkId)?.tasks.get(taskId);
    return task && viewOf(task);
  }

  /** Offers that are out, oldest first. */
  *offers(): IterableIterator<Offer> {
    for (const {offer} of this.#master.offers.values()) yield offer;
  }

  /** All roles, by name. */
  roles(): readonly RoleView[] {
    const subscribed = new Map<string, FrameworkId[]>();
    for (const {framework, role} of this.#master.allocator.subscriptions()) {
      const ids = subscribed.get(role);
      if (ids === undefined) subscribed.set(role, [framework as FrameworkId]);
      else ids.push(framework as FrameworkId);
    }
    const offered = this.#offeredByRole();
    const {roles} = this.#master.allocator;
    return roles.all().map((role) => this.#roleView(role, offered, subscribed.get(role.name)));
  }

  #roleView(
    role: Role,
    offered: ReadonlyMap<string, readonly number[]>,
    frameworks: readonly FrameworkId[] = [],
  ): RoleView {
    const {name, weight, quota, reserved} = role;
    const consumed = this.kinds.names.map((_, kind) => quotaCharged(role, kind));
    for (const [other, amounts] of offered) {
      if (other === name || isStrictSubrole(other, name)) addInto(consumed, amounts, -1);
    }
    const limits = this.kinds.names.flatMap((kind, index) => {
      const limit = quota.limits[index] ?? Infinity;
      return limit === Infinity ? [] : [[kind, limit] as const];
    });
    return {
      name,
      weight,
      guarantees: this.kinds.named(quota.guarantees),
      limits: Object.fromEntries(limits),
      consumed: this.kinds.named(consumed),
      reserved: this.kinds.named(reserved),
      frameworks: [...frameworks].sort(),
    };
  }

  /** By exact role: what is offered of what nobody has reserved and nobody can revoke. */
  #offeredByRole(): ReadonlyMap<string, readonly number[]> {
    const offered = new Map<string, number[]>();
    for (const {role, resources} of this.offers()) {
      const sums = offered.get(role) ?? [];
      offered.set(role, sums);
      addInto(sums, scalarSums(unreserved(nonRevocable(resources))), 1);
    }
    return offered;
  }

  /**
   * The allocator's metrics under the names of Mesos, at the engine's instant `now`. The engine has
   * no clock of its own: who has one says how long runs took and were waited for.
   */
  allocatorMetrics(
    now: number,
    {runMs, latencyMs}: Pick<MetricFacts, 'latencyMs' | 'runMs'> = NOT_MEASURED,
  ): Metrics {
    const {frameworks, allocator} = this.#master;
    return allocatorMetrics(allocator, {
      prefix: 'allocator/mesos/',
      now,
      kinds: this.kinds,
      offered: this.#offeredByRole(),
      dispatches: 0,
      runMs,
      latencyMs,
      frameworkNames: new Map([...frameworks.values()].map(({info}) => [info.id, info.name])),
    });
  }

  /** Tasks that the master knows of a framework and that have not ended. */
  liveTasks(id: FrameworkId): number {
    return this.#master.frameworks.get(id)?.tasks.size ?? 0;
  }

  /** Runs that the allocator has made. */
  get allocationRuns(): number {
    return this.#master.allocator.runs;
  }

  /** Why tasks wait: what their framework knows, and what the cluster lacks for them. */
  explainWaiting(): readonly WaitingExplanation[] {
    const out: WaitingExplanation[] = [];
    for (const [id, framework] of this.#frameworks) {
      for (const {tasks, example, reason, role, needs} of framework.waiting()) {
        const who = {id: id as FrameworkId, role};
        const lack = needs === undefined ? '' : `: ${this.#lackOf(who, needs)}`;
        out.push({frameworkId: id as FrameworkId, reason: `${reason}${lack}`, tasks, example});
      }
    }
    return out;
  }

  /** Which agents could hold `needs`, and what stands in the way. */
  #lackOf(
    {id, role}: {readonly id: FrameworkId; readonly role: string | undefined},
    needs: Resources,
  ): string {
    const {allocator} = this.#master;
    const {info} = must(this.#master.frameworks.get(id), `framework ${id}`);
    const name = role ?? info.role;
    const subscriber = must(allocator.findSubscriber(id, name), `role ${name} of ${id}`);
    const obstacleOf = allocator.obstaclesOf(subscriber);
    const obstacles: (Obstacle | undefined)[] = [];
    const what = printAmounts(this.kinds.describe(needs));
    let large = 0;
    const short = new Map<string, number>();
    for (const agent of this.#master.agents.values()) {
      const {state, total, slot} = agent;
      if (state !== 'active' || !containsResources(total, needs)) continue;
      large += 1;
      const used = usedOn(agent);
      if (containsResources(allocator.availableOn(slot), needs)) obstacles.push(obstacleOf(slot));
      for (const [kind, need] of needs.scalars.entries()) {
        if ((total.scalars[kind] ?? 0) - (used[kind] ?? 0) >= need) continue;
        const name = this.kinds.names[kind] as string;
        short.set(name, (short.get(name) ?? 0) + 1);
      }
    }
    if (large === 0) return `no agent is large enough for ${what}`;
    if (obstacles.length > 0) {
      const free = `${obstacles.length} of ${large} large enough agents have ${what} free`;
      return `${free}${this.#describe(obstacles)}`;
    }
    const [scarcest] = [...short].sort((left, right) => right[1] - left[1]);
    if (scarcest === undefined) return `${what} is held in offers on all ${large} such agents`;
    return `${what} is free on none of ${large} agents, ${scarcest[1]} lack ${scarcest[0]}`;
  }

  /** Why agents are not offered although they have enough, commonest reason first. */
  #describe(obstacles: readonly (Obstacle | undefined)[]): string {
    const {roles} = this.#master.allocator;
    const counts = new Map<string, number>();
    for (const obstacle of obstacles) {
      if (obstacle === undefined) continue;
      const held = rolesInNeed(roles).map(({role}) => role);
      const reason = reasonOf(obstacle, held);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const sorted = [...counts].sort((left, right) => right[1] - left[1]);
    return sorted.map(([reason, agents]) => `; ${agents} ${reason}`).join('');
  }

  /** The Marathon framework with this id, for its own queries. */
  marathon(id: FrameworkId): Marathon | undefined {
    const framework = this.#frameworks.get(id);
    return framework instanceof Marathon ? framework : undefined;
  }

  /** The Chronos framework with this id, for its own queries. */
  chronos(id: FrameworkId): Chronos | undefined {
    const framework = this.#frameworks.get(id);
    return framework instanceof Chronos ? framework : undefined;
  }

  /** The batch framework with this id, for its own queries. */
  batch(id: FrameworkId): Batch | undefined {
    const framework = this.#frameworks.get(id);
    return framework instanceof Batch ? framework : undefined;
  }

  /** Broken invariants of the state, in words; empty when all hold. */
  checkInvariants(): readonly string[] {
    return violationsOf(this.#master, this.kinds);
  }
}

function viewOf(task: TaskRecord): TaskView {
  const {id, name, origin, resources, role, state, healthy, framework, agent} = task;
  const frameworkId = framework.info.id;
  const agentId = agent.info.id;
  return {id, name, origin, resources, role, state, healthy, frameworkId, agentId};
}

/** In words, after the number of agents; `held`: roles whose guarantees are not met. */
function reasonOf(obstacle: Obstacle, held: readonly string[]): string {
  switch (obstacle.kind) {
    case 'filtered':
      return 'declined, and not offered again so soon';
    case 'headroom':
      return `held back for the guarantees of ${held.join(', ')}`;
    case 'limit':
      return 'beyond the limits of its role';
    case 'notForRole':
      return 'with it reserved to other roles';
    case 'belowMinimum':
      return 'with less free than an offer must have';
    case 'notOffered':
      return 'deactivated or not on the whitelist';
    case 'offerConstraints':
      return 'outside its offer constraints';
    case 'gpus':
      return 'with gpus, which it cannot use';
    case 'region':
      return 'in another region';
    case 'multiRole':
    case 'hierarchicalRole':
      return 'too old for frameworks like it';
    case 'nothingFree':
      return 'with nothing free';
    default:
      return unreachable(obstacle);
  }
}
