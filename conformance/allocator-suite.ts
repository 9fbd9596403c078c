/**
 * Suite `allocator`: drives an {@link Allocator} in virtual time, as the format's "Time and runs"
 * describes it, and compares what comes out.
 */
import {
  addResources,
  agentIdOf,
  Allocator,
  allocatorMetrics,
  ALLOCATOR_DEFAULTS,
  conversionsOf,
  Durations,
  makeRandom,
  ScalarKinds,
  type AgentInfo,
  type AgentSlot,
  type AgentUsage,
  type Conversion,
  type FrameworkTerms,
  type Resources,
  type Usage,
} from '../engine/index.ts';
import {
  agentCapabilitiesOf,
  minimaOf,
  NO_TERMS,
  quotaOf,
  TERMS,
  termsOf,
  unavailabilityOf,
} from './allocator-inputs.ts';
import {attributesOf} from './attributes.ts';
import {CallbackLog, type Callback, type Message} from './callbacks.ts';
import {
  booleanOf,
  canonicalOf,
  Difference,
  durationMs,
  fieldsOf,
  isSameNumber,
  listOf,
  mapOf,
  numberOf,
  operationOf,
  resourcesOf,
  textOf,
  textsOf,
  UnknownInCase,
} from './case.ts';
import {Offered} from './offered.ts';
import {compareRoles} from './role-expectations.ts';
import type {Suite} from './suite.ts';

/** Runs that may follow one event; more would be an allocator that never settles. */
const RUNS_MAX = 10;

/** A part of what a run offered. */
interface Part {
  readonly framework: string;
  readonly role: string;
  readonly agent: string;
  readonly resources: Resources;
}

interface FrameworkState {
  terms: FrameworkTerms;
}

type Step = (value: unknown, flags: Readonly<Record<string, unknown>>) => void;

export function makeAllocatorSuite(config: unknown, seed: number): Suite {
  return new AllocatorSuite(config, seed);
}

class AllocatorSuite implements Suite {
  readonly #kinds = new ScalarKinds();
  readonly #allocator: Allocator;
  readonly #intervalMs: number;
  /** Whether batch runs are left out that the allocator does not ask for, as the engine does. */
  readonly #isLazy: boolean;
  readonly #slots = new Map<string, AgentSlot>();
  readonly #agents = new Map<AgentSlot, string>();
  /** All agents that there have ever been: resources may come back from one that is gone. */
  readonly #seen = new Set<string>();
  /** Frameworks that are subscribed. */
  readonly #frameworks = new Map<string, FrameworkState>();
  readonly #offered = new Offered();
  readonly #offers = new CallbackLog('offers');
  readonly #inverseOffers = new CallbackLog('inverse offers');
  /** Offered since the last `expectOffers`. */
  #parts: Part[] = [];
  /** What the last `expectOffers` matched. */
  #taken: readonly Part[] = [];
  #now = 0;
  #nextBatchAt: number;
  readonly #runMs = new Durations();
  readonly #latencyMs = new Durations();
  readonly #steps: ReadonlyMap<string, Step>;

  constructor(config: unknown, seed: number) {
    const {
      allocationInterval = '1s',
      minAllocatable = ['cpus:0.01', 'mem:32'],
      fairShareExcludes = [],
      sorter = 'drf',
    } = fieldsOf(
      config ?? {},
      'config',
      [],
      ['allocationInterval', 'minAllocatable', 'fairShareExcludes', 'sorter'],
    );
    if (sorter !== 'drf' && sorter !== 'random') {
      throw new UnknownInCase(`config: unknown sorter ${JSON.stringify(sorter)}`);
    }
    this.#intervalMs = durationMs(allocationInterval, 'allocationInterval');
    this.#nextBatchAt = this.#intervalMs;
    this.#isLazy = seed % 2 === 1;
    this.#allocator = new Allocator(
      {
        ...ALLOCATOR_DEFAULTS,
        allocationIntervalMs: this.#intervalMs,
        minAllocatable: minimaOf(minAllocatable),
        fairSharingExcludes: textsOf(fairShareExcludes, 'fairShareExcludes'),
        sorter,
      },
      {
        kinds: this.#kinds,
        random: makeRandom(seed, 'allocator'),
        seed,
        weights: new Map(),
        startedAt: 0,
      },
    );
    this.#steps = new Map([
      ...this.#agentSteps(),
      ...this.#frameworkSteps(),
      ...this.#resourceSteps(),
      ...this.#expectations(),
      ['advance', (value) => this.#advance(durationMs(value, 'advance'))],
    ]);
  }

  step(name: string, value: unknown, flags: Readonly<Record<string, unknown>>): void {
    const step = this.#steps.get(name);
    if (step === undefined) throw new UnknownInCase(`unknown step '${name}'`);
    step(value, flags);
    this.#settle();
  }

  flagsOf(name: string): readonly string[] {
    return name === 'expectOffers' || name === 'expectInverseOffers' ? ['anyAgentOrder'] : [];
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
      const wakeAt = this.#allocator.wakeAt(this.#now);
      this.#now = this.#nextBatchAt;
      this.#nextBatchAt += this.#intervalMs;
      // The last one is always made: what comes next in its instant comes after it.
      if (this.#isLazy && wakeAt > this.#now && this.#now < until) continue;
      this.#run();
      this.#settle();
    }
    this.#now = until;
  }

  #run(): void {
    const {grants, inverseOffers} = this.#allocator.run(this.#now);
    const offers: Message[] = [];
    for (const {subscriber, agent: slot, resources} of grants) {
      const {framework, role} = this.#allocator.nameOf(subscriber);
      const agent = this.#agents.get(slot) ?? '';
      this.#offered.add({framework, role, agent: slot}, resources);
      this.#parts.push({framework, role, agent, resources});
      offers.push({framework, agent, text: this.#offerText(role, resources)});
    }
    this.#offers.addRun(offers);
    this.#inverseOffers.addRun(
      inverseOffers.map(({framework, agent, unavailability}) => ({
        framework,
        agent: this.#agents.get(agent) ?? '',
        text: awayText(unavailability),
      })),
    );
    // Virtual time stands still while a run is made.
    this.#runMs.add(this.#now, 0);
    this.#latencyMs.add(this.#now, 0);
  }

  // Agents.

  #agentSteps(): readonly (readonly [string, Step])[] {
    return [
      ['addAgent', (value) => this.#addAgent(value)],
      ['updateAgent', (value) => this.#updateAgent(value)],
      ['removeAgent', (value) => this.#removeAgent(value)],
      ['addResourceProvider', (value) => this.#addResourceProvider(value)],
      ['setWhitelist', (value) => this.#setWhitelist(value)],
      ['setUnavailability', (value) => this.#setUnavailability(value)],
    ];
  }

  #addAgent(value: unknown): void {
    const {
      id: idOf,
      resources,
      hostname,
      attributes = '',
      capabilities = 'all',
      unavailability,
      used = {},
    } = fieldsOf(
      value,
      'addAgent',
      ['id', 'resources'],
      ['hostname', 'attributes', 'capabilities', 'unavailability', 'used'],
    );
    const id = textOf(idOf, 'addAgent.id');
    if (this.#slots.has(id)) throw new UnknownInCase(`addAgent: '${id}' is there already`);
    const info: AgentInfo = {
      id: agentIdOf(id),
      hostname: textOf(hostname ?? id, 'addAgent.hostname'),
      attributes: attributeMapOf(attributes),
    };
    const slot = this.#allocator.addAgent(info, this.#resources(resources, 'addAgent.resources'), {
      capabilities: agentCapabilitiesOf(capabilities),
      unavailability: unavailability === undefined ? undefined : unavailabilityOf(unavailability),
      used: this.#usagesOf(used),
    });
    this.#slots.set(id, slot);
    this.#agents.set(slot, id);
    this.#seen.add(id);
    this.#infos.set(id, info);
  }

  readonly #infos = new Map<string, AgentInfo>();

  /** framework → role → resources. */
  #usagesOf(value: unknown): readonly Usage[] {
    return Object.entries(mapOf(value, 'used')).flatMap(([framework, roles]) =>
      Object.entries(mapOf(roles, 'used')).map(([role, resources]) => ({
        framework,
        role,
        resources: this.#resources(resources, 'used'),
      })),
    );
  }

  #updateAgent(value: unknown): void {
    const {id, resources, attributes, capabilities} = fieldsOf(
      value,
      'updateAgent',
      ['id'],
      ['resources', 'attributes', 'capabilities'],
    );
    const slot = this.#slot(id);
    const name = textOf(id, 'id');
    const known = this.#infos.get(name) as AgentInfo;
    const info =
      attributes === undefined ? known : {...known, attributes: attributeMapOf(attributes)};
    this.#infos.set(name, info);
    this.#allocator.updateAgent(slot, {
      info,
      capabilities: capabilities === undefined ? undefined : agentCapabilitiesOf(capabilities),
      total:
        resources === undefined ? undefined : this.#resources(resources, 'updateAgent.resources'),
    });
  }

  #removeAgent(value: unknown): void {
    const {id} = fieldsOf(value, 'removeAgent', ['id']);
    const slot = this.#slot(id);
    this.#allocator.removeAgent(slot);
    this.#offered.drop(({agent}) => agent === slot);
    this.#slots.delete(textOf(id, 'id'));
    this.#agents.delete(slot);
  }

  #addResourceProvider(value: unknown): void {
    const {agent, resources, used} = fieldsOf(
      value,
      'addResourceProvider',
      ['agent', 'resources'],
      ['used'],
    );
    const slot = this.#slot(agent);
    const more = this.#resources(resources, 'addResourceProvider.resources');
    const total = addResources(this.#allocator.totalOn(slot), more);
    this.#allocator.addResourceProvider(slot, total, this.#usagesOf(used ?? {}));
  }

  #setWhitelist(value: unknown): void {
    this.#allocator.setWhitelist(value === null ? null : textsOf(value, 'setWhitelist'));
  }

  #setUnavailability(value: unknown): void {
    const {agent, ...when} = fieldsOf(value, 'setUnavailability', ['agent'], ['start', 'duration']);
    const isPlanned = Object.keys(when).length > 0;
    const unavailability = isPlanned ? unavailabilityOf(when) : undefined;
    this.#allocator.setUnavailability(this.#slot(agent), unavailability);
  }

  #slot(id: unknown): AgentSlot {
    const slot = this.#slots.get(textOf(id, 'agent'));
    if (slot === undefined) throw new UnknownInCase(`unknown agent '${String(id)}'`);
    return slot;
  }

  // Frameworks.

  #frameworkSteps(): readonly (readonly [string, Step])[] {
    return [
      ['addFramework', (value) => this.#addFramework(value)],
      ['updateFramework', (value) => this.#updateFramework(value)],
      ['removeFramework', (value) => this.#removeFramework(value)],
      [
        'activateFramework',
        (value) => this.#allocator.activateFramework(this.#idIn(value, 'activateFramework')),
      ],
      [
        'deactivateFramework',
        (value) => this.#allocator.deactivateFramework(this.#idIn(value, 'deactivateFramework')),
      ],
      ['suppress', (value) => this.#suppress(value)],
      ['revive', (value) => this.#revive(value)],
      ['setQuota', (value) => this.#setQuota(value)],
      ['setWeight', (value) => this.#setWeight(value)],
    ];
  }

  #addFramework(value: unknown): void {
    const {
      id: idOf,
      active = true,
      used = {},
      ...terms
    } = fieldsOf(value, 'addFramework', ['id', 'roles'], [...TERMS, 'active', 'used']);
    const id = textOf(idOf, 'addFramework.id');
    if (this.#frameworks.has(id)) throw new UnknownInCase(`addFramework: '${id}' is there already`);
    const state: FrameworkState = {terms: termsOf(terms, NO_TERMS)};
    this.#allocator.addFramework(id, state.terms, {
      active: booleanOf(active, 'addFramework.active'),
      used: this.#agentUsagesOf(used),
    });
    this.#frameworks.set(id, state);
  }

  /** agent → role → resources. What is said of agents that are not known means nothing. */
  #agentUsagesOf(value: unknown): readonly AgentUsage[] {
    return Object.entries(mapOf(value, 'used')).flatMap(([agent, roles]) =>
      Object.entries(mapOf(roles, 'used')).flatMap(([role, text]) => {
        const resources = this.#resources(text, 'used');
        const slot = this.#slots.get(agent);
        return slot === undefined ? [] : [{agent: slot, role, resources}];
      }),
    );
  }

  #updateFramework(value: unknown): void {
    const {id, ...terms} = fieldsOf(value, 'updateFramework', ['id'], TERMS);
    const state = this.#framework(id);
    state.terms = termsOf(terms, state.terms);
    this.#allocator.updateFramework(textOf(id, 'id'), state.terms);
  }

  #removeFramework(value: unknown): void {
    const id = this.#idIn(value, 'removeFramework');
    this.#allocator.removeFramework(id);
    this.#offered.drop(({framework}) => framework === id);
    this.#frameworks.delete(id);
  }

  /** The framework that a step is about and says nothing else of. */
  #idIn(value: unknown, step: string): string {
    const {id} = fieldsOf(value, step, ['id']);
    this.#framework(id);
    return textOf(id, step);
  }

  #framework(id: unknown): FrameworkState {
    const state = this.#frameworks.get(textOf(id, 'framework'));
    if (state === undefined) throw new UnknownInCase(`unknown framework '${String(id)}'`);
    return state;
  }

  #suppress(value: unknown): void {
    const {id, roles, state} = this.#rolesOf(value, 'suppress');
    this.#allocator.suppress(id, roles);
    state.terms = {...state.terms, suppressed: [...new Set([...state.terms.suppressed, ...roles])]};
  }

  #revive(value: unknown): void {
    const {id, roles, state} = this.#rolesOf(value, 'revive');
    this.#allocator.revive(id, roles);
    const suppressed = state.terms.suppressed.filter((role) => !roles.includes(role));
    state.terms = {...state.terms, suppressed};
  }

  /** The roles that a step names; none named: all of the framework. */
  #rolesOf(value: unknown, step: string) {
    const {framework, roles} = fieldsOf(value, step, ['framework'], ['roles']);
    const state = this.#framework(framework);
    const named = textsOf(roles ?? [], `${step}.roles`);
    const stranger = named.find((role) => !state.terms.roles.includes(role));
    if (stranger !== undefined) {
      throw new UnknownInCase(`${step}: ${String(framework)} is not in role '${stranger}'`);
    }
    const all = named.length > 0 ? named : state.terms.roles;
    return {id: textOf(framework, step), roles: all, state};
  }

  #setQuota(value: unknown): void {
    const {role, guarantees, limits} = fieldsOf(
      value,
      'setQuota',
      ['role'],
      ['guarantees', 'limits'],
    );
    const quota = quotaOf(guarantees, limits, this.#kinds);
    this.#allocator.setQuota(textOf(role, 'setQuota.role'), quota);
  }

  #setWeight(value: unknown): void {
    const {role, weight} = fieldsOf(value, 'setWeight', ['role', 'weight']);
    this.#allocator.setWeight(textOf(role, 'setWeight.role'), numberOf(weight, 'weight'));
  }

  // Resources.

  #resourceSteps(): readonly (readonly [string, Step])[] {
    return [
      ['recover', (value) => this.#recover(value)],
      ['recoverOffers', (value) => this.#recoverOffers(value)],
      ['updateAllocation', (value) => this.#updateAllocation(value)],
      ['updateAvailable', (value) => this.#updateAvailable(value)],
    ];
  }

  #resources(value: unknown, what: string): Resources {
    return resourcesOf(value, this.#kinds, what);
  }

  #recover(value: unknown): void {
    const {framework, agent, role, resources, refuseSeconds} = fieldsOf(
      value,
      'recover',
      ['framework', 'agent', 'role', 'resources'],
      ['refuseSeconds'],
    );
    const part = {
      framework: textOf(framework, 'recover.framework'),
      role: textOf(role, 'recover.role'),
      agent: textOf(agent, 'recover.agent'),
      resources: this.#resources(resources, 'recover.resources'),
    };
    if (!this.#seen.has(part.agent)) throw new UnknownInCase(`unknown agent '${part.agent}'`);
    this.#giveBack(part, refuseSeconds);
  }

  #recoverOffers(value: unknown): void {
    const {framework, refuseSeconds} = fieldsOf(
      value,
      'recoverOffers',
      [],
      ['framework', 'refuseSeconds'],
    );
    for (const part of this.#taken) {
      if (framework !== undefined && framework !== part.framework) continue;
      this.#giveBack(part, refuseSeconds);
    }
  }

  /** An agent that is gone has taken everything along; so has a framework that holds nothing. */
  #giveBack({framework, role, agent, resources}: Part, refuseSeconds: unknown): void {
    const slot = this.#slots.get(agent);
    const subscriber = this.#allocator.findSubscriber(framework, role);
    const refuseMs = 1000 * numberOf(refuseSeconds ?? 0, 'refuseSeconds');
    if (slot === undefined || subscriber === undefined) return;
    if (this.#frameworks.has(framework)) {
      this.#allocator.refuse(subscriber, slot, resources, {refuseMs, now: this.#now});
    }
    this.#allocator.recover(subscriber, slot, resources);
    this.#offered.subtract({framework, role, agent: slot}, resources);
  }

  #updateAllocation(value: unknown): void {
    const {framework, agent, role, offered, operations} = fieldsOf(value, 'updateAllocation', [
      'framework',
      'agent',
      'role',
      'offered',
      'operations',
    ]);
    this.#framework(framework);
    const [id, roleName] = [textOf(framework, 'framework'), textOf(role, 'role')];
    const slot = this.#slot(agent);
    const subscriber = this.#allocator.subscriberOf(id, roleName);
    const held = this.#resources(offered, 'updateAllocation.offered');
    const conversions = this.#conversionsOf(operations);
    if (!conversions.ok) throw new Difference(`updateAllocation: refused: ${conversions.message}`);
    const became = this.#allocator.updateAllocation(subscriber, slot, held, conversions.list);
    this.#offered.convert({framework: id, role: roleName, agent: slot}, held, became);
  }

  #updateAvailable(value: unknown): void {
    const {
      agent,
      operations,
      error = false,
    } = fieldsOf(value, 'updateAvailable', ['agent', 'operations'], ['error']);
    const conversions = this.#conversionsOf(operations);
    const isDone =
      conversions.ok && this.#allocator.updateAvailable(this.#slot(agent), conversions.list);
    const isRefused = booleanOf(error, 'updateAvailable.error');
    if (isDone !== isRefused) return;
    throw new Difference(`updateAvailable: expected it to be ${isRefused ? 'refused' : 'made'}`);
  }

  /** The conversions of all operations, in order. */
  #conversionsOf(
    value: unknown,
  ):
    | {readonly ok: true; readonly list: readonly Conversion[]}
    | {readonly ok: false; readonly message: string} {
    const list: Conversion[] = [];
    const read = (one: unknown, what: string): Resources => this.#resources(one, what);
    for (const one of listOf(value, 'operations')) {
      const found = conversionsOf(operationOf(one, 'operations', read));
      if (!found.ok) return found;
      list.push(...found.conversions);
    }
    return {ok: true, list};
  }

  // Expectations.

  #expectations(): readonly (readonly [string, Step])[] {
    return [
      ['expectOffers', (value, flags) => this.#expectOffers(value, flags)],
      [
        'expectInverseOffers',
        (value, flags) => {
          const expected = listOf(value, 'expectInverseOffers').map(expectedInverseCallback);
          this.#inverseOffers.take(expected, isAnyAgentOrder(flags));
        },
      ],
      ['expectMetric', (value) => this.#expectMetrics(value)],
      [
        'expectRoles',
        (value) => compareRoles(this.#allocator.roles.all(), mapOf(value, 'roles'), this.#kinds),
      ],
    ];
  }

  #expectOffers(value: unknown, flags: Readonly<Record<string, unknown>>): void {
    const expected = listOf(value, 'expectOffers').map((one) => this.#expectedCallback(one));
    this.#taken = this.#parts;
    this.#parts = [];
    this.#offers.take(expected, isAnyAgentOrder(flags));
  }

  #expectedCallback(value: unknown): Callback {
    const fields = fieldsOf(value, 'expectOffers', ['framework', 'agents']);
    const agents = new Map<string, readonly string[]>();
    for (const [agent, roles] of Object.entries(mapOf(fields['agents'], 'agents'))) {
      const texts = Object.entries(mapOf(roles, 'roles')).map(([role, resources]) =>
        this.#offerText(role, this.#resources(resources, 'expectOffers')),
      );
      agents.set(agent, texts);
    }
    return {framework: textOf(fields['framework'], 'framework'), agents};
  }

  #offerText(role: string, resources: Resources): string {
    return `for ${role}: ${canonicalOf(resources, this.#kinds)}`;
  }

  #expectMetrics(value: unknown): void {
    const metrics = allocatorMetrics(this.#allocator, {
      prefix: 'allocator/',
      now: this.#now,
      kinds: this.#kinds,
      offered: this.#offered.byRole(this.#kinds),
      // Every step settles before the next one.
      dispatches: 0,
      runMs: this.#runMs,
      latencyMs: this.#latencyMs,
      frameworkNames: new Map([...this.#frameworks.keys()].map((id) => [id, id])),
    });
    for (const [name, expected] of Object.entries(mapOf(value, 'expectMetric'))) {
      const got = metrics.get(name);
      if (expected === null ? got === undefined : isExpected(got, expected, name)) continue;
      throw new Difference(`${name}: expected ${JSON.stringify(expected)}, got ${got ?? 'none'}`);
    }
  }
}

function attributeMapOf(value: unknown): AgentInfo['attributes'] {
  // Of several with one name the first counts.
  return Object.fromEntries([...attributesOf(value, 'attributes')].reverse());
}

function expectedInverseCallback(value: unknown): Callback {
  const fields = fieldsOf(value, 'expectInverseOffers', ['framework', 'agents']);
  const agents = Object.entries(mapOf(fields['agents'], 'agents')).map(
    ([agent, when]) => [agent, [awayText(unavailabilityOf(when))]] as const,
  );
  return {framework: textOf(fields['framework'], 'framework'), agents: new Map(agents)};
}

function awayText({
  startMs,
  durationMs: lasts,
}: {
  startMs: number;
  durationMs?: number | undefined;
}) {
  return `is away from ${startMs} ms on${lasts === undefined ? '' : ` for ${lasts} ms`}`;
}

function isAnyAgentOrder(flags: Readonly<Record<string, unknown>>): boolean {
  return booleanOf(flags['anyAgentOrder'] ?? false, 'anyAgentOrder');
}

function isExpected(got: number | undefined, expected: unknown, name: string): boolean {
  if (expected === 'present') return got !== undefined;
  if (typeof expected === 'number') return got !== undefined && isSameNumber(got, expected);
  const {atLeast} = fieldsOf(expected, name, ['atLeast']);
  return got !== undefined && got >= numberOf(atLeast, `${name}.atLeast`);
}
