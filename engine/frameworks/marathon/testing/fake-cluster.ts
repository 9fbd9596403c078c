/**
 * A master with agents, small enough to read, for the tests of Marathon: it keeps offers, tasks and
 * timers, and does what the driver asks. Time passes only by {@link FakeCluster.advanceTo}. Not
 * part of the engine.
 */
import {must} from '../../../kernel/assert.ts';
import {agentIdOf, frameworkIdOf, offerIdOf, type OfferId} from '../../../kernel/ids.ts';
import {UTC_ONLY} from '../../../kernel/time-zones.ts';
import {makeRandom} from '../../../kernel/random.ts';
import {parseAmounts} from '../../../resources/amounts.ts';
import {ScalarKinds} from '../../../resources/kinds.ts';
import {applyOperation} from '../../../resources/operations.ts';
import {allocatableTo} from '../../../resources/select.ts';
import {
  addResources,
  containsResources,
  isEmpty,
  subtractResources,
  type Resources,
} from '../../../resources/vector.ts';
import type {MarathonOptions} from '../../../options.ts';
import type {Probe, ProbeOutcome, ProbeResult} from '../../../probes.ts';
import type {
  AgentInfo,
  AttributeValue,
  FrameworkChange,
  FrameworkEvent,
  FrameworkReply,
  FrameworkServices,
  Offer,
  OfferOperation,
  SchedulerDriver,
  StatusUpdate,
  TaskLaunch,
  TaskState,
  Unavailability,
} from '../../../scheduler.ts';
import {Marathon} from '../marathon.ts';

interface FakeAgent {
  readonly info: AgentInfo;
  readonly unavailability: Unavailability | undefined;
  free: Resources;
  /** By role: what was declined is not offered again, unless there is more. */
  readonly refused: Map<string, {readonly until: number; readonly resources: Resources}>;
}

/** What Marathon says about a role. */
interface RoleTerms {
  isSuppressed: boolean;
  change: FrameworkChange;
}

interface FakeTask {
  readonly launch: TaskLaunch;
  readonly agent: FakeAgent;
  /** Of the offer that it was launched on. */
  readonly role: string;
  state: TaskState;
}

interface Timer {
  readonly name: string;
  readonly subject: string;
  readonly at: number;
  readonly serial: number;
}

/** Where an agent is, and when it will be away. */
interface AgentPlace {
  readonly region?: string;
  readonly zone?: string;
  readonly unavailability?: Unavailability;
}

/** The role as which Marathon is introduced. */
const OWN_ROLE = '*';

export class FakeCluster {
  readonly kinds = new ScalarKinds();
  readonly tasks = new Map<string, FakeTask>();
  readonly events: FrameworkEvent[] = [];
  readonly records = new Map<string, unknown>();
  readonly replies = new Map<string, FrameworkReply>();
  /** Everything that can be seen from outside, in order: what two runs are compared by. */
  readonly trace: unknown[] = [];
  /** Task ids of kill calls, in order. */
  kills: string[] = [];
  /** Probes that are not answered, in order. */
  probes: Probe[] = [];
  now = 0;
  /** By role: those that Marathon is subscribed to. */
  readonly roles = new Map<string, RoleTerms>([[OWN_ROLE, {isSuppressed: false, change: {}}]]);
  marathon: Marathon;
  readonly #agents: FakeAgent[] = [];
  readonly #timers = new Map<string, Timer>();
  readonly #held = new Map<OfferId, {agent: FakeAgent; role: string; resources: Resources}>();
  readonly #seed: number;
  readonly #options: Partial<MarathonOptions>;
  #serial = 0;
  /** Whether anything was reserved or let go of since it was last looked at. */
  #hasOperated = false;

  constructor(seed = 1, options: Partial<MarathonOptions> = {}) {
    this.#seed = seed;
    this.#options = options;
    this.marathon = new Marathon(this.services(), options);
    this.marathon.registered();
  }

  agent(
    name: string,
    resources: string,
    attributes: Record<string, AttributeValue> = {},
    {unavailability, ...place}: AgentPlace = {},
  ): AgentInfo {
    const amounts = parseAmounts(resources);
    if (!amounts.ok) throw new Error(amounts.message);
    const info = {id: agentIdOf(name), hostname: name, attributes, ...place};
    this.#agents.push({
      info,
      unavailability,
      free: this.kinds.compile(amounts.amounts),
      refused: new Map(),
    });
    return info;
  }

  /** Everything that an agent has, used or not. */
  totalOn(name: string): Resources {
    const agent = must(
      this.#agents.find(({info}) => info.hostname === name),
      name,
    );
    let total = agent.free;
    for (const task of this.tasks.values()) {
      if (task.agent === agent) total = addResources(total, task.launch.resources);
    }
    return total;
  }

  /** A request and its answer. */
  request(request: unknown): FrameworkReply {
    this.#serial += 1;
    const id = `r${this.#serial}`;
    this.marathon.onRequest(id, request);
    return must(this.replies.get(id), 'reply');
  }

  /** Offers everything free to whom it may concern, once, role by role. */
  offer(): void {
    const offers: Offer[] = [];
    for (const [role, {isSuppressed, change}] of this.roles) {
      if (isSuppressed) continue;
      let count = 0;
      for (const agent of this.#agents) {
        if (count >= (change.offersMax ?? Infinity)) break;
        const resources = allocatableTo(agent.free, role);
        if (isEmpty(resources) || this.#isRefused(agent, role, resources)) continue;
        this.#serial += 1;
        const id = offerIdOf(this.#serial);
        const {info, unavailability} = agent;
        this.#held.set(id, {agent, role, resources});
        offers.push({
          id,
          frameworkId: frameworkIdOf('marathon'),
          role,
          agent: info,
          resources,
          unavailability,
        });
        agent.free = subtractResources(agent.free, resources);
        count += 1;
      }
    }
    if (offers.length > 0) this.marathon.resourceOffers(offers);
    if (this.#held.size > 0) throw new Error('an offer was not answered');
  }

  #isRefused({refused}: FakeAgent, role: string, resources: Resources): boolean {
    const known = refused.get(role);
    if (known === undefined || known.until <= this.now) return false;
    return containsResources(known.resources, resources);
  }

  /** Whether Marathon wants no offers in its own role. */
  get isSuppressed(): boolean {
    return must(this.roles.get(OWN_ROLE), OWN_ROLE).isSuppressed;
  }

  /** What it last said of its own role. */
  get change(): FrameworkChange {
    return must(this.roles.get(OWN_ROLE), OWN_ROLE).change;
  }

  /** A task's news. Terminal states give its resources back. */
  status(
    taskId: string,
    state: TaskState,
    more: Partial<Pick<StatusUpdate, 'containerIp' | 'healthy' | 'message' | 'reason'>> = {},
  ): void {
    const task = must(this.tasks.get(taskId), taskId);
    task.state = state;
    if (/FINISHED|FAILED|KILLED|ERROR|DROPPED|GONE|LOST/.test(state)) {
      task.agent.free = addResources(task.agent.free, task.launch.resources);
      this.tasks.delete(taskId);
    }
    this.#serial += 1;
    this.marathon.statusUpdate({
      taskId: task.launch.taskId,
      agentId: task.agent.info.id,
      state,
      source: 'SOURCE_AGENT',
      updateId: `u${this.#serial}`,
      ...more,
    });
  }

  /** When the next timer of this name is due. */
  nextTimerAt(name: string): number | undefined {
    const due = [...this.#timers.values()].filter((timer) => timer.name === name);
    return due.length === 0 ? undefined : Math.min(...due.map(({at}) => at));
  }

  /** Lets time pass; timers fire at their instants, in the order in which they were armed. */
  advanceTo(instant: number): void {
    for (;;) {
      const due = [...this.#timers.values()]
        .filter(({at}) => at <= instant)
        .sort((left, right) => left.at - right.at || left.serial - right.serial);
      const [next] = due;
      if (next === undefined) break;
      this.now = Math.max(this.now, next.at);
      this.#timers.delete(`${next.name} ${next.subject}`);
      this.trace.push(['timer', this.now, next.name, next.subject]);
      this.marathon.onTimer(next.name, next.subject);
    }
    this.now = instant;
  }

  /** Offers, and reports every launched task as running, until nothing is launched any more. */
  runAll(healthy?: boolean): void {
    for (let round = 0; round < 1000; round += 1) {
      this.advanceTo(this.now + 5000);
      this.confirmKills();
      this.offer();
      const staged = [...this.tasks].filter(([, {state}]) => state === 'TASK_STAGING');
      for (const [id] of staged) {
        this.status(id, 'TASK_RUNNING', healthy === undefined ? {} : {healthy});
      }
      const isCalm = staged.length === 0 && this.kills.length === 0 && !this.#hasOperated;
      this.#hasOperated = false;
      if (isCalm) return;
    }
  }

  /** Answers all open probes in one input; those to which `answer` says nothing stay open. */
  answerProbes(answer: (probe: Probe) => ProbeOutcome | undefined): void {
    const results: ProbeResult[] = [];
    this.probes = this.probes.filter((probe) => {
      const outcome = answer(probe);
      if (outcome !== undefined) results.push({probeId: probe.probeId, outcome});
      return outcome === undefined;
    });
    if (results.length > 0) this.marathon.probeResults(results);
  }

  /** Every task that was to be killed is. */
  confirmKills(): void {
    while (this.kills.length > 0) {
      const kills = this.kills;
      this.kills = [];
      for (const id of kills) if (this.tasks.has(id)) this.status(id, 'TASK_KILLED');
    }
  }

  /**
   * Goes on with a Marathon made of the snapshot of the present one, as if it had been read from
   * disk.
   */
  restoreMarathon(): void {
    const stored: unknown = JSON.parse(JSON.stringify(this.marathon.snapshot()));
    this.marathon = new Marathon(this.services(), this.#options, stored);
  }

  /**
   * Another leader takes over: it knows what was recorded, and nothing is suppressed or declined.
   */
  failOver(): void {
    const records: unknown = JSON.parse(JSON.stringify([...this.records]));
    this.#timers.clear();
    for (const {refused} of this.#agents) refused.clear();
    for (const terms of this.roles.values()) {
      terms.isSuppressed = false;
      terms.change = {};
    }
    this.marathon = Marathon.fromRecords(
      this.services(),
      this.#options,
      records as readonly [string, unknown][],
    );
    this.marathon.registered();
  }

  services(): FrameworkServices {
    return {
      id: frameworkIdOf('marathon'),
      role: OWN_ROLE,
      driver: this.#driver(),
      kinds: this.kinds,
      now: () => this.now,
      epochMs: 0,
      timeZones: UTC_ONLY,
      armTimer: (name, subject, at) => {
        this.#serial += 1;
        this.trace.push(['arm', name, subject, at]);
        this.#timers.set(`${name} ${subject}`, {name, subject, at, serial: this.#serial});
      },
      cancelTimer: (name, subject) => this.#timers.delete(`${name} ${subject}`),
      random: (stream) => makeRandom(this.#seed, stream),
      putRecord: (path, document) => {
        this.records.set(path, document);
        this.trace.push(['put', path, JSON.stringify(document)]);
      },
      deleteRecord: (path) => {
        this.records.delete(path);
        this.trace.push(['delete', path]);
      },
      probe: (probes) => {
        this.probes.push(...probes);
        this.trace.push(['probe', this.now, JSON.stringify(probes)]);
      },
      publish: (event) => {
        this.events.push(event);
        this.trace.push(['event', this.now, JSON.stringify(event)]);
      },
      reply: (requestId, reply) => {
        this.replies.set(requestId, reply);
        this.trace.push(['reply', JSON.stringify(reply)]);
      },
    };
  }

  #driver(): SchedulerDriver {
    const call = (...what: readonly unknown[]): void => {
      this.trace.push(['driver', this.now, JSON.stringify(what)]);
    };
    return {
      accept: (ids, launches, _refuseMs, operations = []) => {
        call('accept', ids, launches, operations);
        for (const id of ids) this.#accept(id, launches, 0, operations);
      },
      decline: (ids, refuseMs = 5000) => {
        call('decline', ids, refuseMs);
        for (const id of ids) this.#accept(id, [], refuseMs);
      },
      acknowledge: () => {},
      kill: (taskId) => {
        call('kill', taskId);
        this.kills.push(taskId);
      },
      suppress: (roles = [...this.roles.keys()]) => {
        call('suppress', roles);
        for (const role of roles) must(this.roles.get(role), role).isSuppressed = true;
      },
      unsuppress: () => call('unsuppress'),
      clearFilters: () => call('clearFilters'),
      answerInverseOffers: (agents, accepted) => call('answerInverseOffers', agents, accepted),
      revive: (roles = [...this.roles.keys()]) => {
        call('revive', roles);
        for (const role of roles) {
          must(this.roles.get(role), role).isSuppressed = false;
          for (const {refused} of this.#agents) refused.delete(role);
        }
      },
      updateFramework: (change) => {
        call('updateFramework', change);
        const {roles = [...this.roles.keys()], role, ...said} = change;
        for (const name of [...this.roles.keys()]) {
          if (!roles.includes(name)) this.roles.delete(name);
        }
        for (const name of roles) {
          const terms = this.roles.get(name) ?? {isSuppressed: false, change: {}};
          this.roles.set(name, terms);
          if (change.roles === undefined && (role ?? name) === name) terms.change = said;
        }
      },
      reconcile: (tasks) => call('reconcile', tasks),
    };
  }

  #accept(
    id: OfferId,
    launches: readonly TaskLaunch[],
    refuseMs = 0,
    operations: readonly OfferOperation[] = [],
  ): void {
    const {agent, role, resources} = must(this.#held.get(id), `offer ${id}`);
    this.#held.delete(id);
    let left = resources;
    if (operations.length > 0) this.#hasOperated = true;
    for (const operation of operations) {
      const applied = applyOperation(left, operation);
      if (!applied.ok) throw new Error(`${operation.kind}: ${applied.message}`);
      left = applied.resources;
    }
    for (const launch of launches) {
      if (!containsResources(left, launch.resources)) throw new Error('more than was offered');
      left = subtractResources(left, launch.resources);
      this.tasks.set(launch.taskId, {launch, agent, role, state: 'TASK_STAGING'});
    }
    agent.free = addResources(agent.free, left);
    if (launches.length > 0 || operations.length > 0) return;
    agent.refused.set(role, {until: this.now + refuseMs, resources});
  }
}
