/**
 * An allocator and its twin, to which the same things happen, and what the frameworks of both have
 * in their hands. Who makes runs, and compares, is the duel.
 */
import {agentIdOf} from '../../kernel/ids.ts';
import {makeRandom, Random} from '../../kernel/random.ts';
import type {AllocatorOptions} from '../../options.ts';
import type {Amounts} from '../../resources/amounts.ts';
import {applyConversion, type Conversion} from '../../resources/operations.ts';
import {ScalarKinds} from '../../resources/kinds.ts';
import {
  addResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {AgentInfo} from '../../scheduler.ts';
import {AGENT_CAPABILITIES, type AgentCapability} from '../agent-facts.ts';
import {Allocator} from '../allocator.ts';
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
import {TwinCluster, type Held, type TwinQuota} from './twin-cluster.ts';
import type {TwinQuestion} from './twin-run.ts';

/** More would make the search for the order of a run's agents long. */
const AGENTS_MAX = 5;

export interface PairSetup {
  readonly options: AllocatorOptions;
  readonly seed: number;
  readonly weights: Readonly<Record<string, number>>;
  /** By name of {@link Step}s. */
  readonly totals: Readonly<Record<string, Amounts>>;
  /** Gives the allocator all maps and lists that mean sets the other way round. */
  readonly reversed?: boolean | undefined;
  /** Agents that were there before a failover; with quotas runs wait for them. */
  readonly expected?: number | undefined;
  readonly quotas?: Readonly<Record<string, TwinQuota>> | undefined;
}

/** A part of what a framework holds: an offer, or something that it uses. */
export interface Piece extends Held {
  readonly agent: string;
  readonly isOffer: boolean;
}

type StepOf<K extends Step['kind']> = Extract<Step, {readonly kind: K}>;

export class Pair {
  readonly #setup: PairSetup;
  readonly kinds = new ScalarKinds();
  allocator: Allocator;
  twin: TwinCluster;
  pieces: readonly Piece[] = [];
  /** Asked to leave agents, and not answered. */
  questions: readonly TwinQuestion[] = [];
  now = 0;
  readonly #slots = new Map<string, number>();
  #serial = 0;

  constructor(setup: PairSetup) {
    this.#setup = setup;
    const {options, seed, weights, quotas = {}, expected} = setup;
    this.twin = new TwinCluster({options, kinds: this.kinds, seed});
    for (const [role, weight] of Object.entries(weights)) this.twin.weights.set(role, weight);
    this.allocator = this.#make(makeRandom(seed, 'allocator'));
    for (const [role, quota] of Object.entries(quotas)) {
      this.setQuota({kind: 'setQuota', role, quota});
    }
    if (expected === undefined) return;
    this.allocator.awaitAgents(expected, 0);
    this.twin.awaitAgents(expected, 0);
  }

  #make(random: Random): Allocator {
    const {options, seed, weights} = this.#setup;
    const kinds = this.kinds;
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

  /** A step happens to both; what was different at once, undefined: nothing. */
  change(step: Exclude<Step, {readonly kind: 'advance'}>): string | undefined {
    switch (step.kind) {
      case 'addAgent':
        return this.#addAgent(step);
      case 'removeAgent':
      case 'updateTotal':
      case 'updateTraits':
      case 'setActivated':
      case 'addProvider':
      case 'setUnavailability':
        return this.#changeAgent(step, pick(this.agentNames, step.agent));
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
        return this.#changeFramework(step, pick([...this.twin.frameworks.keys()], step.framework));
      case 'setWeight':
      case 'setQuota':
      case 'setWhitelist':
        return this.changeCluster(step);
      case 'charge':
        return this.#charge(step);
      case 'answer':
      case 'recover':
      case 'convertHeld':
        return this.#changePiece(step, pick(this.pieces, step.piece));
      case 'convertFree':
        return this.#convertFree(step, pick(this.agentNames, step.agent));
      case 'answerInverse':
        return this.#answerInverse(step);
      case 'json':
        return this.#throughJson();
    }
  }

  get agentNames(): readonly string[] {
    return [...this.twin.agents.keys()].sort();
  }

  slotOf(agent: string): number {
    return this.#slots.get(agent) ?? -1;
  }

  nameOfSlot(slot: number): string {
    for (const name of this.twin.agents.keys()) if (this.slotOf(name) === slot) return name;
    return `slot ${slot}`;
  }

  subscriberOf(framework: string, role: string): number {
    return this.allocator.findSubscriber(framework, role) ?? -1;
  }

  #total(name: string): Resources {
    const amounts = this.#setup.totals[name] ?? {scalars: {}};
    return this.kinds.compile({...amounts, scalars: this.#recordInOrder(amounts.scalars)});
  }

  // Agents.

  #addAgent({total: totalName, traits, used}: StepOf<'addAgent'>): undefined {
    if (this.twin.agents.size === AGENTS_MAX) return undefined;
    this.#serial += 1;
    const name = `a${this.#serial}`;
    const total = this.#total(totalName);
    const info = infoOf(name, traits);
    const capabilities = this.#inOrder(capabilitiesOf(traits));
    const unavailability = traits.isLeaving ? {startMs: 100_000} : undefined;
    const helds = this.#uses(used, total);
    const setup = {capabilities, unavailability, used: helds};
    this.#slots.set(name, this.allocator.addAgent(info, total, setup));
    this.twin.addAgent(name, {info, capabilities, total, unavailability}, helds);
    for (const held of helds) this.addPiece({...held, agent: name, isOffer: false});
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

  addPiece(piece: Piece): void {
    this.pieces = [...this.pieces, piece];
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
    const slot = this.slotOf(name);
    switch (step.kind) {
      case 'removeAgent':
        return this.#removeAgent(name);
      case 'updateTotal': {
        const total = this.#total(step.total);
        const isChanged = this.allocator.updateAgent(slot, {total});
        const isOther = !equalResources(total, this.twin.agent(name).total);
        if (isChanged !== isOther) return 'an agent has changed, or not';
        if (isOther) this.twin.changeAgent(name, {total});
        return undefined;
      }
      case 'updateTraits':
        return this.#updateTraits(name, step.traits);
      case 'setActivated':
        this.allocator.setAgentActivated(slot, step.activated);
        this.twin.agent(name).activated = step.activated;
        return undefined;
      case 'addProvider':
        return this.#addProvider(name, step.used);
      case 'setUnavailability': {
        const unavailability = step.planned ? {startMs: this.now + 10_000} : undefined;
        this.allocator.setUnavailability(slot, unavailability);
        this.twin.setUnavailability(name, unavailability);
        this.questions = this.questions.filter(({agent}) => agent !== name);
        return undefined;
      }
    }
  }

  #removeAgent(name: string): undefined {
    for (const piece of this.pieces) if (piece.agent === name) this.#endOffer(piece);
    this.allocator.removeAgent(this.slotOf(name));
    this.twin.removeAgent(name);
    this.pieces = this.pieces.filter(({agent}) => agent !== name);
    this.questions = this.questions.filter(({agent}) => agent !== name);
    return undefined;
  }

  #updateTraits(name: string, traits: AgentTraits): string | undefined {
    const before = this.twin.agent(name);
    const info = {...infoOf(name, traits), hostname: before.info.hostname};
    const capabilities = this.#inOrder(capabilitiesOf(traits));
    const isOther = JSON.stringify(info) !== JSON.stringify(before.info);
    const canOther = capabilities.length !== before.capabilities.length;
    const isChanged = this.allocator.updateAgent(this.slotOf(name), {info, capabilities});
    if (isChanged !== (isOther || canOther)) return 'an agent has changed, or not';
    if (isOther) this.twin.changeAgent(name, {info, capabilities});
    else if (canOther) this.twin.changeAgent(name, {capabilities});
    return undefined;
  }

  /** A provider brings something that no agent has of its own. */
  #addProvider(name: string, used: readonly UseStep[]): undefined {
    const provided = this.#total('provider');
    const total = addResources(this.twin.agent(name).total, provided);
    const uses = this.#uses(used, provided).filter(({framework, role}) => {
      return isEmpty(this.twin.heldBy(framework, role, name));
    });
    this.allocator.addResourceProvider(this.slotOf(name), total, uses);
    this.twin.addResourceProvider(name, total, uses);
    for (const held of uses) this.addPiece({...held, agent: name, isOffer: false});
    return undefined;
  }

  // Frameworks.

  #addFramework({framework, terms: said, active, used}: StepOf<'addFramework'>): undefined {
    const name = `f${framework}`;
    if (this.twin.frameworks.has(name)) return undefined;
    const uses: (Held & {readonly agent: string})[] = [];
    for (const {agent: number, ...use} of used) {
      const agent = pick(this.agentNames, number);
      if (agent === undefined || uses.some((one) => one.agent === agent)) continue;
      const free = this.twin.available(agent);
      for (const held of this.#uses([{...use, framework}], free)) uses.push({...held, agent});
    }
    const terms = this.#terms(said);
    this.allocator.addFramework(name, this.#given(terms), {
      active,
      used: uses.map(({agent, ...use}) => ({...use, agent: this.slotOf(agent)})),
    });
    for (const use of uses) {
      const isNews = isEmpty(this.twin.heldBy(name, use.role, use.agent));
      if (isNews) this.addPiece({...use, isOffer: false});
    }
    this.twin.addFramework(name, terms, {active, used: uses});
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
    const allocator = this.allocator;
    const twin = this.twin;
    switch (step.kind) {
      case 'updateFramework': {
        const {terms: before} = twin.framework(name);
        const said = this.#terms(step.terms);
        const suppressed = step.terms.suppressed.filter((role) => before.roles.includes(role));
        const terms = step.isSame ? {...before, suppressed} : said;
        allocator.updateFramework(name, this.#given(terms));
        twin.updateFramework(name, terms);
        return undefined;
      }
      case 'removeFramework':
        allocator.removeFramework(name);
        twin.removeFramework(name);
        // Its offers are over; what it held is still to be given back.
        this.pieces = this.pieces.map((piece) => {
          return piece.framework === name ? {...piece, isOffer: false} : piece;
        });
        this.questions = this.questions.filter(({framework}) => framework !== name);
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
    const framework = this.twin.framework(name);
    const role = pick(framework.terms.roles, step.role);
    if (role === undefined) return undefined;
    const subscriber = this.subscriberOf(name, role);
    if (step.kind === 'setOffersMax') {
      const max = step.max > 2 ? Infinity : step.max;
      this.allocator.setOffersMax(subscriber, max);
      this.twin.setOffers(name, role, {max});
      return undefined;
    }
    this.allocator.setMinAllocatable(subscriber, step.minimum);
    const {[role]: _, ...others} = framework.terms.minAllocatable;
    const minAllocatable = step.minimum === null ? others : {...others, [role]: step.minimum};
    framework.terms = {...framework.terms, minAllocatable};
    return undefined;
  }

  // The cluster.

  changeCluster(step: StepOf<'setWeight' | 'setQuota' | 'setWhitelist'>): undefined {
    switch (step.kind) {
      case 'setWeight':
        this.allocator.setWeight(step.role, step.weight);
        this.twin.weights.set(step.role, step.weight);
        return undefined;
      case 'setQuota':
        return this.setQuota(step);
      case 'setWhitelist': {
        const names = this.agentNames;
        const hosts = step.agents?.flatMap((number) => {
          const name = pick(names, number);
          return name === undefined ? [] : [this.twin.agent(name).info.hostname];
        });
        this.allocator.setWhitelist(hosts === undefined ? null : this.#inOrder(hosts));
        this.twin.whitelist = hosts ?? null;
        return undefined;
      }
    }
  }

  setQuota({role, quota}: StepOf<'setQuota'>): undefined {
    this.twin.setQuota(role, quota);
    if (quota === undefined) {
      this.allocator.setQuota(role, NO_QUOTA);
      return undefined;
    }
    const guarantees: number[] = [];
    const limits: number[] = [];
    for (const name of Object.keys({...quota.guarantees, ...quota.limits})) {
      this.kinds.indexOf(name);
    }
    for (const [kind, name] of this.kinds.names.entries()) {
      guarantees[kind] = quota.guarantees[name] ?? 0;
      limits[kind] = quota.limits[name] ?? Infinity;
    }
    const isLimited = Object.keys(quota.limits).length > 0;
    this.allocator.setQuota(role, {guarantees, limits: isLimited ? limits : []});
    return undefined;
  }

  // What frameworks hold.

  #charge({framework, role, agent, quarters}: StepOf<'charge'>): undefined {
    const name = pick([...this.twin.frameworks.keys()], framework);
    const onAgent = pick(this.agentNames, agent);
    if (name === undefined || onAgent === undefined) return undefined;
    const inRole = pick(this.twin.framework(name).terms.roles, role);
    if (inRole === undefined) return undefined;
    const use = {framework: Number(name.slice(1)), role: inRole, quarters};
    for (const held of this.#uses([use], this.twin.available(onAgent))) {
      const subscriber = this.subscriberOf(name, inRole);
      this.allocator.charge(subscriber, this.slotOf(onAgent), held.resources);
      this.twin.hold(held, onAgent);
      this.addPiece({...held, agent: onAgent, isOffer: false});
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
        this.answer(piece, kept, step.refuseMs);
        return undefined;
      }
      case 'recover':
        this.answer(
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
    this.pieces = this.pieces.flatMap((one) => (one === piece ? others : [one]));
  }

  /** A part stays in use, the rest goes back, and may be refused from now on. */
  answer(piece: Piece, kept: Resources, refuseMs: number): void {
    const {framework, role, agent} = piece;
    const rest = {...piece, resources: subtractResources(piece.resources, kept)};
    const now = this.now;
    this.#endOffer(piece);
    const subscriber = this.subscriberOf(framework, role);
    const slot = this.slotOf(agent);
    if (!isEmpty(rest.resources)) {
      this.allocator.refuse(subscriber, slot, rest.resources, {refuseMs, now});
      this.twin.refuse(rest, agent, refuseMs, now);
      this.allocator.recover(subscriber, slot, rest.resources);
      this.twin.recover(rest, agent);
    }
    this.#replace(piece, isEmpty(kept) ? [] : [{...piece, resources: kept, isOffer: false}]);
  }

  #endOffer({framework, role, isOffer}: Piece): void {
    if (!isOffer) return;
    this.allocator.offerEnded(this.subscriberOf(framework, role));
    this.twin.countOffer(framework, role, -1);
  }

  #convertHeld(piece: Piece, step: ConversionStep): string | undefined {
    const {framework, role, agent, resources} = piece;
    // Only who is subscribed can say what to do with what it has.
    if (!this.twin.frameworks.has(framework)) return undefined;
    const {total} = this.twin.agent(agent);
    const conversions = conversionsFor(resources, step, this.kinds);
    if (conversions === undefined || !isPossible(total, conversions)) return undefined;
    if (this.#isShared(agent, conversions, piece)) return undefined;
    const after = convert(resources, conversions);
    const said = this.allocator.updateAllocation(
      this.subscriberOf(framework, role),
      this.slotOf(agent),
      resources,
      conversions,
    );
    this.twin.replaceHeld(piece, agent, after, convert(total, conversions));
    this.#replace(piece, [{...piece, resources: after}]);
    return equalResources(said, after) ? undefined : 'a conversion has another result';
  }

  /** Whether somebody else has a copy of a shared volume that would be gone. */
  #isShared(agent: string, conversions: readonly Conversion[], owner?: Piece): boolean {
    const keys = conversions.flatMap(({consumed}) => {
      return consumed.special.filter(({special}) => special.shared).map(({special}) => special.key);
    });
    return this.pieces.some((piece) => {
      if (piece === owner || piece.agent !== agent) return false;
      return piece.resources.special.some(({special}) => keys.includes(special.key));
    });
  }

  #convertFree(step: StepOf<'convertFree'>, agent: string | undefined): string | undefined {
    if (agent === undefined) return undefined;
    const {total} = this.twin.agent(agent);
    // Of the total, so that more may be asked for than is free.
    const conversion = {...step, id: `v${this.#nextSerial()}`};
    const conversions = conversionsFor(total, conversion, this.kinds);
    if (conversions === undefined) return undefined;
    const isFree =
      isPossible(this.twin.available(agent), conversions) && !this.#isShared(agent, conversions);
    const isDone = this.allocator.updateAvailable(this.slotOf(agent), conversions);
    if (isDone !== isFree) return `what is not held was converted: ${isDone}`;
    if (isFree) this.twin.agent(agent).total = convert(total, conversions);
    return undefined;
  }

  #answerInverse({question: number, refuseMs}: StepOf<'answerInverse'>): undefined {
    const question = pick(this.questions, number);
    if (question === undefined) return undefined;
    const {framework, agent} = question;
    const now = this.now;
    const answer = {accepted: refuseMs > 1000, refuseMs, now};
    this.allocator.answerInverseOffer(framework, this.slotOf(agent), answer);
    this.twin.answerInverse(framework, agent, refuseMs, now);
    this.questions = this.questions.filter((one) => one !== question);
    return undefined;
  }

  #throughJson(): undefined {
    const snapshot = JSON.parse(JSON.stringify(this.allocator.snapshot())) as ReturnType<
      Allocator['snapshot']
    >;
    this.allocator = this.#make(new Random(snapshot.random));
    this.allocator.load(snapshot);
    return undefined;
  }
}

export function pick<T>(list: readonly T[], number: number): T | undefined {
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
