/**
 * A master with agents, small enough to read, for the tests of Marathon: it keeps offers, tasks and
 * timers, and does what the driver asks. Time passes only by {@link FakeCluster.advanceTo}. Not
 * part of the engine.
 */
import {must} from '../../../kernel/assert.ts';
import {agentIdOf, frameworkIdOf, offerIdOf, type OfferId} from '../../../kernel/ids.ts';
import {makeRandom} from '../../../kernel/random.ts';
import {parseAmounts} from '../../../resources/amounts.ts';
import {ScalarKinds} from '../../../resources/kinds.ts';
import {
  addResources,
  containsResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../../resources/vector.ts';
import type {
  AgentInfo,
  AttributeValue,
  FrameworkChange,
  FrameworkEvent,
  FrameworkReply,
  FrameworkServices,
  Offer,
  SchedulerDriver,
  StatusReason,
  TaskLaunch,
  TaskState,
} from '../../../scheduler.ts';
import {Marathon} from '../marathon.ts';

interface FakeAgent {
  readonly info: AgentInfo;
  free: Resources;
  refusedUntil: number;
  /** What was declined: not offered again unless there is more. */
  refused: Resources;
}

interface FakeTask {
  readonly launch: TaskLaunch;
  readonly agent: FakeAgent;
  state: TaskState;
}

interface Timer {
  readonly name: string;
  readonly subject: string;
  readonly at: number;
  readonly serial: number;
}

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
  now = 0;
  isSuppressed = false;
  change: FrameworkChange = {};
  marathon: Marathon;
  readonly #agents: FakeAgent[] = [];
  readonly #timers = new Map<string, Timer>();
  readonly #held = new Map<OfferId, {agent: FakeAgent; resources: Resources}>();
  readonly #seed: number;
  #serial = 0;

  constructor(seed = 1) {
    this.#seed = seed;
    this.marathon = new Marathon(this.services());
    this.marathon.registered();
  }

  agent(name: string, resources: string, attributes: Record<string, AttributeValue> = {}): void {
    const amounts = parseAmounts(resources);
    if (!amounts.ok) throw new Error(amounts.message);
    this.#agents.push({
      info: {id: agentIdOf(name), hostname: name, attributes},
      free: this.kinds.compile(amounts.amounts),
      refusedUntil: 0,
      refused: NO_RESOURCES,
    });
  }

  /** A request and its answer. */
  request(request: unknown): FrameworkReply {
    this.#serial += 1;
    const id = `r${this.#serial}`;
    this.marathon.onRequest(id, request);
    return must(this.replies.get(id), 'reply');
  }

  /** Offers everything free to whom it may concern, once. */
  offer(): void {
    if (this.isSuppressed) return;
    const offers: Offer[] = [];
    for (const agent of this.#agents) {
      if (offers.length >= (this.change.offersMax ?? Infinity)) break;
      if (isEmpty(agent.free)) continue;
      if (agent.refusedUntil > this.now && containsResources(agent.refused, agent.free)) continue;
      this.#serial += 1;
      const id = offerIdOf(this.#serial);
      this.#held.set(id, {agent, resources: agent.free});
      offers.push({
        id,
        frameworkId: frameworkIdOf('marathon'),
        role: '*',
        agent: agent.info,
        resources: agent.free,
      });
      agent.free = this.kinds.compile({scalars: {}});
    }
    if (offers.length > 0) this.marathon.resourceOffers(offers);
    if (this.#held.size > 0) throw new Error('an offer was not answered');
  }

  /** A task's news. Terminal states give its resources back. */
  status(
    taskId: string,
    state: TaskState,
    more: {reason?: StatusReason; healthy?: boolean; message?: string} = {},
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
      if (staged.length === 0 && this.kills.length === 0) return;
    }
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
    this.marathon = new Marathon(this.services(), {}, stored);
  }

  services(): FrameworkServices {
    return {
      id: frameworkIdOf('marathon'),
      driver: this.#driver(),
      kinds: this.kinds,
      now: () => this.now,
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
      accept: (ids, launches) => {
        call('accept', ids, launches);
        for (const id of ids) this.#accept(id, launches);
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
      suppress: () => {
        call('suppress');
        this.isSuppressed = true;
      },
      unsuppress: () => call('unsuppress'),
      clearFilters: () => call('clearFilters'),
      answerInverseOffers: () => call('answerInverseOffers'),
      revive: () => {
        call('revive');
        this.isSuppressed = false;
        for (const agent of this.#agents) agent.refusedUntil = 0;
      },
      updateFramework: (change) => {
        call('updateFramework', change);
        this.change = change;
      },
      reconcile: (tasks) => call('reconcile', tasks),
    };
  }

  #accept(id: OfferId, launches: readonly TaskLaunch[], refuseMs = 0): void {
    const {agent, resources} = must(this.#held.get(id), `offer ${id}`);
    this.#held.delete(id);
    let left = resources;
    for (const launch of launches) {
      if (!containsResources(left, launch.resources)) throw new Error('more than was offered');
      left = subtractResources(left, launch.resources);
      this.tasks.set(launch.taskId, {launch, agent, state: 'TASK_STAGING'});
    }
    agent.free = addResources(agent.free, left);
    if (launches.length > 0) return;
    agent.refusedUntil = this.now + refuseMs;
    agent.refused = agent.free;
  }
}
