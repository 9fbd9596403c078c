/**
 * Clusters as Mesos's own benchmarks have them: an allocator, agents that join it, frameworks, and
 * what a master does with offers.
 */
import {
  agentIdOf,
  Allocator,
  ALLOCATOR_DEFAULTS,
  makeRandom,
  parseAmounts,
  ScalarKinds,
} from '../../engine/index.ts';
import type {
  AgentInfo,
  AgentSlot,
  AllocatorOptions,
  Grant,
  Resources,
  Subscriber,
  Usage,
} from '../../engine/index.ts';
import {demand} from '../bench.ts';

/** What an agent of most scenarios has. */
export const AGENT = 'cpus:24;mem:4096;disk:4096;ports:[31000-32000]';

const SEED = 1;
const INTERVAL_MS = ALLOCATOR_DEFAULTS.allocationIntervalMs;

/** `own`: framework i is in `role<i>`; `one`: all are in the same one. */
export type Roles = 'own' | 'one';

/** An agent that is about to join. */
export interface Joining {
  readonly info: AgentInfo;
  readonly total: Resources;
  readonly used: readonly Usage[];
}

export class Fleet {
  readonly kinds = new ScalarKinds();
  readonly allocator: Allocator;
  /** Names of the frameworks, in the order of their coming. */
  readonly frameworks: string[] = [];
  readonly #roles: string[] = [];
  now = 0;

  constructor(options: Partial<AllocatorOptions> = {}) {
    this.allocator = new Allocator(
      {...ALLOCATOR_DEFAULTS, ...options},
      {
        kinds: this.kinds,
        random: makeRandom(SEED, 'allocator'),
        seed: SEED,
        weights: new Map(),
        startedAt: 0,
      },
    );
  }

  /** Resources of a text form: an object of their own, as every message to a master brings them. */
  resources(text: string): Resources {
    const parsed = parseAmounts(text);
    demand(parsed.ok, () => `cannot read ${text}`);
    const {scalars, ranges, sets, special} = this.kinds.compile(parsed.amounts);
    return {scalars: [...scalars], ranges, sets, special};
  }

  /** Thousandths by kind. */
  quantities(text: string): readonly number[] {
    return this.resources(text).scalars;
  }

  addFramework(id: string, role: string, capabilities: readonly string[] = ['MULTI_ROLE']): void {
    this.frameworks.push(id);
    this.#roles.push(role);
    this.allocator.addFramework(id, {
      roles: [role],
      suppressed: [],
      capabilities,
      minAllocatable: {},
      constraints: undefined,
    });
  }

  addFrameworks(count: number, roles: Roles): void {
    for (let at = 1; at <= count; at += 1) {
      this.addFramework(`framework${at}`, roles === 'own' ? `role${at}` : '*');
    }
  }

  /** Framework `at` (from 0) as grants name it. */
  subscriber(at: number): Subscriber {
    return this.allocator.subscriberOf(this.frameworks[at] ?? '', this.#roles[at] ?? '');
  }

  /** What framework `at` (from 0) uses. */
  usage(at: number, resources: Resources): Usage {
    const framework = this.frameworks[at] ?? '';
    return {framework, role: this.#roles[at] ?? '', resources};
  }

  /** Agents of the same size; made before the clock runs. */
  joining(count: number, total: string, usedOf: UsedOf = () => []): readonly Joining[] {
    return Array.from({length: count}, (_, at) => {
      const name = `agent${at + 1}`;
      return {
        info: {id: agentIdOf(name), hostname: name, attributes: {}},
        total: this.resources(total),
        used: usedOf(at),
      };
    });
  }

  addAgents(joining: readonly Joining[]): readonly AgentSlot[] {
    return joining.map(({info, total, used}) => this.allocator.addAgent(info, total, {used}));
  }

  /** The batch run of the next interval. */
  cycle(): readonly Grant[] {
    this.now += INTERVAL_MS;
    return this.allocator.run(this.now).grants;
  }

  /**
   * Lets the next cycle look at all agents that have anything left, as those of Mesos always do:
   * ours would pass over those at which nothing has changed.
   */
  changeAll(): void {
    const [id = ''] = this.frameworks;
    const [role = ''] = this.#roles;
    this.allocator.updateFramework(id, {
      roles: [role],
      suppressed: [],
      capabilities: ['MULTI_ROLE'],
      minAllocatable: {},
      constraints: undefined,
    });
  }

  /** Declines offers without a filter. */
  giveBack(grants: readonly Grant[]): void {
    const {allocator} = this;
    for (const {subscriber, agent, resources} of grants) {
      allocator.offerEnded(subscriber);
      allocator.recover(subscriber, agent, resources);
    }
  }

  /** Declines offers as a master does, with a filter. */
  decline(grants: readonly Grant[], refuseMs: number): void {
    const {allocator, now} = this;
    for (const {subscriber, agent, resources} of grants) {
      allocator.offerEnded(subscriber);
      allocator.refuse(subscriber, agent, resources, {refuseMs, now});
      allocator.recover(subscriber, agent, resources);
    }
  }
}

type UsedOf = (at: number) => readonly Usage[];

/**
 * Ports 31000 to 32000 in so many ranges: every second port, and the rest as the last range.
 */
export function fragments(count: number): string {
  const single = Array.from({length: count - 1}, (_, at) => `${31_000 + 2 * at}`);
  const ranges = single.map((port) => `${port}-${port}`);
  return `[${[...ranges, `${31_000 + 2 * (count - 1)}-32000`].join(',')}]`;
}

/** Every agent is offered, whole agents once each, and no framework gets more than its share. */
export function demandFairOffers(grants: readonly Grant[], agents: number, among: number): void {
  demand(grants.length === agents, () => `${grants.length} offers of ${agents} agents`);
  const offered = new Set(grants.map(({agent}) => agent));
  demand(offered.size === agents, () => `${offered.size} agents offered, not ${agents}`);
  const counts = new Map<number, number>();
  for (const {subscriber} of grants) counts.set(subscriber, (counts.get(subscriber) ?? 0) + 1);
  const most = Math.max(...counts.values());
  demand(most <= Math.ceil(agents / among), () => `a framework was offered ${most} agents`);
}

export function demandCount(what: string, found: number, wanted: number): void {
  demand(found === wanted, () => `${what}: ${found}, not ${wanted}`);
}
