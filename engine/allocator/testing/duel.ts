/**
 * The allocator and its twin side by side: each step happens to both, whoever may run then runs, and
 * whatever differs afterwards is told in words.
 */
import {agentIdOf} from '../../kernel/ids.ts';
import {makeRandom, Random} from '../../kernel/random.ts';
import type {AllocatorOptions} from '../../options.ts';
import {printAmounts, type Amounts} from '../../resources/amounts.ts';
import {applyConversion, type Conversion} from '../../resources/operations.ts';
import type {Limits, Quantities} from '../../resources/quantities.ts';
import {
  addResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  ScalarKinds,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {AgentInfo} from '../../scheduler.ts';
import {AGENT_CAPABILITIES, type AgentCapability} from '../agent-facts.ts';
import {Allocator, type RunResult} from '../allocator.ts';
import {NO_QUOTA} from '../role-tree.ts';
import type {FrameworkTerms} from '../subscribers.ts';
import {
  conversionsFor,
  isPossible,
  partOf,
  type AgentTraits,
  type ConversionStep,
  type Step,
  type TermsStep,
  type UseStep,
} from './duel-steps.ts';
import {TwinCluster, type Held} from './twin-cluster.ts';
import {brokenPromise, isWithinTotal} from './twin-promises.ts';
import {agentOrder, isEnough, isOfferable, isUnfit, usable} from './twin-rules.ts';
import {TwinRun, type TwinGrant, type TwinQuestion} from './twin-run.ts';

/** Names stand for the same thing in all steps. */
const AGENTS_MAX = 5;

export interface DuelSetup {
  readonly options: AllocatorOptions;
  readonly seed: number;
  readonly weights: Readonly<Record<string, number>>;
  /** By name of {@link Step}s. */
  readonly totals: Readonly<Record<string, Amounts>>;
  /** Whether the allocator runs at every interval, or only when it asks to be woken. */
  readonly everyBatch: boolean;
  /** Whether offers are compared with the twin's, or only the promises are checked. */
  readonly isPredicted: boolean;
  /** Gives the allocator all maps and lists that mean sets the other way round. */
  readonly reversed?: boolean | undefined;
  /** Agents that were there before a failover; with quotas runs wait for them. */
  readonly expected?: number | undefined;
  readonly quotas?:
    | Readonly<Record<string, {readonly guarantees: Quantities; readonly limits: Limits}>>
    | undefined;
}

/** A part of what a framework holds: an offer, or something that it uses. */
interface Piece extends Held {
  readonly agent: string;
  readonly isOffer: boolean;
}

type StepOf<K extends Step['kind']> = Extract<Step, {readonly kind: K}>;

export class Duel {
  readonly #setup: DuelSetup;
  readonly #kinds = new ScalarKinds();
  #allocator: Allocator;
  #twin: TwinCluster;
  #pieces: readonly Piece[] = [];
  #questions: readonly TwinQuestion[] = [];
  #now = 0;
  #serial = 0;
  /** Every run with offers, in words: equal duels have equal logs. */
  readonly log: string[] = [];

  constructor(setup: DuelSetup) {
    this.#setup = setup;
    const {options, seed, weights, quotas = {}, expected} = setup;
    this.#twin = new TwinCluster({options, kinds: this.#kinds, seed});
    for (const [role, weight] of Object.entries(weights)) this.#twin.weights.set(role, weight);
    this.#allocator = this.#make(makeRandom(seed, 'allocator'));
    for (const [role, quota] of Object.entries(quotas)) {
      this.#setQuota({kind: 'setQuota', role, quota});
    }
    if (expected === undefined) return;
    this.#allocator.awaitAgents(expected, 0);
    this.#twin.awaitAgents(expected, 0);
  }

  #make(random: Random): Allocator {
    const {options, seed, weights} = this.#setup;
    const kinds = this.#kinds;
    const entries = this.#inOrder(Object.entries(weights));
    return new Allocator(options, {kinds, random, seed, weights: new Map(entries), startedAt: 0});
  }

  /** A list whose order must not matter. */
  #inOrder<T>(list: readonly T[]): readonly T[] {
    return this.#setup.reversed === true ? list.toReversed() : list;
  }

  #recordInOrder<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    return Object.fromEntries(this.#inOrder(Object.entries(record)));
  }

  /** What went wrong in steps that happen before anybody runs; undefined: nothing. */
  step(...steps: readonly Step[]): string | undefined {
    for (const step of steps) {
      const wrong = step.kind === 'advance' ? this.#advance(step) : this.#change(step);
      if (wrong !== undefined) return wrong;
    }
    return this.#settle() ?? this.#compare();
  }

  #change(step: Exclude<Step, {readonly kind: 'advance'}>): string | undefined {
    switch (step.kind) {
      case 'addAgent':
        return this.#addAgent(step);
      case 'removeAgent':
      case 'updateTotal':
      case 'updateTraits':
      case 'setActivated':
      case 'addProvider':
      case 'setUnavailability':
        return this.#changeAgent(step, pick(this.#agentNames, step.agent));
      case 'addFramework':
        return this.#addFramework(step);
      case 'updateFramework':
      case 'removeFramework':
      case 'setActive':
      case 'suppress':
      case 'revive':
      case 'unsuppress':
      case 'clearFilters':
      case 'setOffersMax':
      case 'setMinimum':
        return this.#changeFramework(step, pick([...this.#twin.frameworks.keys()], step.framework));
      case 'setWeight':
      case 'setQuota':
      case 'setWhitelist':
        return this.#changeCluster(step);
      case 'charge':
        return this.#charge(step);
      case 'answer':
      case 'recover':
      case 'convertHeld':
        return this.#changePiece(step, pick(this.#pieces, step.piece));
      case 'convertFree':
        return this.#convertFree(step, pick(this.#agentNames, step.agent));
      case 'answerInverse':
        return this.#answerInverse(step);
      case 'json':
        return this.#throughJson();
    }
  }

  get #agentNames(): readonly string[] {
    return [...this.#twin.agents.keys()].sort();
  }

  #slotOf(agent: string): number {
    return this.#slots.get(agent) ?? -1;
  }

  readonly #slots = new Map<string, number>();

  #subscriberOf(framework: string, role: string): number {
    return this.#allocator.findSubscriber(framework, role) ?? -1;
  }

  #total(name: string): Resources {
    const amounts = this.#setup.totals[name] ?? {scalars: {}};
    return this.#kinds.compile({...amounts, scalars: this.#recordInOrder(amounts.scalars)});
  }

  // Agents.

  #addAgent({total: totalName, traits, used}: StepOf<'addAgent'>): undefined {
    if (this.#twin.agents.size === AGENTS_MAX) return undefined;
    this.#serial += 1;
    const name = `a${this.#serial}`;
    const total = this.#total(totalName);
    const info = infoOf(name, traits);
    const capabilities = this.#inOrder(capabilitiesOf(traits));
    const unavailability = traits.isLeaving ? {startMs: 100_000} : undefined;
    const helds = this.#uses(used, total);
    const setup = {capabilities, unavailability, used: helds};
    this.#slots.set(name, this.#allocator.addAgent(info, total, setup));
    this.#twin.addAgent(name, {info, capabilities, total, unavailability}, helds);
    for (const held of helds) this.#addPiece({...held, agent: name, isOffer: false});
    return undefined;
  }

  /** Parts of what is free, one after the other, each framework and role once. */
  #uses(steps: readonly UseStep[], free: Resources): readonly Held[] {
    const uses: Held[] = [];
    let left: Resources = {
      ...free,
      special: free.special.filter(({special}) => special.shared !== true),
    };
    for (const {framework: number, role, quarters} of steps) {
      const framework = `f${number}`;
      const resources = partOf(left, quarters);
      const isKnown = uses.some((use) => use.framework === framework && use.role === role);
      if (isKnown || isEmpty(resources)) continue;
      uses.push({framework, role, resources});
      left = subtractResources(left, resources);
    }
    return uses;
  }

  #addPiece(piece: Piece): void {
    this.#pieces = [...this.#pieces, piece];
  }

  #changeAgent(
    step: StepOf<
      | 'removeAgent'
      | 'updateTotal'
      | 'updateTraits'
      | 'setActivated'
      | 'addProvider'
      | 'setUnavailability'
    >,
    name: string | undefined,
  ): string | undefined {
    if (name === undefined) return undefined;
    const slot = this.#slotOf(name);
    switch (step.kind) {
      case 'removeAgent':
        return this.#removeAgent(name);
      case 'updateTotal': {
        const total = this.#total(step.total);
        const isChanged = this.#allocator.updateAgent(slot, {total});
        const isOther = !equalResources(total, this.#twin.agent(name).total);
        if (isChanged !== isOther) return 'an agent has changed, or not';
        if (isOther) this.#twin.changeAgent(name, {total});
        return undefined;
      }
      case 'updateTraits':
        return this.#updateTraits(name, step.traits);
      case 'setActivated':
        this.#allocator.setAgentActivated(slot, step.activated);
        this.#twin.agent(name).activated = step.activated;
        return undefined;
      case 'addProvider':
        return this.#addProvider(name, step.used);
      case 'setUnavailability': {
        const unavailability = step.planned ? {startMs: this.#now + 10_000} : undefined;
        this.#allocator.setUnavailability(slot, unavailability);
        this.#twin.setUnavailability(name, unavailability);
        this.#questions = this.#questions.filter(({agent}) => agent !== name);
        return undefined;
      }
    }
  }

  #removeAgent(name: string): undefined {
    for (const piece of this.#pieces) if (piece.agent === name) this.#endOffer(piece);
    this.#allocator.removeAgent(this.#slotOf(name));
    this.#twin.removeAgent(name);
    this.#pieces = this.#pieces.filter(({agent}) => agent !== name);
    this.#questions = this.#questions.filter(({agent}) => agent !== name);
    return undefined;
  }

  #updateTraits(name: string, traits: AgentTraits): string | undefined {
    const before = this.#twin.agent(name);
    const info = {...infoOf(name, traits), hostname: before.info.hostname};
    const capabilities = this.#inOrder(capabilitiesOf(traits));
    const isOther = JSON.stringify(info) !== JSON.stringify(before.info);
    const canOther = capabilities.length !== before.capabilities.length;
    const isChanged = this.#allocator.updateAgent(this.#slotOf(name), {info, capabilities});
    if (isChanged !== (isOther || canOther)) return 'an agent has changed, or not';
    if (isOther) this.#twin.changeAgent(name, {info, capabilities});
    else if (canOther) this.#twin.changeAgent(name, {capabilities});
    return undefined;
  }

  /** A provider brings something that no agent has of its own. */
  #addProvider(name: string, used: readonly UseStep[]): undefined {
    const provided = this.#total('provider');
    const total = addResources(this.#twin.agent(name).total, provided);
    const uses = this.#uses(used, provided).filter(({framework, role}) => {
      return isEmpty(this.#twin.heldBy(framework, role, name));
    });
    this.#allocator.addResourceProvider(this.#slotOf(name), total, uses);
    this.#twin.addResourceProvider(name, total, uses);
    for (const held of uses) this.#addPiece({...held, agent: name, isOffer: false});
    return undefined;
  }

  // Frameworks.

  #addFramework({framework, terms: said, active, used}: StepOf<'addFramework'>): undefined {
    const name = `f${framework}`;
    if (this.#twin.frameworks.has(name)) return undefined;
    const uses: (Held & {readonly agent: string})[] = [];
    for (const {agent: number, ...use} of used) {
      const agent = pick(this.#agentNames, number);
      if (agent === undefined || uses.some((one) => one.agent === agent)) continue;
      const free = this.#twin.available(agent);
      for (const held of this.#uses([{...use, framework}], free)) uses.push({...held, agent});
    }
    const terms = this.#terms(said);
    this.#allocator.addFramework(name, this.#given(terms), {
      active,
      used: uses.map(({agent, ...use}) => ({...use, agent: this.#slotOf(agent)})),
    });
    for (const use of uses) {
      const isNews = isEmpty(this.#twin.heldBy(name, use.role, use.agent));
      if (isNews) this.#addPiece({...use, isOffer: false});
    }
    this.#twin.addFramework(name, terms, {active, used: uses});
    return undefined;
  }

  #terms({roles, suppressed, capabilities, minimum, rack}: TermsStep): FrameworkTerms {
    const [role = '*'] = roles;
    return {
      roles,
      suppressed: suppressed.filter((one) => roles.includes(one)),
      capabilities,
      minAllocatable: minimum === null ? {} : {[role]: minimum},
      constraints: rack === undefined ? undefined : constraintsFor(role, rack),
    };
  }

  /** The same terms as the allocator is told them. */
  #given(terms: FrameworkTerms): FrameworkTerms {
    return {
      ...terms,
      roles: this.#inOrder(terms.roles),
      suppressed: this.#inOrder(terms.suppressed),
      capabilities: this.#inOrder(terms.capabilities),
      minAllocatable: this.#recordInOrder(terms.minAllocatable),
    };
  }

  #changeFramework(
    step: StepOf<
      | 'updateFramework'
      | 'removeFramework'
      | 'setActive'
      | 'suppress'
      | 'revive'
      | 'unsuppress'
      | 'clearFilters'
      | 'setOffersMax'
      | 'setMinimum'
    >,
    name: string | undefined,
  ): undefined {
    if (name === undefined) return undefined;
    const allocator = this.#allocator;
    const twin = this.#twin;
    switch (step.kind) {
      case 'updateFramework': {
        const terms = this.#terms(step.terms);
        allocator.updateFramework(name, this.#given(terms));
        twin.updateFramework(name, terms);
        return undefined;
      }
      case 'removeFramework':
        allocator.removeFramework(name);
        twin.removeFramework(name);
        // Its offers are over; what it held is still to be given back.
        this.#pieces = this.#pieces.map((piece) => {
          return piece.framework === name ? {...piece, isOffer: false} : piece;
        });
        this.#questions = this.#questions.filter(({framework}) => framework !== name);
        return undefined;
      case 'setActive':
        if (step.active) allocator.activateFramework(name);
        else allocator.deactivateFramework(name);
        twin.setActive(name, step.active);
        return undefined;
      case 'suppress':
      case 'revive':
      case 'unsuppress':
      case 'clearFilters':
        allocator[step.kind](name, this.#inOrder(step.roles));
        twin[step.kind](name, step.roles);
        return undefined;
      case 'setOffersMax':
      case 'setMinimum':
        return this.#changeSubscriber(step, name);
    }
  }

  #changeSubscriber(step: StepOf<'setOffersMax' | 'setMinimum'>, name: string): undefined {
    const framework = this.#twin.framework(name);
    const role = pick(framework.terms.roles, step.role);
    if (role === undefined) return undefined;
    const subscriber = this.#subscriberOf(name, role);
    if (step.kind === 'setOffersMax') {
      const max = step.max > 2 ? Infinity : step.max;
      this.#allocator.setOffersMax(subscriber, max);
      this.#twin.setOffers(name, role, {max});
      return undefined;
    }
    this.#allocator.setMinAllocatable(subscriber, step.minimum);
    const {[role]: _, ...others} = framework.terms.minAllocatable;
    const minAllocatable = step.minimum === null ? others : {...others, [role]: step.minimum};
    framework.terms = {...framework.terms, minAllocatable};
    return undefined;
  }

  // The cluster.

  #changeCluster(step: StepOf<'setWeight' | 'setQuota' | 'setWhitelist'>): undefined {
    switch (step.kind) {
      case 'setWeight':
        this.#allocator.setWeight(step.role, step.weight);
        this.#twin.weights.set(step.role, step.weight);
        return undefined;
      case 'setQuota':
        return this.#setQuota(step);
      case 'setWhitelist': {
        const names = this.#agentNames;
        const hosts = step.agents?.flatMap((number) => {
          const name = pick(names, number);
          return name === undefined ? [] : [this.#twin.agent(name).info.hostname];
        });
        this.#allocator.setWhitelist(hosts === undefined ? null : this.#inOrder(hosts));
        this.#twin.whitelist = hosts ?? null;
        return undefined;
      }
    }
  }

  #setQuota({role, quota}: StepOf<'setQuota'>): undefined {
    this.#twin.setQuota(role, quota);
    if (quota === undefined) {
      this.#allocator.setQuota(role, NO_QUOTA);
      return undefined;
    }
    const guarantees: number[] = [];
    const limits: number[] = [];
    for (const name of Object.keys({...quota.guarantees, ...quota.limits})) {
      this.#kinds.indexOf(name);
    }
    for (const [kind, name] of this.#kinds.names.entries()) {
      guarantees[kind] = quota.guarantees[name] ?? 0;
      limits[kind] = quota.limits[name] ?? Infinity;
    }
    const isLimited = Object.keys(quota.limits).length > 0;
    this.#allocator.setQuota(role, {guarantees, limits: isLimited ? limits : []});
    return undefined;
  }

  // What frameworks hold.

  #charge({framework, role, agent, quarters}: StepOf<'charge'>): undefined {
    const name = pick([...this.#twin.frameworks.keys()], framework);
    const onAgent = pick(this.#agentNames, agent);
    if (name === undefined || onAgent === undefined) return undefined;
    const inRole = pick(this.#twin.framework(name).terms.roles, role);
    if (inRole === undefined) return undefined;
    const use = {framework: Number(name.slice(1)), role: inRole, quarters};
    for (const held of this.#uses([use], this.#twin.available(onAgent))) {
      const subscriber = this.#subscriberOf(name, inRole);
      this.#allocator.charge(subscriber, this.#slotOf(onAgent), held.resources);
      this.#twin.hold(held, onAgent);
      this.#addPiece({...held, agent: onAgent, isOffer: false});
    }
    return undefined;
  }

  #changePiece(
    step: StepOf<'answer' | 'recover' | 'convertHeld'>,
    piece: Piece | undefined,
  ): string | undefined {
    if (piece === undefined) return undefined;
    switch (step.kind) {
      case 'answer': {
        if (!piece.isOffer) return undefined;
        const kept = step.kept === 0 ? NO_RESOURCES : partOf(piece.resources, step.kept);
        this.#answer(piece, kept, step.refuseMs);
        return undefined;
      }
      case 'recover':
        this.#answer(
          piece,
          subtractResources(piece.resources, partOf(piece.resources, step.quarters)),
          0,
        );
        return undefined;
      case 'convertHeld':
        return this.#convertHeld(piece, {...step, role: piece.role, id: `v${this.#nextSerial()}`});
    }
  }

  #nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  #replace(piece: Piece, others: readonly Piece[]): void {
    this.#pieces = this.#pieces.flatMap((one) => (one === piece ? others : [one]));
  }

  /** A part stays in use, the rest goes back, and may be refused from now on. */
  #answer(piece: Piece, kept: Resources, refuseMs: number): void {
    const {framework, role, agent} = piece;
    const rest = {...piece, resources: subtractResources(piece.resources, kept)};
    const now = this.#now;
    this.#endOffer(piece);
    const subscriber = this.#subscriberOf(framework, role);
    const slot = this.#slotOf(agent);
    if (!isEmpty(rest.resources)) {
      this.#allocator.refuse(subscriber, slot, rest.resources, {refuseMs, now});
      this.#twin.refuse(rest, agent, refuseMs, now);
      this.#allocator.recover(subscriber, slot, rest.resources);
      this.#twin.recover(rest, agent);
    }
    this.#replace(piece, isEmpty(kept) ? [] : [{...piece, resources: kept, isOffer: false}]);
  }

  #endOffer({framework, role, isOffer}: Piece): void {
    if (!isOffer) return;
    this.#allocator.offerEnded(this.#subscriberOf(framework, role));
    this.#twin.countOffer(framework, role, -1);
  }

  #convertHeld(piece: Piece, step: ConversionStep): string | undefined {
    const {framework, role, agent, resources} = piece;
    // Only who is subscribed can say what to do with what it has.
    if (!this.#twin.frameworks.has(framework)) return undefined;
    const {total} = this.#twin.agent(agent);
    const conversions = conversionsFor(resources, step, this.#kinds);
    if (conversions === undefined || !isPossible(total, conversions)) return undefined;
    if (this.#isShared(agent, conversions, piece)) return undefined;
    const after = convert(resources, conversions);
    const said = this.#allocator.updateAllocation(
      this.#subscriberOf(framework, role),
      this.#slotOf(agent),
      resources,
      conversions,
    );
    this.#twin.replaceHeld(piece, agent, after, convert(total, conversions));
    this.#replace(piece, [{...piece, resources: after}]);
    return equalResources(said, after) ? undefined : 'a conversion has another result';
  }

  /** Whether somebody else has a copy of a shared volume that would be gone. */
  #isShared(agent: string, conversions: readonly Conversion[], owner?: Piece): boolean {
    const keys = conversions.flatMap(({consumed}) => {
      return consumed.special.filter(({special}) => special.shared).map(({special}) => special.key);
    });
    return this.#pieces.some((piece) => {
      if (piece === owner || piece.agent !== agent) return false;
      return piece.resources.special.some(({special}) => keys.includes(special.key));
    });
  }

  #convertFree(step: StepOf<'convertFree'>, agent: string | undefined): string | undefined {
    if (agent === undefined) return undefined;
    const {total} = this.#twin.agent(agent);
    // Of the total, so that more may be asked for than is free.
    const conversion = {...step, id: `v${this.#nextSerial()}`};
    const conversions = conversionsFor(total, conversion, this.#kinds);
    if (conversions === undefined) return undefined;
    const isFree =
      isPossible(this.#twin.available(agent), conversions) && !this.#isShared(agent, conversions);
    const isDone = this.#allocator.updateAvailable(this.#slotOf(agent), conversions);
    if (isDone !== isFree) return `what is not held was converted: ${isDone}`;
    if (isFree) this.#twin.agent(agent).total = convert(total, conversions);
    return undefined;
  }

  #answerInverse({question: number, refuseMs}: StepOf<'answerInverse'>): undefined {
    const question = pick(this.#questions, number);
    if (question === undefined) return undefined;
    const {framework, agent} = question;
    const now = this.#now;
    const answer = {accepted: refuseMs > 1000, refuseMs, now};
    this.#allocator.answerInverseOffer(framework, this.#slotOf(agent), answer);
    this.#twin.answerInverse(framework, agent, refuseMs, now);
    this.#questions = this.#questions.filter((one) => one !== question);
    return undefined;
  }

  #throughJson(): undefined {
    const snapshot = JSON.parse(JSON.stringify(this.#allocator.snapshot())) as ReturnType<
      Allocator['snapshot']
    >;
    this.#allocator = this.#make(new Random(snapshot.random));
    this.#allocator.load(snapshot);
    return undefined;
  }

  // Time and runs.

  get #nextBatchAt(): number {
    return this.#twin.lastBatchAt + this.#setup.options.allocationIntervalMs;
  }

  #advance({
    ms,
    untilGrants,
  }: {
    readonly ms: number;
    readonly untilGrants: boolean;
  }): string | undefined {
    const {everyBatch} = this.#setup;
    const until = this.#now + ms;
    for (;;) {
      const wakeAt = this.#allocator.wakeAt(this.#now);
      const at = Math.min(wakeAt, this.#nextBatchAt);
      if (at > until) break;
      const isAsked = wakeAt === at || (everyBatch && this.#twin.paused === null);
      // A batch run that nobody has asked for comes after all that happens at its instant.
      if (at === until && !isAsked) break;
      this.#now = at;
      const before = this.#pieces.length;
      const wrong = this.#run(isAsked);
      if (wrong !== undefined) return wrong;
      if (untilGrants && this.#pieces.length > before) return undefined;
    }
    this.#now = until;
    return undefined;
  }

  /** Whoever asks for a run at once gets it, and is content then. */
  #settle(): string | undefined {
    const isDue = this.#allocator.wakeAt(this.#now) <= this.#now;
    if (!isDue) {
      return this.#twin.isRunRequested ? 'a run is wanted, and is not due' : undefined;
    }
    const isBatch = this.#now === this.#nextBatchAt;
    const isOver = (this.#twin.paused?.until ?? Infinity) <= this.#now;
    if (!isBatch && !isOver && !this.#twin.isRunRequested) {
      return 'a run is due that nobody wants';
    }
    const wrong = this.#run(true);
    if (wrong !== undefined) return wrong;
    return this.#allocator.wakeAt(this.#now) > this.#now ? undefined : 'it does not settle';
  }

  /** A run of the twin at this instant; of the allocator, too, if it has asked for it. */
  #run(isAsked: boolean): string | undefined {
    const now = this.#now;
    const isBatch = now === this.#nextBatchAt;
    const result: RunResult = isAsked ? this.#allocator.run(now) : {grants: [], inverseOffers: []};
    const grants = result.grants.map(({subscriber, agent, resources}) => ({
      ...this.#allocator.nameOf(subscriber),
      agent: this.#nameOfSlot(agent),
      resources,
    }));
    const questions = result.inverseOffers.map(({framework, agent}) => ({
      framework,
      agent: this.#nameOfSlot(agent),
    }));
    if (grants.length + questions.length > 0) {
      const asked = sortedTexts(questions);
      this.log.push([now, ...this.#textsOf(grants), ...asked].join('; '));
    }
    const wrong = this.#judge(grants, questions, isBatch);
    for (const grant of grants) this.#addPiece({...grant, isOffer: true});
    this.#questions = [...this.#questions, ...questions];
    const kind = isBatch ? 'batch' : 'requested';
    return wrong && `${kind} run at ${now}: ${wrong}`;
  }

  #nameOfSlot(slot: number): string {
    for (const name of this.#twin.agents.keys()) if (this.#slotOf(name) === slot) return name;
    return `slot ${slot}`;
  }

  /** Compares with what the twin does, and makes its state that after the run. */
  #judge(
    grants: readonly TwinGrant[],
    questions: readonly TwinQuestion[],
    isBatch: boolean,
  ): string | undefined {
    const twin = this.#twin;
    const now = this.#now;
    if (twin.paused !== null && now >= twin.paused.until) twin.paused = null;
    if (twin.paused !== null) {
      if (isBatch) twin.lastBatchAt = now;
      return grants.length + questions.length > 0 ? 'offers while runs are held off' : undefined;
    }
    twin.expire(now, 'before');
    const candidates = isBatch ? [...twin.agents.keys()] : [...twin.requested];
    const wrong = brokenPromise(twin, grants) ?? this.#compareRun({grants, questions, candidates});
    if (isBatch || twin.isRunRequested) this.#twin.runs += 1;
    this.#twin.isRunRequested = false;
    this.#twin.requested.clear();
    if (isBatch) {
      this.#twin.lastBatchAt = now;
      this.#twin.expire(now, 'after');
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
      const trial = this.#twin.copy();
      const run = new TwinRun(trial, candidates);
      if (this.#setup.isPredicted) run.handOut(orders);
      else follow(trial, grants);
      const wrong = this.#setup.isPredicted ? this.#difference(grants, run.grants) : undefined;
      const asked = run.ask();
      if (wrong !== undefined) {
        first ??= wrong;
        continue;
      }
      this.#twin = trial;
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
      const printed = printAmounts(this.#kinds.describe(resources));
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
    const others = this.#agentNames.filter((name) => !giving.includes(name));
    const first = [...giving, ...others];
    yield [first, first];
    if (agentOrder(this.#twin) !== undefined || !this.#setup.isPredicted) return;
    const quotas = [...this.#twin.quotas.values()];
    if (quotas.every(({guarantees}) => Object.keys(guarantees).length === 0)) return;
    for (const second of permutations(giving)) yield [first, [...second, ...others]];
  }

  // What must hold between the steps.

  #compare(): string | undefined {
    const {agents, paused} = this.#twin;
    // The batch run of this instant counts, if it is still to come.
    const runs = this.#twin.runs + (this.#now === this.#nextBatchAt && paused === null ? 1 : 0);
    const said = this.#allocator.runsUntil(this.#now);
    if (said !== runs) return `${said} runs, expected ${runs}`;
    for (const [name, {total}] of agents) {
      const slot = this.#slotOf(name);
      const available = this.#allocator.availableOn(slot);
      if (!equalResources(this.#allocator.totalOn(slot), total)) return `${name}: the total`;
      if (!equalResources(available, this.#twin.available(name))) return `${name}: what is free`;
      const wrong = this.#lost(name, total, available);
      if (wrong !== undefined) return `${name}: ${wrong}`;
    }
    for (const [role, order] of this.#twin.frameworkOrders) {
      for (const framework of order.clients) {
        const said = this.#allocator.allocationOf(this.#subscriberOf(framework, role));
        const isOwn = (held: Held): boolean => held.framework === framework && held.role === role;
        const {scalars} = this.#twin.sumHeld(isOwn);
        const isSame = this.#kinds.names.every((_, at) => (said[at] ?? 0) === (scalars[at] ?? 0));
        if (!isSame) return `${framework} in ${role}: what it is charged with`;
      }
    }
    return undefined;
  }

  /** Everything of an agent is free or in pieces, nothing is in two, however it came there. */
  #lost(name: string, total: Resources, available: Resources): string | undefined {
    if (!isWithinTotal(this.#twin, name)) return undefined;
    let sum: Resources = {
      ...available,
      special: available.special.filter(({special}) => !special.shared),
    };
    for (const {agent, resources} of this.#pieces) {
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
   * batch runs as there are subscriptions. (The first taker of an agent in a run refuses all that it
   * could have there, so each run leaves one subscription less before it.)
   */
  demandOffers(number: number): string | undefined {
    const name = pick([...this.#twin.frameworks.keys()], number);
    if (name === undefined) return undefined;
    const wrong = this.#free(name);
    if (wrong !== undefined) return `freeing: ${wrong}`;
    const roles = [...this.#twin.frameworkOrders.values()];
    const bound = roles.reduce((sum, {clients}) => sum + clients.size, 0);
    const wanted = this.#usableAgents(name);
    const offered = new Set<string>();
    for (let runs = 0; runs <= bound; runs += 1) {
      for (const piece of this.#pieces.filter(({isOffer}) => isOffer)) {
        if (piece.framework === name) offered.add(piece.agent);
        else this.#answer(piece, NO_RESOURCES, 3_600_000);
      }
      if (wanted.every((agent) => offered.has(agent))) return undefined;
      const {allocationIntervalMs: ms} = this.#setup.options;
      const broken = this.step({kind: 'advance', ms, untilGrants: false});
      if (broken !== undefined) return broken;
    }
    return `${name} is not offered ${wanted.filter((agent) => !offered.has(agent)).join(' ')}`;
  }

  #free(name: string): string | undefined {
    for (const role of [...this.#twin.quotas.keys()]) {
      this.#setQuota({kind: 'setQuota', role, quota: undefined});
    }
    this.#changeCluster({kind: 'setWhitelist', agents: null});
    for (const agent of this.#agentNames) {
      this.#allocator.setAgentActivated(this.#slotOf(agent), true);
      this.#twin.agent(agent).activated = true;
    }
    for (const piece of this.#pieces) this.#answer(piece, NO_RESOURCES, 0);
    for (const role of this.#twin.framework(name).terms.roles) {
      this.#allocator.setOffersMax(this.#subscriberOf(name, role), Infinity);
      this.#twin.setOffers(name, role, {max: Infinity});
    }
    this.#allocator.activateFramework(name);
    this.#twin.setActive(name, true);
    this.#allocator.unsuppress(name);
    this.#twin.unsuppress(name, []);
    this.#allocator.clearFilters(name);
    this.#twin.clearFilters(name, []);
    const wait = this.#twin.paused === null ? 0 : this.#twin.paused.until - this.#now;
    return wait > 0 ? this.#advance({ms: wait, untilGrants: false}) : this.#settle();
  }

  /** Of which it can have enough in one of its roles, if nobody else takes anything. */
  #usableAgents(name: string): readonly string[] {
    const twin = this.#twin;
    return this.#agentNames.filter((agent) => {
      if (!isOfferable(twin, agent)) return false;
      return twin.framework(name).terms.roles.some((role) => {
        if (isUnfit(twin, name, role, agent)) return false;
        const onAgent = this.#pieces.filter((piece) => piece.agent === agent && piece.isOffer);
        const offered = onAgent.map(({resources}) => resources).reduce(addResources, NO_RESOURCES);
        const all = addResources(twin.available(agent), offered);
        const part = usable(twin, name, role, all);
        return !isEmpty(part) && isEnough(twin, name, role, part);
      });
    });
  }
}

function pick<T>(list: readonly T[], number: number): T | undefined {
  return list.length === 0 ? undefined : list[number % list.length];
}

function infoOf(name: string, {rack, region}: AgentTraits): AgentInfo {
  return {
    id: agentIdOf(name),
    hostname: `host-${name}`,
    attributes: rack === undefined ? {} : {rack},
    region,
  };
}

function capabilitiesOf({isOld}: AgentTraits): readonly AgentCapability[] {
  return isOld ? AGENT_CAPABILITIES.slice(2) : AGENT_CAPABILITIES;
}

function constraintsFor(role: string, rack: string): unknown {
  const predicate = rack === 'none' ? {not_exists: {}} : {text_equals: {value: rack}};
  const attribute_constraints = [{selector: {attribute_name: 'rack'}, predicate}];
  return {role_constraints: {[role]: {groups: [{attribute_constraints}]}}};
}

function convert(resources: Resources, conversions: readonly Conversion[]): Resources {
  let now = resources;
  for (const conversion of conversions) {
    const result = applyConversion(now, conversion);
    if (result.ok) now = result.resources;
  }
  return now;
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
