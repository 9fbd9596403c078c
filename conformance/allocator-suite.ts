/**
 * Suite `allocator`: drives an {@link Allocator} in virtual time, as the format's "Time and runs"
 * describes it, and compares the offers that come out.
 */
import {
  Allocator,
  ALLOCATOR_DEFAULTS,
  makeRandom,
  ScalarKinds,
  scalarOf,
  type AgentSlot,
  type Resources,
  type Subscriber,
} from '../engine/index.ts';
import {
  canonicalOf,
  Difference,
  durationMs,
  fieldsOf,
  isSameNumber,
  listOf,
  mapOf,
  numberOf,
  quantitiesOf,
  resourcesOf,
  textOf,
  textsOf,
  UnknownInCase,
} from './case.ts';
import type {Suite} from './suite.ts';

/** Runs that may follow one event; more would be an allocator that never settles. */
const RUNS_MAX = 10;

/** Everything that one run gave to one framework: agent → role → resources. */
interface Callback {
  readonly framework: string;
  readonly agents: Map<string, Map<string, Resources>>;
}

export function makeAllocatorSuite(config: unknown, seed: number): Suite {
  return new AllocatorSuite(config, seed);
}

class AllocatorSuite implements Suite {
  readonly #kinds = new ScalarKinds();
  readonly #allocator: Allocator;
  readonly #intervalMs: number;
  readonly #slots = new Map<string, AgentSlot>();
  readonly #agents = new Map<AgentSlot, string>();
  /** framework → role → its subscriber. */
  readonly #frameworks = new Map<string, Map<string, Subscriber>>();
  readonly #names = new Map<Subscriber, readonly [framework: string, role: string]>();
  #callbacks: Callback[] = [];
  /** What the last `expectOffers` matched. */
  #taken: readonly Callback[] = [];
  #now = 0;
  #nextBatchAt: number;

  constructor(config: unknown, seed: number) {
    const fields = fieldsOf(
      config ?? {},
      'config',
      [],
      ['allocationInterval', 'minAllocatable', 'fairShareExcludes', 'sorter'],
    );
    if ((fields['sorter'] ?? 'drf') !== 'drf') {
      throw new UnknownInCase(`config: sorter '${String(fields['sorter'])}' is not known`);
    }
    this.#intervalMs = durationMs(fields['allocationInterval'] ?? '1s', 'allocationInterval');
    this.#nextBatchAt = this.#intervalMs;
    const minima = listOf(fields['minAllocatable'] ?? ['cpus:0.01', 'mem:32'], 'minAllocatable');
    this.#allocator = new Allocator(
      {
        ...ALLOCATOR_DEFAULTS,
        allocationIntervalMs: this.#intervalMs,
        minAllocatable: minima.map((one) => quantitiesOf(one, 'minAllocatable')),
        fairSharingExcludes: textsOf(fields['fairShareExcludes'] ?? [], 'fairShareExcludes'),
      },
      {
        kinds: this.#kinds,
        random: makeRandom(seed, 'allocator'),
        weights: new Map(),
        startedAt: 0,
      },
    );
  }

  step(name: string, value: unknown, flags: Readonly<Record<string, unknown>>): void {
    switch (name) {
      case 'addAgent':
        this.#addAgent(value);
        break;
      case 'updateAgent':
        this.#updateAgent(value);
        break;
      case 'removeAgent':
        this.#removeAgent(value);
        break;
      case 'addFramework':
        this.#addFramework(value);
        break;
      case 'suppress':
        for (const subscriber of this.#rolesOf(value, name)) this.#allocator.suppress(subscriber);
        break;
      case 'revive':
        for (const subscriber of this.#rolesOf(value, name)) this.#allocator.revive(subscriber);
        break;
      case 'recover':
        this.#recover(value);
        break;
      case 'recoverOffers':
        this.#recoverOffers(value);
        break;
      case 'advance':
        this.#advance(durationMs(value, name));
        break;
      case 'expectOffers':
        this.#expectOffers(listOf(value, name), flags['anyAgentOrder'] === true);
        break;
      case 'expectMetric':
        this.#expectMetrics(value);
        break;
      default:
        throw new UnknownInCase(`unknown step '${name}'`);
    }
    this.#settle();
  }

  flagsOf(name: string): readonly string[] {
    return name === 'expectOffers' ? ['anyAgentOrder'] : [];
  }

  // Time.

  /** Runs that were requested happen at once. */
  #settle(): void {
    for (let runs = 0; this.#allocator.wakeAt(this.#now) <= this.#now; runs += 1) {
      if (runs === RUNS_MAX) throw new Difference('the allocator asks for runs without end');
      this.#run();
    }
  }

  #advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#nextBatchAt <= until) {
      this.#now = this.#nextBatchAt;
      this.#nextBatchAt += this.#intervalMs;
      this.#run();
      this.#settle();
    }
    this.#now = until;
  }

  #run(): void {
    const byFramework = new Map<string, Callback>();
    for (const {subscriber, agent, resources} of this.#allocator.run(this.#now)) {
      const [framework, role] = this.#names.get(subscriber) ?? ['', ''];
      const callback = byFramework.get(framework) ?? {framework, agents: new Map()};
      byFramework.set(framework, callback);
      const id = this.#agents.get(agent) ?? '';
      const roles = callback.agents.get(id) ?? new Map<string, Resources>();
      callback.agents.set(id, roles.set(role, resources));
    }
    const callbacks = [...byFramework.values()];
    callbacks.sort((left, right) => (left.framework < right.framework ? -1 : 1));
    this.#callbacks.push(...callbacks);
  }

  // Agents.

  #addAgent(value: unknown): void {
    const fields = fieldsOf(value, 'addAgent', ['id', 'resources'], ['hostname', 'used']);
    const id = textOf(fields['id'], 'addAgent.id');
    const total = resourcesOf(fields['resources'], this.#kinds, 'addAgent.resources');
    const slot = this.#allocator.addAgent(total);
    this.#slots.set(id, slot);
    this.#agents.set(slot, id);
    for (const [framework, roles] of Object.entries(mapOf(fields['used'] ?? {}, 'used'))) {
      for (const [role, used] of Object.entries(mapOf(roles, 'used'))) {
        const resources = resourcesOf(used, this.#kinds, 'used');
        this.#allocator.charge(this.#subscriber(framework, role), slot, resources);
      }
    }
  }

  #updateAgent(value: unknown): void {
    const fields = fieldsOf(value, 'updateAgent', ['id', 'resources']);
    const slot = this.#slot(fields['id']);
    const total = resourcesOf(fields['resources'], this.#kinds, 'updateAgent.resources');
    const before = canonicalOf(this.#allocator.totalOn(slot), this.#kinds);
    if (canonicalOf(total, this.#kinds) !== before) this.#allocator.setAgentTotal(slot, total);
  }

  #removeAgent(value: unknown): void {
    const fields = fieldsOf(value, 'removeAgent', ['id']);
    const slot = this.#slot(fields['id']);
    this.#allocator.removeAgent(slot);
    this.#slots.delete(textOf(fields['id'], 'id'));
    this.#agents.delete(slot);
  }

  #slot(id: unknown): AgentSlot {
    const slot = this.#slots.get(textOf(id, 'agent'));
    if (slot === undefined) throw new UnknownInCase(`unknown agent '${String(id)}'`);
    return slot;
  }

  // Frameworks.

  #addFramework(value: unknown): void {
    const fields = fieldsOf(
      value,
      'addFramework',
      ['id', 'roles'],
      ['capabilities', 'suppressed', 'minAllocatable'],
    );
    const id = textOf(fields['id'], 'addFramework.id');
    const capabilities = textsOf(fields['capabilities'] ?? [], 'capabilities');
    for (const capability of capabilities) {
      if (capability === 'GPU_RESOURCES') continue;
      throw new UnknownInCase(`addFramework: capability ${capability} is not known`);
    }
    const suppressed = textsOf(fields['suppressed'] ?? [], 'suppressed');
    const minima = mapOf(fields['minAllocatable'] ?? {}, 'minAllocatable');
    const subscribers = new Map<string, Subscriber>();
    this.#frameworks.set(id, subscribers);
    for (const role of textsOf(fields['roles'], 'addFramework.roles')) {
      if (role.includes('/')) throw new UnknownInCase(`nested role '${role}' is not known`);
      const gpus = capabilities.includes('GPU_RESOURCES');
      const subscriber = this.#allocator.addSubscriber(id, role, gpus);
      subscribers.set(role, subscriber);
      this.#names.set(subscriber, [id, role]);
      if (suppressed.includes(role)) this.#allocator.suppress(subscriber);
      if (!(role in minima)) continue;
      const alternatives = listOf(minima[role], 'minAllocatable');
      this.#allocator.setMinAllocatable(
        subscriber,
        alternatives.map((one) => quantitiesOf(one, 'minAllocatable')),
      );
    }
  }

  #subscriber(framework: unknown, role: unknown): Subscriber {
    const roles = this.#frameworks.get(textOf(framework, 'framework'));
    const subscriber = roles?.get(textOf(role, 'role'));
    if (subscriber !== undefined) return subscriber;
    throw new UnknownInCase(`framework '${String(framework)}' is unknown in '${String(role)}'`);
  }

  #rolesOf(value: unknown, step: string): readonly Subscriber[] {
    const fields = fieldsOf(value, step, ['framework'], ['roles']);
    const named = textsOf(fields['roles'] ?? [], `${step}.roles`);
    const id = textOf(fields['framework'], `${step}.framework`);
    const roles = named.length > 0 ? named : [...(this.#frameworks.get(id)?.keys() ?? [])];
    return roles.map((role) => this.#subscriber(id, role));
  }

  // Resources that come back.

  #recover(value: unknown): void {
    const fields = fieldsOf(
      value,
      'recover',
      ['framework', 'agent', 'role', 'resources'],
      ['refuseSeconds'],
    );
    const subscriber = this.#subscriber(fields['framework'], fields['role']);
    const resources = resourcesOf(fields['resources'], this.#kinds, 'recover.resources');
    this.#giveBack(subscriber, this.#slot(fields['agent']), resources, fields['refuseSeconds']);
  }

  #recoverOffers(value: unknown): void {
    const fields = fieldsOf(value, 'recoverOffers', [], ['framework', 'refuseSeconds']);
    for (const {framework, agents} of this.#taken) {
      if (fields['framework'] !== undefined && fields['framework'] !== framework) continue;
      for (const [agent, roles] of agents) {
        for (const [role, resources] of roles) {
          const subscriber = this.#subscriber(framework, role);
          this.#giveBack(subscriber, this.#slot(agent), resources, fields['refuseSeconds']);
        }
      }
    }
  }

  #giveBack(
    subscriber: Subscriber,
    slot: AgentSlot,
    resources: Resources,
    refuseSeconds: unknown,
  ): void {
    const refuseMs = 1000 * numberOf(refuseSeconds ?? 0, 'refuseSeconds');
    this.#allocator.refuse(subscriber, slot, resources, {refuseMs, now: this.#now});
    this.#allocator.recover(subscriber, slot, resources);
  }

  // Expectations.

  #expectOffers(expected: readonly unknown[], anyAgentOrder: boolean): void {
    const wanted = expected.map((one) => this.#expectedCallback(one));
    const got = this.#callbacks;
    this.#callbacks = [];
    this.#taken = got;
    const text = (callbacks: readonly Callback[], name: (agent: string) => string): string =>
      callbacks.map((callback) => this.#print(callback, name)).join('\n');
    const same = (agent: string): string => agent;
    const gotText = text(got, same);
    if (gotText === text(wanted, same)) return;
    const ids = [...new Set(wanted.flatMap(({agents}) => [...agents.keys()]))];
    const known = [...this.#slots.keys()];
    if (anyAgentOrder) {
      for (const renaming of renamings(ids, known)) {
        if (gotText === text(wanted, (agent) => renaming.get(agent) ?? agent)) return;
      }
    }
    throw new Difference(`expected offers\n${text(wanted, same)}\ngot\n${gotText}`);
  }

  #expectedCallback(value: unknown): Callback {
    const fields = fieldsOf(value, 'expectOffers', ['framework', 'agents']);
    const agents = new Map<string, Map<string, Resources>>();
    for (const [agent, roles] of Object.entries(mapOf(fields['agents'], 'agents'))) {
      const byRole = Object.entries(mapOf(roles, 'roles')).map(
        ([role, text]) => [role, resourcesOf(text, this.#kinds, 'expectOffers')] as const,
      );
      agents.set(agent, new Map(byRole));
    }
    return {framework: textOf(fields['framework'], 'framework'), agents};
  }

  #print({framework, agents}: Callback, name: (agent: string) => string): string {
    const parts: string[] = [];
    for (const [agent, roles] of agents) {
      for (const [role, resources] of roles) {
        parts.push(`${name(agent)} for ${role}: ${canonicalOf(resources, this.#kinds)}`);
      }
    }
    return `${framework}: ${parts.sort().join(', ')}`;
  }

  #expectMetrics(value: unknown): void {
    for (const [name, expected] of Object.entries(mapOf(value, 'expectMetric'))) {
      const got = this.#metric(name);
      if (expected === null ? got === undefined : isExpected(got, expected, name)) continue;
      throw new Difference(`${name}: expected ${JSON.stringify(expected)}, got ${got ?? 'none'}`);
    }
  }

  #metric(name: string): number | undefined {
    const [, group, ...rest] = name.split('/');
    if (name === 'allocator/allocation_runs') return this.#allocator.runs;
    if (group === 'resources' && rest[1] === 'total') {
      return this.#clusterTotal(rest[0] ?? '') / 1000;
    }
    if (group === 'resources' && rest[1] === 'offered_or_allocated') {
      return this.#clusterAllocated(rest[0] ?? '') / 1000;
    }
    if (group === 'offer_filters' && rest[0] === 'roles' && rest[2] === 'active') {
      return this.#allocator.filterCount(rest[1] ?? '');
    }
    if (group === 'roles' && rest[1] === 'shares' && rest[2] === 'dominant') {
      const role = rest[0] ?? '';
      const isKnown = this.#allocator.roleNames.includes(role);
      return isKnown ? this.#allocator.roleShare(role) : undefined;
    }
    throw new UnknownInCase(`unknown metric '${name}'`);
  }

  #clusterTotal(name: string): number {
    const scalars = this.#allocator.clusterTotals;
    return scalars[this.#kinds.indexOf(name)] ?? 0;
  }

  #clusterAllocated(name: string): number {
    const kind = this.#kinds.indexOf(name);
    const slots = [...this.#slots.values()];
    const free = slots.map((slot) => scalarOf(this.#allocator.availableOn(slot), kind));
    return this.#clusterTotal(name) - free.reduce((sum, fixed) => sum + fixed, 0);
  }
}

function isExpected(got: number | undefined, expected: unknown, name: string): boolean {
  if (expected === 'present') return got !== undefined;
  if (typeof expected === 'number') return got !== undefined && isSameNumber(got, expected);
  const {atLeast} = fieldsOf(expected, name, ['atLeast']);
  return got !== undefined && got >= numberOf(atLeast, `${name}.atLeast`);
}

/** All ways to give each of `from` another one of `to`. */
function* renamings(
  from: readonly string[],
  to: readonly string[],
): IterableIterator<ReadonlyMap<string, string>> {
  const [first, ...others] = from;
  if (first === undefined) {
    yield new Map();
    return;
  }
  for (const name of to) {
    for (const rest of renamings(
      others,
      to.filter((other) => other !== name),
    )) {
      yield new Map([...rest, [first, name]]);
    }
  }
}
