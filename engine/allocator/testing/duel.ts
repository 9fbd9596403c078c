/**
 * The allocator and its twin side by side: each step happens to both, whoever may run then runs,
 * and whatever differs afterwards is told in words.
 */
import {printAmounts} from '../../resources/amounts.ts';
import {
  addResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {RunResult} from '../terms.ts';
import {Pair, pick, type PairSetup} from './duel-pair.ts';
import type {Step} from './duel-steps.ts';
import type {Held, TwinCluster} from './twin-cluster.ts';
import {brokenPromise, isWithinTotal} from './twin-promises.ts';
import {agentOrder, isEnough, isOfferable, isUnfit, usable} from './twin-rules.ts';
import {TwinRun, type TwinGrant, type TwinQuestion} from './twin-run.ts';

export interface DuelSetup extends PairSetup {
  /** Whether the allocator runs at every interval, or only when it asks to be woken. */
  readonly everyBatch: boolean;
  /** Whether offers are compared with the twin's, or only the promises are checked. */
  readonly isPredicted: boolean;
}

export class Duel {
  readonly #setup: DuelSetup;
  readonly #pair: Pair;
  /** Every run with offers, in words: equal duels have equal logs. */
  readonly log: string[] = [];

  constructor(setup: DuelSetup) {
    this.#setup = setup;
    this.#pair = new Pair(setup);
  }

  /** What went wrong in steps that happen before anybody runs; undefined: nothing. */
  step(...steps: readonly Step[]): string | undefined {
    for (const step of steps) {
      const wrong = step.kind === 'advance' ? this.#advance(step) : this.#pair.change(step);
      if (wrong !== undefined) return wrong;
    }
    return this.#settle() ?? this.#compare();
  }

  // Time and runs.

  get #nextBatchAt(): number {
    return this.#pair.twin.lastBatchAt + this.#setup.options.allocationIntervalMs;
  }

  #advance({
    ms,
    untilGrants,
  }: {
    readonly ms: number;
    readonly untilGrants: boolean;
  }): string | undefined {
    const {everyBatch} = this.#setup;
    const until = this.#pair.now + ms;
    for (;;) {
      const wakeAt = this.#pair.allocator.wakeAt(this.#pair.now);
      const at = Math.min(wakeAt, this.#nextBatchAt);
      if (at > until) break;
      const isAsked = wakeAt === at || (everyBatch && this.#pair.twin.paused === null);
      // A batch run that nobody has asked for comes after all that happens at its instant.
      if (at === until && !isAsked) break;
      this.#pair.now = at;
      const before = this.#pair.pieces.length;
      const wrong = this.#run(isAsked);
      if (wrong !== undefined) return wrong;
      if (untilGrants && this.#pair.pieces.length > before) return undefined;
    }
    this.#pair.now = until;
    return undefined;
  }

  /** Whoever asks for a run at once gets it, and is content then. */
  #settle(): string | undefined {
    const isDue = this.#pair.allocator.wakeAt(this.#pair.now) <= this.#pair.now;
    if (!isDue) {
      return this.#pair.twin.isRunRequested ? 'a run is wanted, and is not due' : undefined;
    }
    const isBatch = this.#pair.now === this.#nextBatchAt;
    const isOver = (this.#pair.twin.paused?.until ?? Infinity) <= this.#pair.now;
    if (!isBatch && !isOver && !this.#pair.twin.isRunRequested) {
      return 'a run is due that nobody wants';
    }
    const wrong = this.#run(true);
    if (wrong !== undefined) return wrong;
    return this.#pair.allocator.wakeAt(this.#pair.now) > this.#pair.now
      ? undefined
      : 'it does not settle';
  }

  /** A run of the twin at this instant; of the allocator, too, if it has asked for it. */
  #run(isAsked: boolean): string | undefined {
    const now = this.#pair.now;
    const isBatch = now === this.#nextBatchAt;
    const result: RunResult = isAsked
      ? this.#pair.allocator.run(now)
      : {grants: [], inverseOffers: []};
    const grants = result.grants.map(({subscriber, agent, resources}) => ({
      ...this.#pair.allocator.nameOf(subscriber),
      agent: this.#pair.nameOfSlot(agent),
      resources,
    }));
    const questions = result.inverseOffers.map(({framework, agent}) => ({
      framework,
      agent: this.#pair.nameOfSlot(agent),
    }));
    if (grants.length + questions.length > 0) {
      const asked = sortedTexts(questions);
      this.log.push([now, ...this.#textsOf(grants), ...asked].join('; '));
    }
    const wrong = this.#judge(grants, questions, isBatch);
    for (const grant of grants) this.#pair.addPiece({...grant, isOffer: true});
    this.#pair.questions = [...this.#pair.questions, ...questions];
    const kind = isBatch ? 'batch' : 'requested';
    return wrong && `${kind} run at ${now}: ${wrong}`;
  }

  /** Compares with what the twin does, and makes its state that after the run. */
  #judge(
    grants: readonly TwinGrant[],
    questions: readonly TwinQuestion[],
    isBatch: boolean,
  ): string | undefined {
    const twin = this.#pair.twin;
    const now = this.#pair.now;
    if (twin.paused !== null && now >= twin.paused.until) twin.paused = null;
    if (twin.paused !== null) {
      if (isBatch) twin.lastBatchAt = now;
      return grants.length + questions.length > 0 ? 'offers while runs are held off' : undefined;
    }
    twin.expire(now, 'before');
    const candidates = isBatch ? [...twin.agents.keys()] : [...twin.requested];
    const wrong = brokenPromise(twin, grants) ?? this.#compareRun({grants, questions, candidates});
    if (isBatch || twin.isRunRequested) this.#pair.twin.runs += 1;
    this.#pair.twin.isRunRequested = false;
    this.#pair.twin.requested.clear();
    if (isBatch) {
      this.#pair.twin.lastBatchAt = now;
      this.#pair.twin.expire(now, 'after');
    }
    return wrong;
  }

  #compareRun({
    grants,
    questions,
    candidates,
  }: {
    readonly grants: readonly TwinGrant[];
    readonly questions: readonly TwinQuestion[];
    readonly candidates: readonly string[];
  }): string | undefined {
    let first: string | undefined;
    for (const orders of this.#ordersOf(grants)) {
      const trial = this.#pair.twin.copy();
      const run = new TwinRun(trial, candidates);
      if (this.#setup.isPredicted) run.handOut(orders);
      else follow(trial, grants);
      const wrong = this.#setup.isPredicted ? this.#difference(grants, run.grants) : undefined;
      const asked = run.ask();
      if (wrong !== undefined) {
        first ??= wrong;
        continue;
      }
      this.#pair.twin = trial;
      const said = sortedTexts(questions);
      const wanted = sortedTexts(asked);
      return said.join() === wanted.join()
        ? undefined
        : `asked ${said.join()}, expected ${wanted.join()}`;
    }
    return first;
  }

  #difference(found: readonly TwinGrant[], expected: readonly TwinGrant[]): string | undefined {
    const said = this.#textsOf(found).join(', ');
    const wanted = this.#textsOf(expected).join(', ');
    return said === wanted ? undefined : `offers [${said}], expected [${wanted}]`;
  }

  /** Who was given what, the same text for equal resources. */
  #textsOf(grants: readonly TwinGrant[]): readonly string[] {
    return grants.map(({framework, role, agent, resources}) => {
      const printed = printAmounts(this.#pair.kinds.describe(resources));
      return `${framework} in ${role} on ${agent}: ${printed}`;
    });
  }

  /**
   * In which orders the two stages may have visited agents. Where chance decides, offers show it:
   * agents that gave something did so in the order of their offers, and whoever gave nothing where
   * it stood would give nothing at the end either, since what limits and guarantees leave over only
   * gets less in a run. Of the second stage they do not show it where it added to offers of the
   * first one: then any order of those agents will do.
   */
  *#ordersOf(
    grants: readonly TwinGrant[],
  ): IterableIterator<readonly [readonly string[], readonly string[]]> {
    const giving = [...new Set(grants.map(({agent}) => agent))];
    const others = this.#pair.agentNames.filter((name) => !giving.includes(name));
    const first = [...giving, ...others];
    yield [first, first];
    if (agentOrder(this.#pair.twin) !== undefined || !this.#setup.isPredicted) return;
    const quotas = [...this.#pair.twin.quotas.values()];
    if (quotas.every(({guarantees}) => Object.keys(guarantees).length === 0)) return;
    for (const second of permutations(giving)) yield [first, [...second, ...others]];
  }

  // What must hold between the steps.

  #compare(): string | undefined {
    const {agents, paused} = this.#pair.twin;
    // The batch run of this instant counts, if it is still to come.
    const runs =
      this.#pair.twin.runs + (this.#pair.now === this.#nextBatchAt && paused === null ? 1 : 0);
    const said = this.#pair.allocator.runsUntil(this.#pair.now);
    if (said !== runs) return `${said} runs, expected ${runs}`;
    for (const [name, {total}] of agents) {
      const slot = this.#pair.slotOf(name);
      const available = this.#pair.allocator.availableOn(slot);
      if (!equalResources(this.#pair.allocator.totalOn(slot), total)) return `${name}: the total`;
      if (!equalResources(available, this.#pair.twin.available(name)))
        return `${name}: what is free`;
      const wrong = this.#lost(name, total, available);
      if (wrong !== undefined) return `${name}: ${wrong}`;
    }
    for (const [role, order] of this.#pair.twin.frameworkOrders) {
      for (const framework of order.clients) {
        const said = this.#pair.allocator.allocationOf(this.#pair.subscriberOf(framework, role));
        const isOwn = (held: Held): boolean => held.framework === framework && held.role === role;
        const {scalars} = this.#pair.twin.sumHeld(isOwn);
        const isSame = this.#pair.kinds.names.every(
          (_, at) => (said[at] ?? 0) === (scalars[at] ?? 0),
        );
        if (!isSame) return `${framework} in ${role}: what it is charged with`;
      }
    }
    return undefined;
  }

  /** Everything of an agent is free or in pieces, nothing is in two, however it came there. */
  #lost(name: string, total: Resources, available: Resources): string | undefined {
    if (!isWithinTotal(this.#pair.twin, name)) return undefined;
    let sum: Resources = {
      ...available,
      special: available.special.filter(({special}) => !special.shared),
    };
    for (const {agent, resources} of this.#pair.pieces) {
      if (agent !== name) continue;
      const special = resources.special.filter((entry) => entry.special.shared !== true);
      const piece = {...resources, special};
      const both = subtractResources(sum, subtractResources(sum, piece));
      const hasItems = both.ranges.length + both.sets.length > 0;
      if (hasItems) return 'something is in two places';
      sum = addResources(sum, piece);
    }
    const special = total.special.filter((entry) => entry.special.shared !== true);
    return equalResources(sum, {...total, special}) ? undefined : 'something is lost, or made up';
  }

  // At last.

  /**
   * Everything is given back, quotas and whitelists go, and everybody but one framework refuses all
   * offers for good: then that framework is offered every agent that it can use, within as many
   * batch runs as there are subscriptions. (The first taker of an agent in a run refuses all that
   * it could have there, so each run leaves one subscription less before it.)
   */
  demandOffers(number: number): string | undefined {
    const name = pick([...this.#pair.twin.frameworks.keys()], number);
    if (name === undefined) return undefined;
    const wrong = this.#free(name);
    if (wrong !== undefined) return `freeing: ${wrong}`;
    const roles = [...this.#pair.twin.frameworkOrders.values()];
    const bound = roles.reduce((sum, {clients}) => sum + clients.size, 0);
    const wanted = this.#usableAgents(name);
    const offered = new Set<string>();
    for (let runs = 0; runs <= bound; runs += 1) {
      for (const piece of this.#pair.pieces.filter(({isOffer}) => isOffer)) {
        if (piece.framework === name) offered.add(piece.agent);
        else this.#pair.answer(piece, NO_RESOURCES, 3_600_000);
      }
      if (wanted.every((agent) => offered.has(agent))) return undefined;
      const {allocationIntervalMs: ms} = this.#setup.options;
      const broken = this.step({kind: 'advance', ms, untilGrants: false});
      if (broken !== undefined) return broken;
    }
    return `${name} is not offered ${wanted.filter((agent) => !offered.has(agent)).join(' ')}`;
  }

  #free(name: string): string | undefined {
    for (const role of [...this.#pair.twin.quotas.keys()]) {
      this.#pair.setQuota({kind: 'setQuota', role, quota: undefined});
    }
    this.#pair.changeCluster({kind: 'setWhitelist', agents: null});
    for (const agent of this.#pair.agentNames) {
      this.#pair.allocator.setAgentActivated(this.#pair.slotOf(agent), true);
      this.#pair.twin.agent(agent).activated = true;
    }
    for (const piece of this.#pair.pieces) this.#pair.answer(piece, NO_RESOURCES, 0);
    for (const role of this.#pair.twin.framework(name).terms.roles) {
      this.#pair.allocator.setOffersMax(this.#pair.subscriberOf(name, role), Infinity);
      this.#pair.twin.setOffers(name, role, {max: Infinity});
    }
    this.#pair.allocator.activateFramework(name);
    this.#pair.twin.setActive(name, true);
    this.#pair.allocator.unsuppress(name);
    this.#pair.twin.unsuppress(name, []);
    this.#pair.allocator.clearFilters(name);
    this.#pair.twin.clearFilters(name, []);
    const wait =
      this.#pair.twin.paused === null ? 0 : this.#pair.twin.paused.until - this.#pair.now;
    return wait > 0 ? this.#advance({ms: wait, untilGrants: false}) : this.#settle();
  }

  /** Of which it can have enough in one of its roles, if nobody else takes anything. */
  #usableAgents(name: string): readonly string[] {
    const twin = this.#pair.twin;
    return this.#pair.agentNames.filter((agent) => {
      if (!isOfferable(twin, agent)) return false;
      return twin.framework(name).terms.roles.some((role) => {
        if (isUnfit(twin, name, role, agent)) return false;
        const onAgent = this.#pair.pieces.filter((piece) => piece.agent === agent && piece.isOffer);
        const offered = onAgent.map(({resources}) => resources).reduce(addResources, NO_RESOURCES);
        const all = addResources(twin.available(agent), offered);
        const part = usable(twin, name, role, all);
        return !isEmpty(part) && isEnough(twin, name, role, part);
      });
    });
  }
}

/** Takes over what the allocator gave. */
function follow(cluster: TwinCluster, grants: readonly TwinGrant[]): void {
  for (const grant of grants) {
    cluster.hold(grant, grant.agent);
    cluster.countOffer(grant.framework, grant.role, 1);
  }
}

function sortedTexts(list: readonly object[]): readonly string[] {
  return list.map((one) => JSON.stringify(one)).sort();
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length === 0) return [[]];
  return list.flatMap((one) => {
    const others = list.filter((other) => other !== one);
    return permutations(others).map((rest) => [one, ...rest]);
  });
}
